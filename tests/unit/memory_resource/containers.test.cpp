// SPDX-License-Identifier: MIT
//
// Goal: containers of the standard library and of Boost work with `allocator`, and std::pmr's with
// memory_resource, as with their own. Method: the requirements as static_asserts; each container
// beside one with std::allocator, through the same operations; and where its memory is.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <queue>
#include <random>
#include <scoped_allocator>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/container/flat_map.hpp>
#include <boost/container/pmr/vector.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/stable_vector.hpp>
#include <boost/container/vector.hpp>

#include <mapvec/allocator.hpp>

#include "resource_case.hpp"

namespace mapvec::test {
namespace {

// [allocator.requirements]
using traits = std::allocator_traits<allocator<int>>;
static_assert(std::is_same_v<traits::pointer, int*>);
static_assert(std::is_same_v<traits::rebind_alloc<double>, allocator<double>>);
static_assert(std::is_nothrow_copy_constructible_v<allocator<int>>);
static_assert(std::is_nothrow_copy_assignable_v<allocator<int>>);
static_assert(std::is_nothrow_swappable_v<allocator<int>>);
static_assert(std::is_nothrow_constructible_v<allocator<int>, const allocator<double>&>);
static_assert(noexcept(std::declval<allocator<int>>() == std::declval<allocator<double>>()));
static_assert(traits::propagate_on_container_move_assignment::value);
static_assert(traits::propagate_on_container_swap::value);
static_assert(!traits::propagate_on_container_copy_assignment::value);
static_assert(!traits::is_always_equal::value);
static_assert(std::uses_allocator_v<std::vector<int, allocator<int>>, memory_resource&>);

/// What a container may do with an allocator, through its traits.
template <class Allocator>
void expect_allocates(const Allocator& given) {
  using own = std::allocator_traits<Allocator>;
  using other = typename own::template rebind_traits<std::array<char, 24>>;
  Allocator one(given);
  const Allocator two(one);
  typename other::allocator_type rebound(one);
  EXPECT_TRUE(one == two && !(one != two) && Allocator(rebound) == one);
  EXPECT_GE(own::max_size(one), 1'000'000U);

  // Which copy gives back what another gave, also of another type.
  auto* const numbers = own::allocate(one, 1'000);
  own::construct(one, numbers, 7);
  EXPECT_EQ(*numbers, 7);
  own::destroy(one, numbers);
  auto* const bytes = other::allocate(rebound, 3);
  Allocator again(rebound);
  own::deallocate(again, numbers, 1'000);
  typename other::allocator_type converted(two);
  other::deallocate(converted, bytes, 3);
  own::deallocate(one, own::allocate(one, 0), 0);
  EXPECT_THROW(static_cast<void>(own::allocate(one, std::numeric_limits<std::size_t>::max())),
               std::bad_array_new_length);

  const auto shared = std::allocate_shared<std::string>(one, "in a block of its own");
  EXPECT_EQ(*shared, "in a block of its own");
  EXPECT_EQ(std::weak_ptr(shared).lock(), shared);

  Allocator moved(std::move(one));
  EXPECT_TRUE(moved == two) << "moving changes nothing";
}

template <class T>
using file_string = std::basic_string<T, std::char_traits<T>, allocator<T>>;
using text = file_string<char>;

class containers : public resource_case {
 protected:
  void SetUp() override {
    // The default one stays for good.
    memory_resource& kept = default_memory_resource();
    kept.deallocate(kept.allocate(1 * MiB), 1 * MiB);
    resource_case::SetUp();
    made_.emplace(settings());
  }
  void TearDown() override {
    made_.reset();
    resource_case::TearDown();
  }

  bool is_ours(const void* address) const {
    return !mappings_between(address, 1).empty() &&
           mapping_at(address).path.find(directory_.path()) != std::string::npos;
  }

  memory_resource& memory() { return *made_; }

 private:
  std::optional<memory_resource> made_;
};

/// The same random pushes, insertions and erasures on both.
template <class Ours, class Standard>
void expect_same_sequence(Ours ours, Standard standard) {
  std::mt19937 random(3);
  for (int i = 0; i < 3'000; ++i) {
    const auto value = static_cast<int>(random());
    const auto position = static_cast<std::ptrdiff_t>(random() % (standard.size() + 1));
    switch (random() % 8) {
      case 0:
        if (position != static_cast<std::ptrdiff_t>(standard.size())) {
          ours.erase(std::next(ours.begin(), position));
          standard.erase(std::next(standard.begin(), position));
        }
        break;
      case 1:
        ours.insert(std::next(ours.begin(), position), value);
        standard.insert(std::next(standard.begin(), position), value);
        break;
      case 2:
        if (i % 100 == 0) {
          const Ours copy = ours;
          Ours moved = std::move(ours);
          ours = copy;
          EXPECT_TRUE(std::equal(moved.begin(), moved.end(), copy.begin(), copy.end()));
        }
        break;
      default:
        ours.push_back(value);
        standard.push_back(value);
    }
  }
  EXPECT_TRUE(std::equal(ours.begin(), ours.end(), standard.begin(), standard.end()));
}

TEST_F(containers, find_all_that_the_named_requirements_ask_for) {
  expect_allocates(allocator<int>(memory()));
  expect_allocates(std::pmr::polymorphic_allocator<int>(&memory()));
  const allocator<int> ours(memory());
  EXPECT_FALSE(ours == allocator<int>());
  EXPECT_TRUE(traits::select_on_container_copy_construction(ours) == ours);
}

TEST_F(containers, of_the_other_kinds_work) {
  const allocator<int> from_file(memory());
  std::forward_list<int, allocator<int>> chain({3, 1, 2}, from_file);
  chain.sort();
  EXPECT_TRUE(std::ranges::equal(chain, std::vector{1, 2, 3}));
  std::set<int, std::less<>, allocator<int>> ordered({3, 1, 2, 3}, from_file);
  EXPECT_TRUE(std::ranges::equal(ordered, std::vector{1, 2, 3}));
  std::priority_queue<int, std::vector<int, allocator<int>>> largest(from_file);
  for (const int each : {3, 1, 2}) largest.push(each);
  EXPECT_EQ(largest.top(), 3);
}

TEST_F(containers, sequences_are_as_with_another_allocator) {
  const allocator<int> from_file(memory());
  expect_same_sequence(std::vector<int, allocator<int>>(from_file), std::vector<int>());
  expect_same_sequence(std::deque<int, allocator<int>>(from_file), std::vector<int>());
  expect_same_sequence(std::list<int, allocator<int>>(from_file), std::vector<int>());
  expect_same_sequence(boost::container::vector<int, allocator<int>>(from_file),
                       std::vector<int>());
  expect_same_sequence(boost::container::stable_vector<int, allocator<int>>(from_file),
                       std::vector<int>());
  using small = boost::container::small_vector<int, 8, allocator<int>>;
  expect_same_sequence(small(small::allocator_type(from_file)), std::vector<int>());
}

template <class Ours, class Standard>
void expect_same_map(Ours ours, Standard standard) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto key = static_cast<int>(random() % 5'000);
    if (random() % 4 == 0) {
      EXPECT_EQ(ours.erase(key), standard.erase(key));
    } else {
      ours[key] += i;
      standard[key] += i;
    }
  }
  EXPECT_EQ(ours.size(), standard.size());
  for (const auto& [key, value] : standard) EXPECT_EQ(ours.at(key), value);
}

TEST_F(containers, maps_are_as_with_another_allocator) {
  using entries = allocator<std::pair<const int, int>>;
  const entries from_file(memory());
  expect_same_map(std::map<int, int, std::less<>, entries>(from_file), std::map<int, int>());
  expect_same_map(std::unordered_map<int, int, std::hash<int>, std::equal_to<>, entries>(from_file),
                  std::map<int, int>());
  using flat_entries = allocator<std::pair<int, int>>;
  expect_same_map(
      boost::container::flat_map<int, int, std::less<>, flat_entries>(flat_entries(memory())),
      std::map<int, int>());
}

TEST_F(containers, of_pmr_work_over_the_resource) {
  std::pmr::unordered_map<std::pmr::string, std::pmr::vector<int>> lists(&memory());
  std::map<std::string, std::vector<int>> standard;
  for (int i = 0; i < 5'000; ++i) {
    const std::string key = "a key that is longer than fifteen " + std::to_string(i % 97);
    lists[std::pmr::string(key, &memory())].push_back(i);
    standard[key].push_back(i);
  }
  ASSERT_EQ(lists.size(), standard.size());
  for (const auto& [key, values] : lists) {
    EXPECT_TRUE(std::ranges::equal(values, standard.at(std::string(key))));
  }
  EXPECT_TRUE(is_ours(lists.begin()->first.data()));
  EXPECT_TRUE(is_ours(lists.begin()->second.data())) << "the resource is not passed on";
}

TEST_F(containers, in_containers_get_the_resource_by_scoped_allocator_adaptor) {
  using row = std::vector<int, allocator<int>>;
  using table = std::vector<row, std::scoped_allocator_adaptor<allocator<row>>>;
  table rows{allocator<row>(memory())};
  rows.resize(10);
  rows.emplace_back(1'000, 7);
  EXPECT_EQ(&rows.back().get_allocator().resource(), &memory());
  EXPECT_TRUE(is_ours(rows.back().data()));
  EXPECT_EQ(rows.back()[999], 7);
}

TEST_F(containers, take_their_memory_from_the_file) {
  const std::vector<std::uint64_t, allocator<std::uint64_t>> numbers(1'000'000, 7, memory());
  EXPECT_TRUE(is_ours(numbers.data()));
  EXPECT_GE(memory().disk_size_bytes(), 8'000'000U);
  const text words("a text that is longer than fifteen", allocator<char>(memory()));
  EXPECT_TRUE(is_ours(words.data()));
}

TEST_F(containers, use_the_default_resource_when_they_are_not_told) {
  const std::size_t before = default_memory_resource().used_bytes();
  const std::vector<int, allocator<int>> numbers(1'000'000, 7);
  EXPECT_EQ(&numbers.get_allocator().resource(), &default_memory_resource());
  EXPECT_GE(default_memory_resource().used_bytes(), before + 4'000'000);
}

TEST_F(containers, move_and_swap_without_touching_an_element) {
  memory_resource other(settings());
  using numbers = std::vector<int, allocator<int>>;
  numbers one(1'000, 1, memory());
  numbers two(1'000, 2, other);
  const int* const data = one.data();
  two = std::move(one);
  EXPECT_EQ(two.data(), data);
  EXPECT_EQ(&two.get_allocator().resource(), &memory());
  numbers three(10, 3, other);
  two.swap(three);
  EXPECT_EQ(three.data(), data);
  numbers four(other);
  four = three;
  EXPECT_EQ(&four.get_allocator().resource(), &other) << "a copy stays where it is";
  EXPECT_EQ(four, three);
}

TEST_F(containers, that_are_too_large_throw_before_anything_is_asked) {
  allocator<std::uint64_t> from_file(memory());
  EXPECT_THROW(static_cast<void>(from_file.allocate(~std::size_t{0} / 4)),
               std::bad_array_new_length);
  EXPECT_EQ(memory().used_bytes(), 0U);
}

struct alignas(256) wide {
  char bytes[256];
};

TEST_F(containers, of_aligned_elements_are_aligned) {
  std::list<wide, allocator<wide>> elements(allocator<wide>{memory()});
  for (int i = 0; i < 1'000; ++i) {
    elements.emplace_back();
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(&elements.back()) % 256, 0U);
  }
}

TEST_F(containers, give_large_blocks_back_when_they_grow) {
  std::vector<int, allocator<int>> numbers(memory());
  for (int i = 0; i < 10'000'000; ++i) numbers.push_back(i);
  // The vector has had 2, 4, … 64 MiB; of those only the last one is left.
  EXPECT_LE(memory().disk_size_bytes(), numbers.capacity() * sizeof(int) + 2 * MiB);
  EXPECT_EQ(numbers[9'999'999], 9'999'999);
}

}  // namespace
}  // namespace mapvec::test
