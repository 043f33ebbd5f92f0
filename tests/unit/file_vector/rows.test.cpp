// SPDX-License-Identifier: MIT
//
// Goal: a file of shape (N, width) is a vector of its elements that also knows its rows; a width
// that is not the file's is refused; (N, 1) and (N,) are different shapes. Rows are a range for
// today's code and for code from before C++20. Method: the text of the header, and rows against
// indices.
#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class rows_of_files : public file_vector_case {
 protected:
  using ints = file_vector<int>;
  using view = file_view<int>;

  /// The elements 0, 1, 2 … in rows.
  void make_rows(std::size_t count, std::size_t width) const {
    auto v = ints::create(path(), {.row_width = width});
    v.resize(count * width);
    std::iota(v.begin(), v.end(), 0);
    v.close();
  }

  /// The shape in the header without its blanks: "(3,5)".
  std::string shape() const {
    const std::string bytes = contents_of(path());
    const std::size_t first = bytes.find('(');
    std::string text = bytes.substr(first, bytes.find(')') + 1 - first);
    std::erase(text, ' ');
    return text;
  }
};

using row_range = decltype(std::declval<file_vector<int>&>().rows());
static_assert(std::ranges::random_access_range<row_range> && std::ranges::sized_range<row_range>);
static_assert(std::same_as<std::ranges::range_value_t<row_range>, std::span<int>>);
static_assert(std::same_as<
              std::ranges::range_value_t<decltype(std::declval<const file_vector<int>&>().rows())>,
              std::span<const int>>);
static_assert(
    std::same_as<std::ranges::range_value_t<decltype(std::declval<file_view<int>&>().rows())>,
                 std::span<const int>>);
static_assert(std::ranges::random_access_range<const row_range> &&
              std::ranges::common_range<row_range> && std::ranges::view<row_range>);
static_assert(std::ranges::borrowed_range<row_range>, "it owns nothing");
using row_traits = std::iterator_traits<std::ranges::iterator_t<row_range>>;
static_assert(std::same_as<row_traits::difference_type, std::ptrdiff_t>);
static_assert(std::same_as<row_traits::iterator_category, std::random_access_iterator_tag>);

TEST_F(rows_of_files, are_spans_of_the_width) {
  make_rows(7, 3);
  EXPECT_EQ(shape(), "(7,3)");
  auto v = ints::open(path(), {.row_width = 3});
  EXPECT_EQ(v.size(), 21U);
  EXPECT_EQ(v.committed_size(), 21U);
  EXPECT_EQ(v.row_width(), 3U);
  const auto rows = v.rows();
  ASSERT_EQ(rows.size(), 7U);
  EXPECT_EQ(rows[4].data(), v.data() + 12);
  EXPECT_EQ(rows[4].size(), 3U);
  EXPECT_EQ(std::ranges::distance(rows), 7);
  EXPECT_EQ((*(rows.begin() + 6))[2], 20);
  rows[1][1] = 100;
  EXPECT_EQ(v[4], 100);
  EXPECT_EQ(std::as_const(v).rows()[1][1], 100);
}

TEST_F(rows_of_files, are_a_range_for_code_from_before_cpp20) {
  make_rows(7, 3);
  auto v = ints::open(path(), {.row_width = 3});
  const auto rows = v.rows();
  EXPECT_EQ(std::distance(rows.begin(), rows.end()), 7);
  EXPECT_EQ((*std::next(rows.begin(), 2))[0], 6);
  EXPECT_EQ((*std::prev(rows.end()))[0], 18);
  EXPECT_EQ(rows.begin()->size(), 3U);
  std::vector<std::span<int>> spans(rows.begin(), rows.end());
  ASSERT_EQ(spans.size(), 7U);
  EXPECT_EQ(spans.back().data(), v.data() + 18);
  spans.assign(std::make_reverse_iterator(rows.end()), std::make_reverse_iterator(rows.begin()));
  EXPECT_EQ(spans.back().data(), v.data());
  const auto begins_before = [](std::span<int> row, int value) { return row[0] < value; };
  EXPECT_EQ(std::lower_bound(rows.begin(), rows.end(), 12, begins_before) - rows.begin(), 4);
}

