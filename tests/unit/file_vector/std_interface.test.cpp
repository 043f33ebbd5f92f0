// SPDX-License-Identifier: MIT
//
// Goal: a file_vector is a std::vector: each of its operations gives the same elements, for every
// kind of element that a file can hold, and they are in the file afterwards. Method: one body over
// a file_vector and a std::vector; the file is then closed, read without the library, reopened.
#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "file_vector_case.hpp"

template <>
inline constexpr bool mapvec::store_as_bytes<mapvec_test::over_aligned<256>> = true;
template <>
inline constexpr bool mapvec::store_as_bytes<mapvec_test::eight_kib> = true;

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

struct measurement {
  measurement() = default;
  explicit measurement(int number) : id(number), place{number + 0.5, -1.0 * number} {}
  std::int32_t id = 0;
  std::array<double, 2> place{};
  friend bool operator==(const measurement&, const measurement&) = default;
};
MAPVEC_DESCRIBE(measurement, id, place);

template <class T>
T value_of(int number) {
  if constexpr (std::is_same_v<T, std::array<float, 3>>) {
    return {static_cast<float>(number), 1.0F, 2.0F};
  } else {
    return static_cast<T>(number);
  }
}

template <class T>
class std_interface : public file_vector_case {};

using element_types =
    ::testing::Types<int, unsigned char, std::complex<double>, std::array<float, 3>, measurement,
                     mapvec_test::over_aligned<256>, mapvec_test::eight_kib>;
TYPED_TEST_SUITE(std_interface, element_types);

/// Insertions, erasures and assignments, also of the vector's own elements.
template <class T, class Vector>
void change_in_the_middle(Vector& v) {
  const auto at = [&](std::ptrdiff_t place) { return v.begin() + place; };
  v.insert(at(2), value_of<T>(100));
  v.insert(at(0), v[3]);
  v.insert(at(5), 7, v[1]);
  const std::array<T, 2> two{value_of<T>(70), value_of<T>(71)};
  v.insert(v.end(), two.begin(), two.end());
  v.insert(at(1), {value_of<T>(1), value_of<T>(2)});
  v.emplace(at(4), value_of<T>(72));
  v.emplace(v.end(), v.front());
  v.erase(at(3));
  v.erase(at(6), at(9));
  v.erase(at(2), at(2));
  std::reverse(v.begin(), v.end());
  std::rotate(v.begin(), at(5), v.end());
  v[0] = value_of<T>(73);
  v.at(1) = v.back();
  v.front() = v.data()[2];
  *v.rbegin() = value_of<T>(74);
}

template <class T, class Vector>
void change_the_size(Vector& v) {
  v.resize(v.size() + 50);
  v.resize(v.size() + 50, value_of<T>(3));
  v.resize(v.size() - 20);
  v.reserve(1'000);
  v.shrink_to_fit();
  v.push_back(v[2]);
  v.emplace_back(v[4]);
  v.pop_back();
  v.resize(v.size() + 3, v[7]);
  erase(v, value_of<T>(3));
}

template <class T, class Vector>
void assign_anew(Vector& v) {
  v.assign(30, value_of<T>(9));
  v.assign(5, v[2]);
  std::vector<T> many;
  for (int i = 0; i < 40; ++i) many.push_back(value_of<T>(i));
  v.assign(many.begin(), many.end());
  v.assign({value_of<T>(1), value_of<T>(2)});
  v = {value_of<T>(3), v[0], v[1]};
  v = {};
  for (int i = 0; i < 25; ++i) v.push_back(value_of<T>(i));
}

TYPED_TEST(std_interface, gives_what_std_vector_gives_and_the_file_has_it) {
  using T = TypeParam;
  const std::string path = this->path();
  std::vector<T> expected;
  auto v = file_vector<T>::create(path);
  const T* first = nullptr;
  const auto on_both = [&](auto operation) {
    operation(v);
    operation(expected);
    expect_elements(v, expected);
    EXPECT_EQ(std::as_const(v).data(), first == nullptr ? std::as_const(v).data() : first);
    first = std::as_const(v).data();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % alignof(T), 0U);
  };
  for (int i = 0; i < 20; ++i) on_both([&](auto& each) { each.push_back(value_of<T>(i)); });
  on_both([](auto& each) { change_in_the_middle<T>(each); });
  on_both([](auto& each) { change_the_size<T>(each); });
  v.commit();
  EXPECT_EQ(v.committed_size(), expected.size());
  on_both([](auto& each) { assign_anew<T>(each); });
  v.commit();
  on_both([](auto& each) { change_in_the_middle<T>(each); });
  on_both([](auto& each) { change_the_size<T>(each); });
  v.close();
  expect_elements(stored_elements<T>(path), expected);
  expect_elements(file_vector<T>::open(path), expected);
  expect_elements(file_view<T>::open(path), expected);
}

