// SPDX-License-Identifier: MIT
//
// Goal: what a vector has beyond std::vector does what its comment says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::KiB;
using mapvec::MiB;
using mapvec::vector;
using namespace mapvec_test;

TEST(vector_extensions, try_push_back_appends_while_there_is_room) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::string> v(where);
    v.reserve(10);
    const std::size_t capacity = v.capacity();
    for (std::size_t i = 0; i < capacity; ++i) {
      const std::string* const place =
          v.try_push_back(make_value<std::string>(static_cast<int>(i)));
      ASSERT_EQ(place, &v.back());
    }
    EXPECT_EQ(v.try_push_back("one too many"), nullptr);
    EXPECT_EQ(v.capacity(), capacity);
    expect_elements(v, make_values<std::string>(capacity));
  }
}

TEST(vector_extensions, try_push_back_into_a_full_vector_does_not_touch_the_argument) {
  vector<std::unique_ptr<int>> v;
  auto owned = std::make_unique<int>(7);
  EXPECT_EQ(v.try_push_back(std::move(owned)), nullptr);
  ASSERT_NE(owned, nullptr);
  EXPECT_EQ(*owned, 7);
  EXPECT_EQ(v.data(), nullptr) << "it never grows";
  v.reserve(1);
  EXPECT_NE(v.try_push_back(std::move(owned)), nullptr);
  EXPECT_EQ(owned, nullptr);
}

TEST(vector_extensions, pop_moves_the_last_element_out) {
  life_check<tracked> lives;
  vector<tracked> v;
  v.emplace_back(1);
  v.emplace_back(2);
  {
    const std::optional<tracked> last = v.pop();
    ASSERT_TRUE(last.has_value());
    EXPECT_EQ(last->value(), 2);
    EXPECT_EQ(tracked::counts.copies, 0);
    EXPECT_EQ(tracked::counts.live, 2);
  }
  EXPECT_EQ(v.pop()->value(), 1);
  EXPECT_FALSE(v.pop().has_value());
  EXPECT_TRUE(v.empty());
}

TEST(vector_extensions, truncate_drops_exactly_the_tail) {
  life_check<tracked> lives;
  vector<tracked> v;
  for (int i = 0; i < 10; ++i) v.emplace_back(i);
  for (std::size_t count : {100, 11, 10}) v.truncate(count);
  EXPECT_EQ(v.size(), 10u);
  v.truncate(4);
  expect_elements(v, {0, 1, 2, 3});
  EXPECT_EQ(tracked::counts.live, 4);
  v.truncate(0);
  EXPECT_TRUE(v.empty());
  vector<immovable> immovables(5);
  immovables.truncate(2);
  EXPECT_EQ(immovables.size(), 2u);
}

TEST(vector_extensions, truncate_front_drops_exactly_the_head) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    for (std::size_t count : {0, 1, 7, 999, 1000, 1001, 100000}) {
      vector<tracked> v(where);
      for (int i = 0; i < 1000; ++i) v.emplace_back(i);
      tracked* const address = v.data();
      v.truncate_front(count);
      const std::size_t dropped = std::min(count, std::size_t{1000});
      EXPECT_EQ(tracked::counts.live, static_cast<long>(1000 - dropped));
      expect_elements(v, make_values<int>(1000 - dropped, static_cast<int>(dropped)));
      EXPECT_EQ(v.data(), address);
    }
  }
}

TEST(vector_extensions, resize_for_overwrite_keeps_the_elements_and_the_size) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::uint64_t> v({1, 2, 3}, where);
    v.resize_for_overwrite(50000);
    EXPECT_EQ(v.size(), 50000u);
    EXPECT_EQ(v[2], 3u);
    for (std::size_t i = 3; i < v.size(); ++i) v[i] = i;
    v.push_back(7);
    EXPECT_EQ(v[49999], 49999u);
    v.resize_for_overwrite(2);
    expect_elements(v, std::vector<std::uint64_t>{1, 2});
  }
}