TEST_F(rows_of_files, are_reached_by_every_step_of_their_iterators) {
  make_rows(7, 3);
  const auto seen = view::open(path(), {.row_width = 3});
  const auto rows = seen.rows();
  auto at = rows.begin();
  const auto expect_at = [&](std::ptrdiff_t row) {
    EXPECT_EQ((*at).data(), seen.data() + 3 * row);
    EXPECT_EQ((*at).size(), 3U);
    EXPECT_EQ(at - rows.begin(), row);
    EXPECT_EQ(rows.end() - at, 7 - row);
    EXPECT_TRUE(at == rows.begin() + row && at < rows.end() && at >= rows.begin());
  };
  expect_at(0);
  EXPECT_EQ((*at++)[0], 0);
  expect_at(1);
  EXPECT_EQ((*++at)[0], 6);
  expect_at(2);
  EXPECT_EQ((at += 4)[0][0], 18);
  expect_at(6);
  EXPECT_EQ((*at--)[0], 18);
  expect_at(5);
  EXPECT_EQ((*--at)[0], 12);
  expect_at(4);
  EXPECT_EQ((at -= 3)[2][0], 9);
  expect_at(1);
  EXPECT_TRUE(2 + at == at + 2 && (at + 2) - 2 == at);
  EXPECT_TRUE(decltype(at)() == decltype(at)());
  EXPECT_EQ(decltype(at)() - decltype(at)(), 0);
}

TEST_F(rows_of_files, are_seen_by_views) {
  make_rows(7, 3);
  view v = view::open(path(), {.row_width = 3});
  EXPECT_EQ(v.row_width(), 3U);
  ASSERT_EQ(v.rows().size(), 7U);
  EXPECT_EQ(v.rows()[6][2], 20);
  auto writer = ints::open(path(), {.row_width = 3});
  writer.append_range(std::vector<int>{7, 8, 9});
  writer.commit();
  EXPECT_EQ(v.refresh(), 24U);
  EXPECT_EQ(v.rows()[7][0], 7);
}

