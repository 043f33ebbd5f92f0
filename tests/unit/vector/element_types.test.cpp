// SPDX-License-Identifier: MIT
//
// Goal: any object type is an element: large, tiny, over-aligned, move-only, immovable, incomplete
// where the vector is declared. Method: one life of a vector for each, in every stage.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::vector;
using namespace mapvec_test;

template <class T>
class vector_element_types : public ::testing::Test {};

struct type_names {
  template <class T>
  static std::string GetName(int) {
    if constexpr (std::is_same_v<T, std::string>) return "string";
    if constexpr (std::is_same_v<T, move_only>) return "move_only";
    if constexpr (std::is_same_v<T, tracked>) return "tracked";
    if constexpr (std::is_same_v<T, eight_kib>) return "eight_kib";
    if constexpr (std::is_same_v<T, empty_class>) return "empty_class";
    if constexpr (std::is_same_v<T, bool>) return "bool";
    return "size_" + std::to_string(sizeof(T)) + "_aligned_" + std::to_string(alignof(T));
  }
};
using element_types =
    ::testing::Types<unsigned char, bool, std::uint64_t, std::string, move_only, tracked, eight_kib,
                     empty_class, over_aligned<64>, over_aligned<4096>, over_aligned<65536>>;
TYPED_TEST_SUITE(vector_element_types, element_types, type_names);

template <class T>
bool is_aligned(const vector<T>& v) {
  return reinterpret_cast<std::uintptr_t>(v.data()) % alignof(T) == 0;
}

TYPED_TEST(vector_element_types, live_a_whole_life) {
  using T = TypeParam;
  const std::size_t count = sizeof(T) > 4096 ? 40 : 3000;
  for (const mapvec::options& where : every_stage()) {
    vector<T> v(where);
    for (std::size_t i = 0; i < count; ++i) v.push_back(make_value<T>(static_cast<int>(i)));
    EXPECT_TRUE(is_aligned(v));
    expect_elements(v, make_values<T>(count));
    v.insert(v.begin(), make_value<T>(7));
    EXPECT_TRUE(v.front() == make_value<T>(7));
    v.erase(v.begin());
    expect_elements(v, make_values<T>(count));
    vector<T> moved(std::move(v));
    moved.truncate(count / 2);
    moved.shrink_to_fit();
    EXPECT_TRUE(is_aligned(moved));
    moved.reserve(2 * count);
    expect_elements(moved, make_values<T>(count / 2));
    moved.truncate_front(3);
    expect_elements(moved, make_values<T>(count / 2 - 3, 3));
    moved.resize(count);
    EXPECT_TRUE(moved.back() == T());
  }
}

TYPED_TEST(vector_element_types, copy_if_they_can) {
  using T = TypeParam;
  if constexpr (std::copy_constructible<T>) {
    for (const mapvec::options& where : every_stage()) {
      const vector<T> v(20, make_value<T>(3), where);
      vector<T> copy(v);
      copy.push_back(v[0]);
      EXPECT_TRUE(is_aligned(copy));
      expect_elements(copy, std::vector<T>(21, make_value<T>(3)));
    }
  }
}

TEST(vector_element_types_special, move_only_elements_are_moved) {
  vector<std::unique_ptr<std::string>> v;
  auto owned = std::make_unique<std::string>("owned");
  const std::string* const address = owned.get();
  v.push_back(std::move(owned));
  EXPECT_EQ(owned, nullptr);
  EXPECT_EQ(v[0].get(), address);
  v.emplace_back(new std::string("second"));
  v.insert(v.begin(), nullptr);
  const auto last = v.pop();
  EXPECT_EQ(**last, "second");
  EXPECT_EQ(v[1].get(), address);
}

