// SPDX-License-Identifier: MIT
//
// Goal: an element never moves. data(), references, iterators and spans stay valid through growth,
// the spill and shrinking, and none of these copies, moves or destroys an element.
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
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

TEST(vector_growth, never_changes_the_address) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::uint64_t> v(where);
    v.push_back(0);
    const std::uint64_t* const address = v.data();
    for (std::uint64_t i = 1; i < 8 * MiB / sizeof(i); ++i) {
      v.push_back(i);
      ASSERT_EQ(v.data(), address);
    }
    v.shrink_to_fit();
    EXPECT_EQ(v.data(), address);
    v.reserve(4 * v.size());
    EXPECT_EQ(v.data(), address);
    for (std::uint64_t i = 0; i < v.size(); ++i) ASSERT_EQ(v[i], i);
  }
}

TEST(vector_growth, the_spill_keeps_address_and_contents) {
  vector<std::string> v(spill_after(16 * KiB));
  v.push_back(make_value<std::string>(0));
  const std::string* const address = v.data();
  int count = 1;
  for (; v.disk_size_bytes() == 0; ++count) v.push_back(make_value<std::string>(count));
  EXPECT_GT(v.size() * sizeof(std::string), 15 * KiB) << "spilled too early";
  EXPECT_LE((v.size() - 1) * sizeof(std::string), 16 * KiB) << "spilled too late";
  EXPECT_EQ(v.data(), address);
  expect_elements(v, make_values<std::string>(static_cast<std::size_t>(count)));
}

TEST(vector_growth, in_memory_needs_no_disk) {
  vector<std::uint64_t> v;
  while (v.size() * sizeof(std::uint64_t) < 1 * MiB - 1024) v.push_back(1);
  EXPECT_EQ(v.disk_size_bytes(), 0u);
  v.resize(1 * MiB);
  EXPECT_GE(v.disk_size_bytes(), 8 * MiB);
}

TEST(vector_growth, a_threshold_of_zero_means_a_file_from_the_first_element) {
  vector<char> v(file_from_the_start());
  v.push_back('x');
  EXPECT_GT(v.disk_size_bytes(), 0u);
}

TEST(vector_growth, keeps_references_iterators_and_spans_valid) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::string> v({"first", "second"}, where);
    const std::string& reference = v[1];
    const auto iterator = v.begin();
    const std::span<const std::string> view = v;
    for (int i = 0; i < 5000; ++i) v.push_back("more");
    v.reserve(20000);
    v.shrink_to_fit();
    EXPECT_EQ(&reference, &v[1]);
    EXPECT_EQ(reference, "second");
    EXPECT_TRUE(iterator == v.begin());
    EXPECT_EQ(view[0], "first");
  }
}

TEST(vector_growth, copies_moves_and_destroys_no_element) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<tracked> v(where);
    for (int i = 0; i < 10000; ++i) v.emplace_back(i);
    v.reserve(50000);
    v.shrink_to_fit();
    v.resize(60000);
    EXPECT_EQ(tracked::counts.copies, 0);
    EXPECT_EQ(tracked::counts.moves, 0);
    EXPECT_EQ(tracked::counts.live, 60000);
    v.clear();
    EXPECT_EQ(tracked::counts.live, 0);
  }
}

TEST(vector_growth, iterators_before_an_insertion_stay_valid_even_when_it_grows) {
  for (const mapvec::options& where : every_stage()) {
    vector<int> v(where);
    v.push_back(1);
    while (v.size() < v.capacity()) v.push_back(2);
    const auto first = v.begin();
    v.insert(v.begin() + 1, 100, 3);
    EXPECT_EQ(first, v.begin());
    EXPECT_EQ(*first, 1);
  }
}

TEST(vector_growth, every_element_is_constructed_and_destroyed_once) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<tracked> v(where);
    for (int i = 0; i < 500; ++i) v.emplace_back(i);
    v.insert(v.begin() + 3, 100, tracked(1));
    v.emplace(v.begin(), 7);
    v.erase(v.begin() + 50, v.begin() + 70);
    v.truncate_front(11);
    v.truncate(400);
    v.resize(450);
    v.pop_back();
    v.assign(300, tracked(2));
    v.shrink_to_fit();
    v.append_range(std::vector<int>(77, 1));
    EXPECT_EQ(v.size(), 377u);
    EXPECT_EQ(tracked::counts.live, 377);
    vector<tracked> copy(v);
    EXPECT_EQ(tracked::counts.live, 2 * 377);
    copy = std::move(v);
    v.clear();
    EXPECT_EQ(tracked::counts.live, 377);
  }
}

TEST(vector_growth, elements_of_removed_places_come_back_value_initialised) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::uint64_t> v(5000, 0xABABABABABABABAB, where);
    v.truncate(1);
    v.shrink_to_fit();
    v.resize(5000);
    for (std::size_t i = 1; i < v.size(); ++i) ASSERT_EQ(v[i], 0u);
    v.truncate(1);
    v.emplace_back();
    EXPECT_EQ(v[1], 0u);
  }
}

}  // namespace
