// SPDX-License-Identifier: MIT
//
// Goal: what a REQUIRES line asks of the caller is checked where assertions are on, and
// AddressSanitizer sees the end of the elements, not of the capacity. Method: death tests; the
// vector is made inside the dying child, because a child that inherits one is refused changes.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>

#include <mapvec/vector.hpp>

#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

#if MAPVEC_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace {

using mapvec::vector;
using namespace mapvec_test;

#if defined(MAPVEC_HARDENED) || !defined(NDEBUG)

template <class Use>
void use_three_elements(Use use) {
  vector<int> v{1, 2, 3};
  use(v);
}

template <class Use>
void expect_refused(Use use) {
  EXPECT_DEATH(use_three_elements(use), "REQUIRES");
}

TEST(vector_requirements_death, reading_past_the_end_is_refused) {
  expect_refused([](auto& v) { v[3] = 0; });
  expect_refused([](auto& v) { v[std::size_t{0} - 1] = 0; });
  expect_refused([](auto& v) { static_cast<void>(std::as_const(v)[3]); });
}

TEST(vector_requirements_death, an_empty_vector_has_no_first_and_last_element) {
  expect_refused([](auto& v) { v.clear(), v.front() = 0; });
  expect_refused([](auto& v) { v.clear(), v.back() = 0; });
  expect_refused([](auto& v) { v.clear(), static_cast<void>(std::as_const(v).front()); });
  expect_refused([](auto& v) { v.clear(), static_cast<void>(std::as_const(v).back()); });
  expect_refused([](auto& v) { v.clear(), v.pop_back(); });
}

TEST(vector_requirements_death, positions_must_lie_inside) {
  expect_refused([](auto& v) { v.erase(v.end()); });
  expect_refused([](auto& v) { v.erase(v.begin() - 1); });
  expect_refused([](auto& v) { v.erase(v.begin() + 2, v.begin() + 1); });
  expect_refused([](auto& v) { v.erase(v.begin(), v.end() + 1); });
  expect_refused([](auto& v) { v.insert(v.end() + 1, 4); });
  expect_refused([](auto& v) { v.insert(v.begin() - 1, 2, 4); });
  expect_refused([](auto& v) { v.emplace(v.end() + 1, 4); });
  expect_refused([](auto& v) { v.insert_range(v.end() + 1, vector<int>{1}); });
}

#endif

#if MAPVEC_ASAN

/// Reads without the checks of the vector.
template <class T>
char first_byte(const T* place) {
  return *reinterpret_cast<const volatile char*>(place);
}

void read_past_the_end(const mapvec::options& where) {
  vector<std::uint64_t> v(where);
  v.push_back(1);
  v.push_back(2);
  v.pop_back();
  static_cast<void>(first_byte(v.data() + 1));
}

TEST(vector_requirements_death, reading_capacity_that_is_no_element_dies) {
  for (const mapvec::options& where : every_stage()) {
    EXPECT_DEATH(read_past_the_end(where), "container-overflow");
  }
}

template <class Vector>
void append_and_throw(Vector& v) {
  using value = typename Vector::value_type;
  auto throwing_range = std::views::iota(0, 10) | std::views::transform([](int i) {
                          if (i == 7) throw planned_failure{};
                          return make_value<value>(i);
                        });
  EXPECT_THROW(v.append_range(throwing_range), planned_failure);
}

/// After `change` all elements may be read, and what follows them, up to the capacity, may not.
template <class T, class Change>
void expect_end_is_guarded_after(std::string_view name, Change change) {
  for (const mapvec::options& where : every_stage()) {
    vector<T> v(where);
    for (int i = 0; i < 5; ++i) v.push_back(make_value<T>(i));
    change(v);
    for (const T& element : v) ASSERT_FALSE(__asan_address_is_poisoned(&element)) << name;
    if (v.size() == v.capacity()) continue;
    EXPECT_TRUE(__asan_address_is_poisoned(v.data() + v.size())) << name;
    EXPECT_TRUE(__asan_address_is_poisoned(v.data() + v.capacity() - 1)) << name;
  }
}

template <class T>
void expect_end_is_guarded() {
  expect_end_is_guarded_after<T>("push_back", [](auto&) {});
  expect_end_is_guarded_after<T>("pop_back", [](auto& v) { v.pop_back(); });
  expect_end_is_guarded_after<T>("pop", [](auto& v) { v.pop(); });
  expect_end_is_guarded_after<T>("reserve", [](auto& v) { v.reserve(5000); });
  expect_end_is_guarded_after<T>("resize up", [](auto& v) { v.resize(3000); });
  expect_end_is_guarded_after<T>("resize down", [](auto& v) { v.resize(3); });
  expect_end_is_guarded_after<T>("truncate", [](auto& v) { v.truncate(1); });
  expect_end_is_guarded_after<T>("truncate_front", [](auto& v) { v.truncate_front(2); });
  expect_end_is_guarded_after<T>("erase", [](auto& v) { v.erase(v.begin()); });
  expect_end_is_guarded_after<T>("insert", [](auto& v) { v.insert(v.begin(), v.back()); });
  expect_end_is_guarded_after<T>("insert many", [](auto& v) { v.insert(v.begin(), 700, v[0]); });
  expect_end_is_guarded_after<T>("assign", [](auto& v) { v.assign(2, v[0]); });
  expect_end_is_guarded_after<T>("clear", [](auto& v) { v.clear(); });
  expect_end_is_guarded_after<T>("shrink_to_fit", [](auto& v) { v.shrink_to_fit(); });
  expect_end_is_guarded_after<T>("append that throws", [](auto& v) { append_and_throw(v); });
  expect_end_is_guarded_after<T>("swap", [](auto& v) {
    vector<T> other(3, v[0]);
    v.swap(other);
  });
  expect_end_is_guarded_after<T>("move", [](auto& v) {
    vector<T> other(std::move(v));
    v = std::move(other);
  });
}

TEST(vector_requirements, the_address_sanitizer_sees_the_end_of_the_elements) {
  expect_end_is_guarded<unsigned char>();
  expect_end_is_guarded<std::uint64_t>();
  expect_end_is_guarded<std::string>();
}

TEST(vector_requirements, addresses_of_a_destroyed_vector_can_be_used_again) {
  std::size_t reused = 0;
  const unsigned char* before = nullptr;
  for (int i = 0; i < 20; ++i) {
    const vector<unsigned char> v(i % 2 == 0 ? 100 : 5000, 7);
    if (v.data() == before) ++reused;
    before = v.data();
    for (std::size_t at = 0; at < v.size(); ++at) ASSERT_EQ(first_byte(v.data() + at), 7);
  }
  EXPECT_GT(reused, 0u) << "the kernel gave other addresses each time";
}

TEST(vector_requirements, every_byte_of_the_elements_may_be_touched) {
  for (const mapvec::options& where : every_stage()) {
    vector<unsigned char> v(where);
    for (std::size_t i = 0; i < 20000; ++i) {
      v.push_back(1);
      ASSERT_EQ(first_byte(v.data() + i), 1);
      if (i % 7 == 0) v.pop_back(), v.push_back(1);
      if (i % 1000 == 0) v.shrink_to_fit();
    }
  }
}

#endif

}  // namespace
