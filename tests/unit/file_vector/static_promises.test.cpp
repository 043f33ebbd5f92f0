// SPDX-License-Identifier: MIT
//
// Goal: what file_vector and file_view promise to the compiler: the members of std::vector, no
// copies, moves that cannot fail, and refusals of types that have no place in a file. Method:
// static_asserts: the file has no case to run, a broken promise does not compile.
#include <chrono>
#include <compare>
#include <complex>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

namespace mapvec::test {
namespace {

/// All that std::vector<int> can do once it exists, but for its allocator.
template <class Vector>
concept has_the_members_of_std_vector =
    requires(Vector v, const Vector c, Vector other, std::size_t n, std::vector<int> values,
             const int value, int movable) {
      { v.begin() } -> std::same_as<typename Vector::iterator>;
      { v.end() } -> std::same_as<typename Vector::iterator>;
      { c.begin() } -> std::same_as<typename Vector::const_iterator>;
      { c.end() } -> std::same_as<typename Vector::const_iterator>;
      { v.cbegin() } -> std::same_as<typename Vector::const_iterator>;
      { v.cend() } -> std::same_as<typename Vector::const_iterator>;
      { v.rbegin() } -> std::same_as<typename Vector::reverse_iterator>;
      { v.rend() } -> std::same_as<typename Vector::reverse_iterator>;
      { c.crbegin() } -> std::same_as<typename Vector::const_reverse_iterator>;
      { c.crend() } -> std::same_as<typename Vector::const_reverse_iterator>;
      { c.size() } -> std::same_as<std::size_t>;
      { c.max_size() } -> std::same_as<std::size_t>;
      { c.capacity() } -> std::same_as<std::size_t>;
      { c.empty() } -> std::same_as<bool>;
      { v.resize(n) } -> std::same_as<void>;
      { v.resize(n, value) } -> std::same_as<void>;
      { v.reserve(n) } -> std::same_as<void>;
      { v.shrink_to_fit() } -> std::same_as<void>;
      { v[n] } -> std::same_as<int&>;
      { c[n] } -> std::same_as<const int&>;
      { v.at(n) } -> std::same_as<int&>;
      { c.at(n) } -> std::same_as<const int&>;
      { v.front() } -> std::same_as<int&>;
      { c.back() } -> std::same_as<const int&>;
      { v.data() } -> std::same_as<int*>;
      { c.data() } -> std::same_as<const int*>;
      { v.emplace_back(value) } -> std::same_as<int&>;
      { v.push_back(value) } -> std::same_as<void>;
      { v.push_back(std::move(movable)) } -> std::same_as<void>;
      { v.pop_back() } -> std::same_as<void>;
      { v.emplace(c.begin(), value) } -> std::same_as<typename Vector::iterator>;
      { v.insert(c.begin(), value) } -> std::same_as<typename Vector::iterator>;
      { v.insert(c.begin(), std::move(movable)) } -> std::same_as<typename Vector::iterator>;
      { v.insert(c.begin(), n, value) } -> std::same_as<typename Vector::iterator>;
      {
        v.insert(c.begin(), values.begin(), values.end())
      } -> std::same_as<typename Vector::iterator>;
      { v.insert(c.begin(), {1, 2, 3}) } -> std::same_as<typename Vector::iterator>;
      { v.erase(c.begin()) } -> std::same_as<typename Vector::iterator>;
      { v.erase(c.begin(), c.end()) } -> std::same_as<typename Vector::iterator>;
      { v.assign(n, value) } -> std::same_as<void>;
      { v.assign(values.begin(), values.end()) } -> std::same_as<void>;
      { v.assign({1, 2, 3}) } -> std::same_as<void>;
      {
        v = {1, 2, 3}
      } -> std::same_as<Vector&>;
      {
        v = {}
      } -> std::same_as<Vector&>;
      { v.clear() } noexcept -> std::same_as<void>;
      { v.swap(other) } noexcept -> std::same_as<void>;
      { swap(v, other) } noexcept -> std::same_as<void>;
      { erase(v, value) } -> std::same_as<std::size_t>;
      {
        erase_if(v, [](int each) { return each == 0; })
      } -> std::same_as<std::size_t>;
      { c == c } -> std::same_as<bool>;
      { c <=> c } -> std::same_as<std::strong_ordering>;
    };
static_assert(has_the_members_of_std_vector<std::vector<int>>, "the list asks too much");
static_assert(has_the_members_of_std_vector<file_vector<int>>);

/// Those of C++23.
template <class Vector>
concept takes_ranges = requires(Vector v, const Vector c, std::vector<int> values) {
  { v.append_range(values) } -> std::same_as<void>;
  { v.assign_range(values) } -> std::same_as<void>;
  { v.insert_range(c.begin(), values) } -> std::same_as<typename Vector::iterator>;
};
static_assert(takes_ranges<file_vector<int>>);

template <class Vector, class T>
constexpr bool has_the_types_of_a_range_of =
    std::same_as<typename Vector::value_type, T> &&
    std::same_as<typename Vector::size_type, std::size_t> &&
    std::same_as<typename Vector::difference_type, std::ptrdiff_t> &&
    std::same_as<typename Vector::const_reference, const T&> &&
    std::same_as<typename Vector::const_pointer, const T*> &&
    std::same_as<typename Vector::const_iterator, const T*> &&
    std::same_as<typename Vector::const_reverse_iterator, std::reverse_iterator<const T*>>;
static_assert(has_the_types_of_a_range_of<file_vector<int>, int>);
static_assert(has_the_types_of_a_range_of<file_vector<bool>, bool>, "a byte, not a bit");
static_assert(has_the_types_of_a_range_of<file_view<int>, int>);
static_assert(std::same_as<file_vector<int>::reference, int&>);
static_assert(std::same_as<file_vector<int>::iterator, int*>);
static_assert(std::same_as<file_view<int>::reference, const int&>, "a view changes nothing");
static_assert(std::same_as<file_view<int>::iterator, const int*>);

// A file has one owner: moved, never copied.
template <class Owner>
constexpr bool is_moved_never_copied =
    !std::is_copy_constructible_v<Owner> && !std::is_copy_assignable_v<Owner> &&
    std::is_nothrow_default_constructible_v<Owner> && std::is_nothrow_move_constructible_v<Owner> &&
    std::is_nothrow_move_assignable_v<Owner> && std::is_nothrow_swappable_v<Owner> &&
    std::is_nothrow_destructible_v<Owner>;
static_assert(is_moved_never_copied<file_vector<int>>);
static_assert(is_moved_never_copied<file_view<int>>);
static_assert(!std::is_constructible_v<file_vector<int>, std::size_t>, "a file needs a path");
static_assert(!std::is_constructible_v<file_vector<int>, const char*>, "open it or create it?");
static_assert(!std::is_constructible_v<file_vector<int>, vector<int>>, "persist says where");

template <class Range>
constexpr bool is_contiguous =
    std::ranges::contiguous_range<Range> && std::ranges::contiguous_range<const Range> &&
    std::ranges::sized_range<Range> && std::ranges::common_range<Range>;
static_assert(is_contiguous<file_vector<int>>);
static_assert(is_contiguous<file_view<int>>);
static_assert(std::is_convertible_v<file_vector<int>&, std::span<int>>);
static_assert(std::is_convertible_v<const file_vector<int>&, std::span<const int>>);
static_assert(!std::is_convertible_v<const file_vector<int>&, std::span<int>>);
static_assert(std::is_convertible_v<file_view<int>&, std::span<const int>>);
static_assert(!std::is_convertible_v<file_view<int>&, std::span<int>>);

// Vectors of the two lifetimes and views compare with each other; an order needs one element type.
static_assert(std::equality_comparable_with<vector<int>, vector<int>>);
template <class Left, class Right>
concept compares_equal = requires(const Left& left, const Right& right) {
  { left == right } -> std::same_as<bool>;
  { left != right } -> std::same_as<bool>;
};
static_assert(compares_equal<vector<int>, file_vector<int>>);
static_assert(compares_equal<file_vector<int>, vector<int>>);
static_assert(compares_equal<file_vector<int>, file_vector<long>>);
static_assert(!compares_equal<file_vector<int>, file_vector<std::array<int, 2>>>);
static_assert(compares_equal<file_view<int>, file_view<int>>);
static_assert(compares_equal<file_view<int>, file_view<long>>);
static_assert(compares_equal<file_view<int>, file_vector<long>>);
static_assert(compares_equal<vector<int>, file_view<int>>);
static_assert(!compares_equal<file_view<int>, file_vector<std::array<int, 2>>>);
template <class Left, class Right>
concept has_an_order_with = requires(const Left& left, const Right& right) {
  { left <=> right } -> std::same_as<std::strong_ordering>;
  { right <=> left } -> std::same_as<std::strong_ordering>;
  { left < right } -> std::same_as<bool>;
};
static_assert(has_an_order_with<vector<int>, file_vector<int>>);
static_assert(has_an_order_with<file_view<int>, file_view<int>>);
static_assert(has_an_order_with<file_view<int>, file_vector<int>>);
static_assert(has_an_order_with<file_view<int>, vector<int>>);
static_assert(!has_an_order_with<vector<int>, file_vector<long>>);
static_assert(!has_an_order_with<file_view<int>, file_vector<long>>);
static_assert(std::three_way_comparable<file_vector<double>, std::partial_ordering>);
static_assert(std::three_way_comparable<file_view<double>, std::partial_ordering>);
static_assert(!std::three_way_comparable<file_view<std::complex<float>>>);
static_assert(!std::three_way_comparable<file_vector<std::complex<float>>>);
static_assert(std::equality_comparable<file_view<std::complex<float>>>);

// Looking cannot fail; what asks the kernel can, and says so.
using ints = file_vector<int>;
static_assert(noexcept(std::declval<const ints&>().committed_size()));
static_assert(noexcept(std::declval<const ints&>().is_open()));
static_assert(noexcept(std::declval<const ints&>().row_width()));
static_assert(noexcept(std::declval<ints&>().abandon()));
static_assert(!noexcept(std::declval<ints&>().commit()));
static_assert(!noexcept(std::declval<ints&>().close()));
static_assert(!noexcept(std::declval<ints&>().push_back(1)));
static_assert(noexcept(std::declval<const file_view<int>&>().size()));
static_assert(noexcept(std::declval<const file_view<int>&>().evict(0, 1)));
static_assert(!noexcept(std::declval<file_view<int>&>().refresh()));

// What outlives the program has to mean the same in the next one.
struct undescribed {
  int number;
};
struct described_row {
  int number;
  double weight;
};
MAPVEC_DESCRIBE(described_row, number, weight);
struct with_a_pointer {
  const char* text;
};
MAPVEC_DESCRIBE(with_a_pointer, text);
enum open_enumeration { first_of_them, second_of_them };
enum class closed_enumeration : short { first, second };
static_assert(detail::has_dtype<described_row> && detail::has_dtype<closed_enumeration>);
static_assert(detail::has_dtype<std::chrono::sys_time<std::chrono::nanoseconds>>);
static_assert(!detail::has_dtype<int*> && !detail::has_dtype<with_a_pointer>);
static_assert(!detail::has_dtype<std::string>, "its bytes are not its text");
static_assert(!detail::has_dtype<undescribed>, "the file would not say what is in it");
static_assert(!detail::has_dtype<open_enumeration>, "a file may hold values it does not have");
static_assert(!detail::has_dtype<const int&>);

}  // namespace
}  // namespace mapvec::test
