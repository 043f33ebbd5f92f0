// SPDX-License-Identifier: MIT
//
// Goal: {fmt} shows a vector's beginning and its size, each element by the format that was given,
// and never takes it for a range. Method: the text of each container; all pages but the first made
// unreadable meanwhile. fmt_order.test.cpp includes the headers the other way round.
#include <mapvec/fmt.hpp>

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <mapvec/print.hpp>

#include "preview_case.hpp"

namespace mapvec::test {

std::string formatted_with_ranges_first(const vector<int>& elements);  // fmt_order.test.cpp

namespace {

TEST(fmt_formats, eight_elements_and_the_count_and_reads_no_other) {
  EXPECT_EQ(fmt::format("{}", numbers(0)), "[]");
  EXPECT_EQ(fmt::format("{}", numbers(8)), "[0, 1, 2, 3, 4, 5, 6, 7]");
  const auto million = numbers(1'000'000);
  const only_the_first_page guard(million);
  EXPECT_EQ(fmt::format("{}", million), eight_of_a_million);
  EXPECT_EQ(formatted_with_ranges_first(million), eight_of_a_million);
}

TEST(fmt_formats, each_element_by_the_format_that_was_given) {
  EXPECT_EQ(fmt::format("<{:#06x}>", vector<int>{10, 255}), "<[0x000a, 0x00ff]>");
  EXPECT_EQ(fmt::format("{:{}.1f}", vector<double>{0.25, 12}, 5), "[  0.2,  12.0]");
  EXPECT_EQ(fmt::format("{:>3}", vector<std::string>{"a", "b"}), "[  a,   b]");
  EXPECT_EQ(fmt::format("{:x}", vector<vector<int>>{{10}, {}}), "[[a], []]");
  EXPECT_THROW((void)fmt::format(fmt::runtime("{:s}"), vector<int>{1}), fmt::format_error);
}

TEST(fmt_formats, all_containers_as_the_stream_shows_them) {
  const scratch_directory directory;
  auto rows = file_vector<unsigned char>::create(directory / "a.npy");
  for (unsigned char i = 0; i < 9; ++i) rows.push_back(i);
  rows.commit();
  const std::string nine = "[0, 1, 2, 3, 4, 5, 6, 7, ... 9 elements]";
  EXPECT_EQ(fmt::format("{}", rows), nine);
  EXPECT_EQ(fmt::format("{}", file_view<unsigned char>::open(directory / "a.npy")), nine);
  auto fixed = segment<int>::create(directory / "raw", 2);
  fixed.try_push_back(5);
  EXPECT_EQ(fmt::format("{}", fixed), "[5]");
}

struct no_format {};
static_assert(fmt::is_formattable<vector<int>>::value);
static_assert(!fmt::is_formattable<vector<no_format>>::value);
static_assert(!fmt::is_range<vector<int>, char>::value &&
              !fmt::is_range<vector<int>, wchar_t>::value);
static_assert(!fmt::is_range<file_vector<int>, char>::value &&
              !fmt::is_range<file_view<int>, char>::value &&
              !fmt::is_range<segment<int>, char>::value);

}  // namespace
}  // namespace mapvec::test