TEST(vector_element_types_special, immovable_elements_grow_in_place) {
  for (const mapvec::options& where : every_stage()) {
    vector<immovable> v(where);
    immovable& first = v.emplace_back(0);
    const std::lock_guard<std::mutex> held(first.mutex);
    for (int i = 1; i < 3000; ++i) v.emplace_back(i);
    EXPECT_EQ(&v[0], &first);
    EXPECT_FALSE(first.mutex.try_lock());
    for (int i = 0; i < 3000; ++i) EXPECT_EQ(v[static_cast<std::size_t>(i)].value, i);
    v.truncate(2000);
    v.pop_back();
    v.resize(2500);
    v.shrink_to_fit();
    v.reserve(10000);
    EXPECT_EQ(v.size(), 2500u);
  }
}

TEST(vector_element_types_special, atomics_and_mutexes_need_no_wrapper) {
  vector<std::mutex> mutexes(3);
  mutexes.emplace_back();
  const std::lock_guard<std::mutex> held(mutexes.back());
  vector<std::atomic<int>> atomics(2);
  atomics.emplace_back(7);
  ++atomics.back();
  EXPECT_EQ(atomics.back().load(), 8);
}

/// Incomplete where its own vector is declared.
struct tree {
  int value = 0;
  vector<tree> children;
};

TEST(vector_element_types_special, a_type_may_hold_a_vector_of_itself) {
  tree root;
  for (int i = 0; i < 3; ++i) {
    root.children.push_back(tree{i, {}});
    root.children.back().children.push_back(tree{10 * i, {}});
  }
  const tree copy = root;
  root.children.clear();
  ASSERT_EQ(copy.children.size(), 3u);
  EXPECT_EQ(copy.children[2].children[0].value, 20);
}

TEST(vector_element_types_special, vectors_of_vectors) {
  vector<vector<int>> rows(file_from_the_start());
  for (int i = 0; i < 20; ++i) rows.emplace_back(std::size_t{5}, i);
  rows.insert(rows.begin(), vector<int>{1, 2});
  rows.erase(rows.begin() + 1);
  EXPECT_EQ(rows[0].size(), 2u);
  EXPECT_EQ(rows[19][4], 19);
}

TEST(vector_element_types_special, pointers_and_enumerations) {
  enum class colour : unsigned char { red, green };
  vector<colour> colours(3, colour::green);
  colours.push_back(colour::red);
  EXPECT_EQ(colours.back(), colour::red);
  vector<const char*> words{"a", "b"};
  EXPECT_EQ(words[1][0], 'b');
  vector<std::array<int, 3>> triples{{1, 2, 3}};
  EXPECT_EQ(triples[0][2], 3);
}

// Their end is seldom a multiple of 8, of which AddressSanitizer's shadow is made; it once aborted
// when the limit of such elements was raised.
TEST(vector_element_types_special, elements_of_three_bytes_grow) {
  vector<std::array<char, 3>> values;
  for (int i = 0; i < 1'000'000; ++i) values.push_back({static_cast<char>(i % 100), 1, 2});
  EXPECT_EQ(values.size(), 1'000'000U);
  EXPECT_EQ(values[99][0], 99);
}

TEST(vector_element_types_special, an_overloaded_address_operator_is_not_called) {
  struct hidden_address {
    int value = 0;
    hidden_address* operator&() const { return nullptr; }
  };
  vector<hidden_address> v(spill_after(4 * mapvec::KiB));
  for (int i = 0; i < 3000; ++i) v.push_back({i});
  v.insert(v.begin(), {77});
  v.insert(v.begin(), 2, v[0]);
  v.erase(v.begin());
  EXPECT_EQ(v[1].value, 77);
  EXPECT_EQ(v.back().value, 2999);
}

TEST(vector_element_types_special, an_explicit_copy_constructor_is_enough) {
  struct explicit_copy {
    int value = 0;
    explicit_copy() = default;
    explicit explicit_copy(int number) : value(number) {}
    explicit explicit_copy(const explicit_copy&) = default;
    explicit_copy& operator=(const explicit_copy&) = default;
  };
  vector<explicit_copy> v;
  const explicit_copy element(4);
  v.push_back(element);
  v.emplace_back(5);
  v.resize(3, element);
  EXPECT_EQ(v[2].value, 4);
}

}  // namespace
