// SPDX-License-Identifier: MIT
//
// Goal: a vector that is printed shows its beginning and its size, and nobody reads the rest.
// Method: the text of each container and size; all pages but the first made unreadable meanwhile,
// also while GoogleTest prints by itself.
#include <mapvec/print.hpp>

#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "preview_case.hpp"

namespace mapvec::test {
namespace {

template <class V>
std::string printed(const V& elements) {
  std::ostringstream out;
  out << elements;
  return out.str();
}

TEST(printing, shows_all_of_eight_elements_and_eight_of_nine) {
  EXPECT_EQ(printed(numbers(0)), "[]");
  EXPECT_EQ(printed(numbers(1)), "[0]");
  EXPECT_EQ(printed(numbers(8)), "[0, 1, 2, 3, 4, 5, 6, 7]");
  EXPECT_EQ(printed(numbers(9)), "[0, 1, 2, 3, 4, 5, 6, 7, ... 9 elements]");
}

TEST(printing, reads_no_element_that_it_does_not_show) {
  const auto million = numbers(1'000'000);
  const only_the_first_page guard(million);
  EXPECT_EQ(printed(million), eight_of_a_million);
}

TEST(printing, is_for_all_containers_whatever_has_become_of_them) {
  const scratch_directory directory;
  auto rows = file_vector<int>::create(directory / "a.npy");
  EXPECT_EQ(printed(rows), "[]");
  for (int i = 0; i < 9; ++i) rows.push_back(i);
  rows.commit();
  const std::string nine = "[0, 1, 2, 3, 4, 5, 6, 7, ... 9 elements]";
  EXPECT_EQ(printed(rows), nine);
  EXPECT_EQ(printed(file_view<int>::open(directory / "a.npy")), nine);
  file_vector<int> moved = std::move(rows);
  EXPECT_EQ(printed(rows), "[]");
  moved.close();
  EXPECT_EQ(printed(moved), "[]");
  EXPECT_EQ(printed(file_view<int>()), "[]");
  auto fixed = segment<int>::create(directory / "raw", 100);
  for (int i = 0; i < 9; ++i) fixed.try_push_back(i);
  EXPECT_EQ(printed(fixed), nine);
}

TEST(printing, asks_the_elements_own_operator) {
  EXPECT_EQ(printed(vector<std::string>{"a b", ""}), "[a b, ]");
  EXPECT_EQ(printed(vector<char>{'a', 'b'}), "[a, b]");
  EXPECT_EQ(printed(vector<double>{0.5, -2}), "[0.5, -2]");
  vector<vector<int>> nested;
  nested.push_back({1, 2});
  nested.emplace_back();
  EXPECT_EQ(printed(nested), "[[1, 2], []]");
}

TEST(printing, shows_integers_of_one_byte_as_numbers) {
  EXPECT_EQ(printed(vector<std::uint8_t>{0, 65, 255}), "[0, 65, 255]");
  EXPECT_EQ(printed(vector<std::int8_t>{-1, 65}), "[-1, 65]");
}

TEST(printing, sets_each_element_as_the_stream_is_set) {
  std::ostringstream out;
  out << std::hex << std::setfill('.') << std::setw(4) << vector<int>{10, 255} << 16;
  EXPECT_EQ(out.str(), "[...a, ..ff]10");
}

struct unprintable {};
template <class V>
concept has_operator = requires(std::ostream& out, const V& elements) { out << elements; };
static_assert(has_operator<vector<int>> && has_operator<vector<vector<int>>>);
static_assert(!has_operator<vector<unprintable>> && !has_operator<vector<vector<unprintable>>>);
static_assert(!has_operator<vector<std::byte>> && !has_operator<file_view<std::byte>>);

TEST(printing, by_googletest_shows_32_elements_and_reads_no_other) {
  const auto million = numbers(1'000'000);
  const only_the_first_page guard(million);
  std::string expected = "{ 0";
  for (int i = 1; i < 32; ++i) expected += ", " + std::to_string(i);
  EXPECT_EQ(testing::PrintToString(million), expected + ", ... }");
}

}  // namespace
}  // namespace mapvec::test
