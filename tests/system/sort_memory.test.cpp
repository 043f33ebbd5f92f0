// SPDX-License-Identifier: MIT
//
// Goal: sorting takes no more memory than it is given and a tenth, in the kernel's own books.
// Method: a child makes sixteen times as many elements, lets go of them, enters a memory group of
// four times its memory, and sorts; the kernel counts the group's peak, page cache included.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <mapvec/blocks.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/sorted_view.hpp>
#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/memory_group.hpp"
#include "support/resources.hpp"

namespace mapvec::test {

struct keyed_element {
  std::uint64_t key;
  std::uint64_t position;
  std::uint64_t payload;
};

namespace {

constexpr std::size_t memory_bytes = 32 * MiB;
constexpr std::size_t group_bytes = 4 * memory_bytes;
constexpr std::size_t total_bytes = 16 * memory_bytes;

std::uint64_t key_at(std::uint64_t position) { return position * 0x9e3779b97f4a7c15U; }
std::uint64_t key_of(std::uint64_t element) { return element; }
std::uint64_t key_of(const keyed_element& element) { return element.key; }

void fill(auto& v) {
  using element = std::remove_cvref_t<decltype(v[0])>;
  for (std::size_t i = 0; i < total_bytes / sizeof(element); ++i) {
    if constexpr (sizeof(element) == sizeof(std::uint64_t)) {
      v.push_back(key_at(i));
    } else {
      v.push_back({key_at(i), i, ~i});
    }
  }
  v.evict(0, v.size());
}

void require_sorted(auto&& blocks, std::size_t count) {
  std::uint64_t last = 0;
  std::uint64_t sum = 0;
  std::size_t seen = 0;
  for (const auto& block : blocks) {
    for (const auto& each : block) {
      require(seen++ == 0 || last < key_of(each), "not sorted");
      last = key_of(each);
      sum += last;
    }
  }
  for (std::size_t i = 0; i < count; ++i) sum -= key_at(i);
  require(seen == count && sum == 0, "elements are missing");
}

class memory_of_sorting : public counts_resources {
 protected:
  void SetUp() override {
    counts_resources::SetUp();
    if (const memory_group group(group_bytes); !group.is_there()) GTEST_SKIP() << group.why_not();
    if (free_bytes(directory_.path()) < 2 * GiB) GTEST_SKIP() << "less than 2 GiB of disk are free";
  }

  using enter_group = std::function<void()>;

  /// The peak of a group that `run` enters when it has made what it sorts.
  std::uint64_t peak_of(const std::function<void(const enter_group&)>& run) const {
    const memory_group group(group_bytes);
    const std::string end = in_child([&] { run([&] { group.enter(); }); });
    EXPECT_EQ(end, "exit 0");
    return group.peak_bytes();
  }

  void expect_bounded(const char* what, const std::function<void(const enter_group&)>& run) const {
    const std::uint64_t empty = peak_of([](const enter_group& enter) {
      enter();
      mapvec::vector<std::uint64_t>{1, 2, 3};
    });
    const std::uint64_t peak = peak_of(run);
    std::printf("%s: 512 MiB in 32 MiB; at the peak %llu KiB beyond the empty program's %llu\n",
                what, static_cast<unsigned long long>((peak - empty) / KiB),
                static_cast<unsigned long long>(empty / KiB));
    EXPECT_LE(peak - empty, memory_bytes + memory_bytes / 10);
    EXPECT_GT(peak - empty, memory_bytes / 2);
  }

  static sort_options given() { return {.memory_bytes = memory_bytes, .threads = 2}; }

  scratch_directory directory_;
};

TEST_F(memory_of_sorting, a_vector) {
  expect_bounded("sort of u64", [](const enter_group& enter) {
    mapvec::vector<std::uint64_t> v;
    fill(v);
    enter();
    mapvec::sort(v, {}, {}, given());
    require_sorted(blocks(std::as_const(v)), v.size());
  });
}

TEST_F(memory_of_sorting, records_by_key) {
  expect_bounded("stable_sort of 24-byte records", [](const enter_group& enter) {
    mapvec::vector<keyed_element> v;
    fill(v);
    enter();
    mapvec::stable_sort(v, {}, &keyed_element::key, given());
    require_sorted(blocks(std::as_const(v)), v.size());
  });
}

TEST_F(memory_of_sorting, records_by_comparison) {
  expect_bounded("sort of 24-byte records by a function", [](const enter_group& enter) {
    mapvec::vector<keyed_element> v;
    fill(v);
    enter();
    mapvec::sort(
        v, [](const keyed_element& a, const keyed_element& b) { return a.key < b.key; }, {},
        given());
    require_sorted(blocks(std::as_const(v)), v.size());
  });
}

TEST_F(memory_of_sorting, a_file_vector) {
  expect_bounded("sort of a file of u64", [this](const enter_group& enter) {
    auto v = mapvec::file_vector<std::uint64_t>::create(directory_ / "a.npy");
    fill(v);
    v.commit();
    enter();
    mapvec::sort(v, {}, {}, given());
    require_sorted(blocks(std::as_const(v)), v.size());
  });
}

TEST_F(memory_of_sorting, a_sorted_view) {
  expect_bounded("sorted_view of u64", [](const enter_group& enter) {
    mapvec::vector<std::uint64_t> v;
    fill(v);
    enter();
    require_sorted(mapvec::sorted_view(v, {}, {}, given()), v.size());
  });
}

}  // namespace
}  // namespace mapvec::test