TYPED_TEST(std_interface, has_the_extensions_of_vector) {
  using T = TypeParam;
  auto v = file_vector<T>::create(this->path());
  EXPECT_EQ(v.try_push_back(value_of<T>(1)), nullptr) << "no capacity yet";
  EXPECT_FALSE(v.pop().has_value());
  v.reserve(4);
  EXPECT_EQ(v.try_push_back(value_of<T>(1)), v.data());
  v.append_range(std::vector<T>{value_of<T>(2), value_of<T>(3), value_of<T>(4)});
  v.insert_range(v.begin() + 1, std::vector<T>{value_of<T>(5)});
  EXPECT_TRUE(*v.pop() == value_of<T>(4));
  v.truncate(3);
  v.truncate(9);
  v.truncate_front(1);
  expect_elements(v, std::vector<T>{value_of<T>(5), value_of<T>(2)});
  v.assign_range(std::vector<T>(6, value_of<T>(6)));
  v.truncate_front(100);
  EXPECT_TRUE(v.empty());
}

using std_interface_of_ints = file_vector_case;

TEST_F(std_interface_of_ints, throws_where_std_vector_throws) {
  auto v = file_vector<int>::create(path(), {.reservation_bytes = 4 * MiB});
  v.assign({1, 2, 3});
  EXPECT_THROW(v.at(3), std::out_of_range);
  EXPECT_THROW(std::as_const(v).at(3), std::out_of_range);
  EXPECT_THROW(v.reserve(v.max_size() + 1), std::length_error);
  EXPECT_THROW(v.resize(static_cast<std::size_t>(-1)), std::length_error);
  EXPECT_THROW(v.resize(4 * MiB / sizeof(int)), std::length_error);
  expect_elements(v, {1, 2, 3});
  v.resize(v.max_size(), 4);
  EXPECT_THROW(v.push_back(5), std::length_error);
  EXPECT_EQ(v.size(), v.max_size());
  v.commit();
}