TEST(vector_extensions, an_unnamed_vector_has_no_path) {
  vector<int> v(file_from_the_start());
  EXPECT_EQ(v.path(), "");
  v.push_back(1);
  EXPECT_EQ(v.path(), "");
}

TEST(vector_extensions, sizes_are_those_of_file_and_addresses) {
  vector<std::uint64_t> v(file_from_the_start());
  EXPECT_EQ(v.disk_size_bytes(), 0u);
  EXPECT_EQ(v.resident_bytes(), 0u);
  v.resize(4 * MiB / sizeof(std::uint64_t), 1);
  EXPECT_GE(v.disk_size_bytes(), 4 * MiB);
  EXPECT_GE(v.reservation_bytes(), v.disk_size_bytes());
  EXPECT_GE(v.resident_bytes(), 4 * MiB) << "all were just written";
  EXPECT_EQ(v.max_size(), (v.reservation_bytes() - 128) / sizeof(std::uint64_t));
}

TEST(vector_extensions, the_automatic_reservation_is_large) {
  vector<char> v(1);
  EXPECT_GE(v.reservation_bytes(), 1 * mapvec::GiB);
  EXPECT_GE(v.max_size(), v.reservation_bytes() / 2);
}

TEST(vector_extensions, evict_writes_back_and_drops_without_losing_anything) {
  vector<std::uint64_t> v(file_from_the_start());
  for (std::uint64_t i = 0; i < 8 * MiB / sizeof(i); ++i) v.push_back(i);
  const std::uint64_t dropped = mapvec::stats().dropped_bytes;
  v.evict(0, v.size());
  EXPECT_GE(mapvec::stats().dropped_bytes - dropped, 8 * MiB - 4 * KiB * 2);
  EXPECT_LE(v.resident_bytes(), 4 * MiB);
  for (std::uint64_t i = 0; i < v.size(); ++i) ASSERT_EQ(v[i], i);
  v.evict(10, 3);
  v.push_back(5);
  EXPECT_EQ(v.back(), 5u);
}

/// Calls `use(vector, position, count)` with ranges inside, across and beyond the end.
template <class Use>
void with_any_range(Use use) {
  constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
  for (const mapvec::options& where : every_stage()) {
    for (std::size_t size : {0, 1, 3000}) {
      vector<int> v(size, 7, where);
      for (std::size_t position :
           {std::size_t{0}, std::size_t{1}, size, size + 1, huge / 2, huge}) {
        for (std::size_t count : {std::size_t{0}, std::size_t{1}, size, size + 1, huge / 2, huge}) {
          use(v, position, count);
        }
      }
      expect_elements(v, std::vector<int>(size, 7));
    }
  }
}

TEST(vector_extensions, prefetch_of_any_range_is_harmless) {
  with_any_range([](auto& v, std::size_t position, std::size_t count) {
    v.prefetch(position, count);
    v.prefetch();
  });
}

TEST(vector_extensions, evict_of_any_range_is_harmless) {
  with_any_range(
      [](auto& v, std::size_t position, std::size_t count) { v.evict(position, count); });
}

TEST(vector_extensions, prefault_of_every_part_makes_it_resident) {
  for (const mapvec::options& where : every_stage()) {
    vector<int> v(3000, 7, where);
    v.prefault(0, v.size());
    v.prefault(17, 100);
    v.prefault(2999, 1);
    v.prefault(0, 0);
    EXPECT_GE(v.resident_bytes(), 3000 * sizeof(int));
    expect_elements(v, std::vector<int>(3000, 7));
  }
}

TEST(vector_extensions, advise_changes_no_element) {
  for (const mapvec::options& where : every_stage()) {
    vector<int> v(where);
    v.advise(mapvec::access::random);
    v.assign(10, 7);
    v.advise(mapvec::access::random);
    v.resize(5000, 7);
    v.advise(mapvec::access::normal);
    expect_elements(v, std::vector<int>(5000, 7));
  }
}

}  // namespace