TEST_F(rows_of_files, of_any_width_are_opened_when_asked) {
  for (const std::size_t width : {1, 2, 3, 768}) {
    make_rows(2, width);
    EXPECT_EQ(view::open(path(), {.row_width = any_row_width}).row_width(), width);
    auto v = ints::open(path(), {.row_width = any_row_width});
    EXPECT_EQ(v.row_width(), width);
    EXPECT_EQ(v.rows().size(), 2U);
    v.resize(3 * width, 5);
    v.close();
    EXPECT_EQ(shape(), "(3," + std::to_string(width) + ")");
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
  make_file<int>({1, 2, 3});
  EXPECT_EQ(ints::open(path(), {.row_width = any_row_width}).rows().size(), 3U);
}

TEST_F(rows_of_files, of_another_width_are_refused) {
  make_rows(4, 6);
  const std::string before = contents_of(path());
  for (const std::size_t width : {0, 1, 2, 3, 4, 24}) {
    EXPECT_THROW(ints::open(path(), {.row_width = width}), format_error) << width;
    EXPECT_THROW(view::open(path(), {.row_width = width}), format_error) << width;
  }
  EXPECT_TRUE(contents_of(path()) == before);
}

TEST_F(rows_of_files, of_one_element_are_not_the_same_as_no_rows) {
  make_rows(3, 1);
  EXPECT_EQ(shape(), "(3,1)");
  EXPECT_THROW(ints::open(path()), format_error);
  EXPECT_EQ(ints::open(path(), {.row_width = 1}).rows().size(), 3U);
  EXPECT_EQ(::unlink(path().c_str()), 0);
  make_file<int>({1, 2, 3});
  EXPECT_EQ(shape(), "(3,)");
  EXPECT_THROW(ints::open(path(), {.row_width = 1}), format_error);
  EXPECT_EQ(ints::open(path()).rows().size(), 3U);
}

TEST_F(rows_of_files, of_arrays_add_an_extent) {
  using triple = std::array<int, 3>;
  {
    auto v = file_vector<triple>::create(path(), {.row_width = 2});
    v.resize(10, triple{1, 2, 3});
    EXPECT_EQ(v.rows().size(), 5U);
  }
  EXPECT_EQ(shape(), "(5,2,3)");
  EXPECT_THROW(file_vector<triple>::open(path()), format_error);
  EXPECT_THROW(ints::open(path(), {.row_width = 6}), format_error);
  EXPECT_EQ(file_vector<triple>::open(path(), {.row_width = any_row_width}).row_width(), 2U);
  // An array of arrays is one of rows for who asks for the elements of the arrays.
  EXPECT_EQ(::unlink(path().c_str()), 0);
  make_file<triple>({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(shape(), "(2,3)");
  const auto flat = view::open(path(), {.row_width = 3});
  expect_elements(flat, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(view::open(path(), {.row_width = any_row_width}).rows().size(), 2U);
}

TEST_F(rows_of_files, leave_out_what_is_no_whole_row) {
  auto v = ints::create(path(), {.row_width = 4});
  v.resize(11);
  EXPECT_EQ(v.rows().size(), 2U);
  v.resize(12);
  EXPECT_EQ(v.rows().size(), 3U);
}

TEST_F(rows_of_files, are_committed_whole) {
  auto v = ints::create(path(), {.row_width = 4});
  v.resize(8, 1);
  v.commit();
  EXPECT_EQ(shape(), "(2,4)");
  v.resize(11, 2);
  EXPECT_DEATH(v.commit(), "row_width");
  v.resize(12, 2);
  v.commit();
  EXPECT_EQ(shape(), "(3,4)");
  EXPECT_EQ(v.committed_size(), 12U);
}

/// As after a disk that was full in the middle of a row.
TEST_F(rows_of_files, that_are_incomplete_are_left_out_by_the_destructor) {
  {
    auto v = ints::create(path(), {.row_width = 4});
    v.resize(11, 1);
  }
  EXPECT_EQ(shape(), "(2,4)");
  auto v = ints::open(path(), {.row_width = 4});
  v.push_back(1);
  EXPECT_DEATH(v.close(), "row_width");
  v.abandon();
}

TEST_F(rows_of_files, are_persisted_and_replaced_whole) {
  EXPECT_DEATH(persist(vector<int>(10), path("b.npy"), {.row_width = 4}), "row_width");
  auto v = ints::create(path(), {.row_width = 4});
  EXPECT_DEATH(v.replace(vector<int>(7)), "row_width");
  v.replace(vector<int>(8));
  EXPECT_EQ(v.rows().size(), 2U);
}

TEST_F(rows_of_files, that_shrink_within_a_row_are_stored_before_the_row_changes) {
  auto v = ints::create(path(), {.row_width = 4});
  v.resize(12, 1);
  v.commit();
  v.truncate(7);
  v.push_back(9);
  EXPECT_EQ(shape(), "(1,4)") << "the second row is not whole any more";
  EXPECT_EQ(v.committed_size(), 4U);
  v.commit();
  EXPECT_EQ(shape(), "(2,4)");
  v.abandon();
  expect_elements(view::open(path(), {.row_width = 4}), {1, 1, 1, 1, 1, 1, 1, 9});
}

TEST_F(rows_of_files, abandoned_in_the_midst_of_a_row_end_at_the_commit) {
  auto v = ints::create(path(), {.row_width = 4});
  v.resize(8, 1);
  v.commit();
  v.resize(10, 2);
  v.abandon();
  EXPECT_EQ(file_bytes(path()), 128 + 8 * sizeof(int));
  EXPECT_EQ(shape(), "(2,4)");
}

}  // namespace
}  // namespace mapvec::test