TEST_F(std_interface_of_ints, resize_for_overwrite_is_committed_like_any_growth) {
  auto v = file_vector<int>::create(path());
  v.append_range(std::vector<int>{1, 2, 3});
  v.commit();
  v.resize_for_overwrite(100'000);
  std::iota(v.begin(), v.end(), 0);
  v.resize_for_overwrite(90'000);
  v.close();
  std::vector<int> expected(90'000);
  std::iota(expected.begin(), expected.end(), 0);
  expect_elements(stored_elements<int>(path()), expected);
}

TEST_F(std_interface_of_ints, elements_never_move_while_the_file_grows_by_windows) {
  auto v = file_vector<std::uint64_t>::create(path());
  v.push_back(0);
  const std::uint64_t* const first = v.data();
  const std::size_t count = 40 * MiB / sizeof(std::uint64_t);
  for (std::uint64_t i = 1; i < count; ++i) {
    v.push_back(i);
    if (i % 3'000'000 == 0) v.commit();  // then 8 MiB without a window
  }
  EXPECT_EQ(v.data(), first);
  v.close();
  const auto opened = file_view<std::uint64_t>::open(path());
  ASSERT_EQ(opened.size(), count);
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(opened[i], i);
}

TEST_F(std_interface_of_ints, compares_with_vectors_of_either_lifetime) {
  auto persistent = file_vector<int>::create(path());
  persistent.assign({1, 2, 3});
  vector<int> temporary{1, 2, 3};
  EXPECT_TRUE(persistent == temporary);
  EXPECT_TRUE(temporary == persistent);
  EXPECT_TRUE(temporary == (vector<long>{1, 2, 3}));
  temporary.push_back(4);
  EXPECT_TRUE(persistent != temporary);
  auto other = file_vector<int>::create(path("b.npy"));
  EXPECT_TRUE(other < persistent);
  other.assign({1, 3});
  EXPECT_TRUE(other > persistent);
  EXPECT_TRUE((persistent <=> persistent) == std::strong_ordering::equal);
  EXPECT_TRUE((persistent <=> temporary) == std::strong_ordering::less) << "it has no 4";
  EXPECT_TRUE((temporary <=> persistent) == std::strong_ordering::greater);
  EXPECT_TRUE(temporary < other && other > temporary && !(other <= temporary));
}

TEST_F(std_interface_of_ints, erase_and_erase_if_say_how_many) {
  auto v = file_vector<int>::create(path());
  v.append_range(std::views::iota(0, 1'000));
  v.commit();
  EXPECT_EQ(erase(v, 7), 1U);
  EXPECT_EQ(erase(v, 7), 0U);
  EXPECT_EQ(erase_if(v, [](int each) { return each % 2 == 0; }), 500U);
  EXPECT_EQ(v.size(), 499U);
  v.close();
  const std::vector<int> stored = stored_elements<int>(path());
  EXPECT_EQ(stored.size(), 499U);
  EXPECT_TRUE(std::ranges::all_of(stored, [](int each) { return each % 2 == 1 && each != 7; }));
}

TEST_F(std_interface_of_ints, advice_on_any_range_is_harmless) {
  constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
  for (const std::size_t size : {0, 1, 3'000, 100'000}) {
    auto v = file_vector<int>::create(path());
    v.resize(size, 7);
    for (const bool committed : {false, true}) {
      if (committed) v.commit();
      const std::array<std::size_t, 6> any{0, 1, size, size + 1, huge / 2, huge};
      for (const std::size_t position : any) {
        for (const std::size_t count : any) {
          v.prefetch(position, count);
          v.prefault(position, count);
          if (count == size || position == size) v.evict(position, count);
        }
      }
      v.advise(access::random);
      v.advise(access::normal);
      expect_elements(v, std::vector<int>(size, 7));
    }
    v.close();
    expect_elements(stored_elements<int>(path()), std::vector<int>(size, 7));
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(std_interface_of_ints, requirements_are_asserted) {
  auto v = file_vector<int>::create(path());
  EXPECT_DEATH(v.front(), "position < size");
  EXPECT_DEATH(v.pop_back(), "empty");
  v.assign({1, 2, 3});
  v.reserve(100);
  EXPECT_DEATH(v[3], "position < size");
  const volatile int* const data = v.data();
  EXPECT_EQ(data[2], 3);
#if MAPVEC_ASAN
  EXPECT_DEATH(static_cast<void>(data[3]), "container-overflow");
#endif
  const auto seen = file_view<int>::open(path());
  EXPECT_DEATH(seen[0], "position < size");
}

TEST_F(std_interface_of_ints, swap_exchanges_the_files) {
  auto one = file_vector<int>::create(path("one.npy"));
  auto two = file_vector<int>::create(path("two.npy"));
  one.assign({1, 2, 3});
  two.push_back(9);
  const int* const data = one.data();
  swap(one, two);
  EXPECT_EQ(two.data(), data);
  EXPECT_EQ(two.path(), path("one.npy"));
  two.push_back(4);
  one.close();
  two.close();
  expect_elements(stored_elements<int>(path("one.npy")), {1, 2, 3, 4});
  expect_elements(stored_elements<int>(path("two.npy")), {9});
}

TEST_F(std_interface_of_ints, works_with_algorithms_and_ranges) {
  auto v = file_vector<int>::create(path());
  v.append_range(std::views::iota(0, 10'000) | std::views::reverse);
  std::ranges::sort(v);
  EXPECT_TRUE(std::ranges::is_sorted(v));
  EXPECT_EQ(std::ranges::distance(v | std::views::filter([](int each) { return each > 9'989; })),
            10);
  EXPECT_EQ(std::accumulate(v.rbegin(), v.rend(), 0L), 9'999L * 10'000 / 2);
  v.erase(std::ranges::unique(v).begin(), v.end());
  EXPECT_EQ(v.size(), 10'000U);
}

}  // namespace
}  // namespace mapvec::test
