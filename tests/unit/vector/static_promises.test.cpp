// SPDX-License-Identifier: MIT
//
// Goal: what the types promise to the compiler - member types, noexcept, concepts, conversions.
// Method: static_asserts: the file has no case to run, a broken promise does not compile.
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <list>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <mapvec/vector.hpp>

#include "../common/elements.hpp"

namespace {

using mapvec::vector;
using mapvec_test::immovable;
using mapvec_test::move_only;

template <class T>
constexpr bool has_member_types =
    std::same_as<typename vector<T>::value_type, T> &&
    std::same_as<typename vector<T>::size_type, std::size_t> &&
    std::same_as<typename vector<T>::difference_type, std::ptrdiff_t> &&
    std::same_as<typename vector<T>::reference, T&> &&
    std::same_as<typename vector<T>::const_reference, const T&> &&
    std::same_as<typename vector<T>::pointer, T*> &&
    std::same_as<typename vector<T>::const_pointer, const T*> &&
    std::same_as<typename vector<T>::iterator, T*> &&
    std::same_as<typename vector<T>::const_iterator, const T*> &&
    std::same_as<typename vector<T>::reverse_iterator, std::reverse_iterator<T*>> &&
    std::same_as<typename vector<T>::const_reverse_iterator, std::reverse_iterator<const T*>>;
static_assert(has_member_types<int>);
static_assert(has_member_types<bool>, "bool is a plain byte, not a bit behind a proxy");
static_assert(has_member_types<std::string>);
static_assert(has_member_types<move_only>);
static_assert(has_member_types<immovable>);

// Nothing that cannot fail may say that it can.
template <class T>
constexpr bool is_nothrow_where_std_vector_is =
    std::is_nothrow_default_constructible_v<vector<T>> &&
    std::is_nothrow_move_constructible_v<vector<T>> &&
    std::is_nothrow_move_assignable_v<vector<T>> && std::is_nothrow_swappable_v<vector<T>> &&
    std::is_nothrow_destructible_v<vector<T>>;
static_assert(is_nothrow_where_std_vector_is<int>);
static_assert(is_nothrow_where_std_vector_is<std::string>);
static_assert(is_nothrow_where_std_vector_is<move_only>);
static_assert(is_nothrow_where_std_vector_is<immovable>, "the container moves, not its elements");
static_assert(is_nothrow_where_std_vector_is<mapvec_test::throwing>);

template <class Vector>
concept observes_without_throwing = requires(Vector v, std::size_t n) {
  { v.begin() } noexcept;
  { v.end() } noexcept;
  { v.cbegin() } noexcept;
  { v.cend() } noexcept;
  { v.rbegin() } noexcept;
  { v.rend() } noexcept;
  { v.crbegin() } noexcept;
  { v.crend() } noexcept;
  { v.size() } noexcept -> std::same_as<std::size_t>;
  { v.max_size() } noexcept -> std::same_as<std::size_t>;
  { v.capacity() } noexcept -> std::same_as<std::size_t>;
  { v.empty() } noexcept -> std::same_as<bool>;
  { v.data() } noexcept;
};
static_assert(observes_without_throwing<vector<int>>);
static_assert(observes_without_throwing<const vector<int>>);
static_assert(noexcept(std::declval<vector<std::string>&>().clear()));
static_assert(noexcept(std::declval<vector<int>&>().swap(std::declval<vector<int>&>())));

// Growing asks the kernel, which may refuse.
static_assert(!std::is_nothrow_copy_constructible_v<vector<int>>);
static_assert(!noexcept(std::declval<vector<int>&>().push_back(1)));
static_assert(!noexcept(std::declval<vector<int>&>().reserve(1)));
static_assert(!noexcept(std::declval<vector<int>&>().at(0)));

template <class T>
constexpr bool is_a_contiguous_range =
    std::ranges::contiguous_range<vector<T>> && std::ranges::contiguous_range<const vector<T>> &&
    std::ranges::sized_range<vector<T>> && std::ranges::common_range<vector<T>> &&
    std::contiguous_iterator<typename vector<T>::iterator>;
static_assert(is_a_contiguous_range<int>);
static_assert(is_a_contiguous_range<bool>);
static_assert(is_a_contiguous_range<std::string>);
static_assert(is_a_contiguous_range<immovable>);

static_assert(std::is_convertible_v<vector<int>&, std::span<int>>);
static_assert(std::is_convertible_v<vector<int>&, std::span<const int>>);
static_assert(std::is_convertible_v<const vector<int>&, std::span<const int>>);
static_assert(!std::is_convertible_v<const vector<int>&, std::span<int>>);

static_assert(std::regular<vector<int>>);
static_assert(std::totally_ordered<vector<int>>);
static_assert(std::three_way_comparable<vector<int>, std::strong_ordering>);
static_assert(std::three_way_comparable<vector<double>, std::partial_ordering>);
// Elements without an order leave the vector without one, which a concept may ask.
struct only_equal {
  int number;
  bool operator==(const only_equal&) const = default;
};
static_assert(std::equality_comparable<vector<only_equal>>);
static_assert(!std::three_way_comparable<vector<only_equal>>);
static_assert(!std::totally_ordered<vector<only_equal>>);
static_assert(!std::three_way_comparable<vector<vector<only_equal>>>);
static_assert(std::movable<vector<immovable>>);
static_assert(!std::equality_comparable<vector<immovable>>);
static_assert(!std::three_way_comparable<vector<immovable>>);
static_assert(std::same_as<decltype(vector<double>() <=> vector<double>()), std::partial_ordering>);

// A number, a span or options become a vector only when somebody says so.
static_assert(std::is_constructible_v<vector<int>, std::size_t>);
static_assert(!std::is_convertible_v<std::size_t, vector<int>>);
static_assert(std::is_constructible_v<vector<int>, mapvec::options>);
static_assert(!std::is_convertible_v<mapvec::options, vector<int>>);
static_assert(std::is_constructible_v<vector<int>, std::span<const int>>);
static_assert(!std::is_convertible_v<std::span<const int>, vector<int>>);
static_assert(std::is_convertible_v<std::initializer_list<int>, vector<int>>);

// Two ints are a count and a value, not a pair of iterators.
static_assert(std::is_constructible_v<vector<int>, int, int>);

// The deduction guides find the element type.
using pair_of_iterators = std::list<std::string>::iterator;
static_assert(std::same_as<decltype(vector{1, 2, 3}), vector<int>>);
static_assert(std::same_as<decltype(vector(std::size_t{3}, 1.5)), vector<double>>);
static_assert(std::same_as<decltype(vector(std::declval<pair_of_iterators>(),
                                           std::declval<pair_of_iterators>())),
                           vector<std::string>>);
static_assert(
    std::same_as<decltype(vector(mapvec::from_range, std::declval<std::list<std::string>&>())),
                 vector<std::string>>);
static_assert(std::same_as<decltype(vector(std::declval<std::span<const int>>())), vector<int>>);
static_assert(std::same_as<decltype(vector(std::declval<const vector<int>&>())), vector<int>>);

// What the insertions return.
using ints = vector<int>;
static_assert(std::same_as<decltype(std::declval<ints&>().emplace_back(1)), int&>);
static_assert(std::same_as<decltype(std::declval<ints&>().emplace(nullptr, 1)), int*>);
static_assert(std::same_as<decltype(std::declval<ints&>().erase(nullptr)), int*>);
static_assert(std::same_as<decltype(std::declval<ints&>().try_push_back(1)), int*>);
static_assert(std::same_as<decltype(std::declval<ints&>().pop()), std::optional<int>>);
static_assert(std::same_as<decltype(std::declval<const ints&>()[0]), const int&>);
static_assert(std::same_as<decltype(erase(std::declval<ints&>(), 1)), std::size_t>);

}  // namespace
