// SPDX-License-Identifier: MIT
//
// Goal: the header we write is byte for byte the one that every reader was tried with, and a new
// count changes 16 aligned bytes of it and nothing else. Method: the bytes themselves, then the
// rules, for dtypes of every length.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <mapvec/npy_header.hpp>

#include "headers.hpp"

namespace {

using namespace mapvec_test;
using mapvec::detail::npy_array;
using mapvec::detail::npy_header;

// A value of 'descr' that is `size` characters long.
std::string dtype_of_length(std::size_t size) {
  const std::string before = "[('";
  const std::string behind = "', '<f8')]";
  return before + std::string(size - before.size() - behind.size(), 'x') + behind;
}

constexpr std::size_t shortest_dtype = 14;

// 16 characters a line, as a dump shows them; the length is 118 = 'v'.
const std::string ten_doubles = std::string("\x93NUMPY\x01\0v\0{'desc", 16) +
                                "r': '<f8', 'fort"
                                "ran_order': Fals"
                                "e, 'shape': (   "
                                "              10"
                                ",), }           "
                                "                "
                                "               \n";

TEST(npy_canonical, ten_doubles_take_these_128_bytes) {
  const auto header = npy_header::canonical_of_size({"'<f8'", {}}, 10, 128);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->text(), ten_doubles);
  EXPECT_EQ(header->size_bytes(), 128u);
  EXPECT_EQ(header->count(), 10u);
  EXPECT_EQ(header->slot_offset_bytes(), 64u);
  EXPECT_EQ(header->slot(), "              10");
  EXPECT_EQ(header->max_count(), 9'999'999'999'999'999u);
}

TEST(npy_canonical, rows_stand_behind_the_count) {
  const auto header = npy_header::canonical_of_size({"'<f4'", {768, 3}}, 5, 128);
  ASSERT_TRUE(header.has_value());
  EXPECT_NE(header->text().find("'shape': (                  5, 768, 3), }  "), std::string::npos)
      << header->text();
}

TEST(npy_canonical, a_new_file_has_128_bytes_and_no_elements) {
  for (const char* dtype : {"'<f8'", "'|b1'", "'<c16'", "'|S16'", "'<M8[ns]'", "'|V2147483647'"}) {
    for (std::size_t alignment = 1; alignment <= 128; alignment *= 2) {
      const npy_header header = npy_header::canonical({dtype, {}}, alignment);
      EXPECT_EQ(header.size_bytes(), 128u) << dtype;
      EXPECT_EQ(header.count(), 0u);
      EXPECT_TRUE(header.is_canonical());
      EXPECT_EQ(header.array(), (npy_array{dtype, {}}));
    }
  }
}

TEST(npy_canonical, elements_begin_at_their_alignment) {
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    for (std::size_t length = shortest_dtype; length < 1000; length += 29) {
      const npy_header header = npy_header::canonical({dtype_of_length(length), {}}, alignment);
      const std::size_t unit = std::max<std::size_t>(alignment, 64);
      EXPECT_EQ(header.size_bytes() % unit, 0u);
      EXPECT_GE(header.size_bytes(), 128u);
      // No smaller multiple holds the text.
      const std::size_t smaller = header.size_bytes() - unit;
      if (smaller >= 128) {
        const auto tighter = npy_header::canonical_of_size(header.array(), 0, smaller);
        EXPECT_TRUE(!tighter || tighter->slot_offset_bytes() != header.slot_offset_bytes());
      }
    }
  }
}

TEST(npy_canonical, the_slot_is_aligned_and_ends_with_the_last_digit) {
  for (std::size_t length = shortest_dtype; length < 600; ++length) {
    const npy_header header = npy_header::canonical({dtype_of_length(length), {3}}, 64);
    const std::size_t offset = header.slot_offset_bytes();
    ASSERT_EQ(offset % npy_header::slot_bytes, 0u);
    ASSERT_EQ(header.slot(), "               0");
    ASSERT_EQ(header.text().substr(offset + npy_header::slot_bytes, 7), ", 3), }");
    ASSERT_EQ(header.text().back(), '\n');
    ASSERT_EQ(header.text().substr(offset).find_first_not_of(" 0,3)}"),
              header.text().size() - 1 - offset);
  }
}

TEST(npy_canonical, a_count_changes_nothing_but_the_slot) {
  npy_header header = npy_header::canonical({"'<i4'", {}}, 4);
  for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{1234567890},
                                    header.max_count(), std::uint64_t{42}}) {
    const std::string before(header.text());
    header.set_count(count);
    EXPECT_EQ(header.count(), count);
    const std::size_t offset = header.slot_offset_bytes();
    EXPECT_EQ(header.text().substr(0, offset), before.substr(0, offset));
    EXPECT_EQ(header.text().substr(offset + 16), before.substr(offset + 16));
    EXPECT_EQ(header.text(),
              npy_header::canonical_of_size({"'<i4'", {}}, count, 128).value().text());
    EXPECT_EQ(parse(header.text()).count(), count);
  }
}

TEST(npy_canonical, in_a_tight_place_the_slot_lies_16_bytes_earlier) {
  std::size_t earlier = 0;
  std::size_t smallest_slot = npy_header::slot_bytes;
  for (std::size_t length = shortest_dtype; length < 200; ++length) {
    const npy_array array{dtype_of_length(length), {}};
    const npy_header roomy = npy_header::canonical_of_size(array, 5, 1024).value();
    const std::size_t field_end = roomy.slot_offset_bytes() + npy_header::slot_bytes;
    const std::size_t needed = field_end + std::string_view(",), }\n").size();
    ASSERT_TRUE(npy_header::canonical_of_size(array, 5, needed).has_value());

    const auto tight = npy_header::canonical_of_size(array, 5, needed - 1);
    const std::size_t begin = roomy.text().find("'shape': (") + 10;
    const std::size_t places = field_end - 16 > begin ? field_end - 16 - begin : 0;
    ASSERT_EQ(tight.has_value(), places >= 12 && places < 16) << length;
    if (!tight) continue;
    ++earlier;
    smallest_slot = std::min(smallest_slot, places);
    EXPECT_EQ(tight->slot_offset_bytes() + 16, roomy.slot_offset_bytes());
    EXPECT_EQ(tight->slot_offset_bytes() % 16, 0u);
    EXPECT_EQ(tight->slot().back(), '5');
    EXPECT_EQ(tight->max_count() + 1,
              static_cast<std::uint64_t>(std::stoull("1" + std::string(places, '0'))));
    EXPECT_TRUE(npy_header::canonical_of_size(array, tight->max_count(), needed - 1).has_value());
    EXPECT_FALSE(
        npy_header::canonical_of_size(array, tight->max_count() + 1, needed - 1).has_value());
    EXPECT_TRUE(parse(tight->text()).is_canonical());
  }
  EXPECT_GT(earlier, 20u);
  EXPECT_EQ(smallest_slot, 12u);
}

TEST(npy_canonical, what_does_not_fit_is_nothing) {
  const npy_array doubles{"'<f8'", {}};
  for (std::size_t size = 0; size < 86; ++size) {
    EXPECT_FALSE(npy_header::canonical_of_size(doubles, 5, size).has_value()) << size;
  }
  EXPECT_TRUE(npy_header::canonical_of_size(doubles, 5, 86).has_value());
  EXPECT_FALSE(npy_header::canonical_of_size(doubles, 10'000'000'000'000'000, 128).has_value());
  EXPECT_TRUE(npy_header::canonical_of_size(doubles, 5, 10010).has_value());
  EXPECT_FALSE(npy_header::canonical_of_size(doubles, 5, 10011).has_value())
      << "np.load refuses more";
  EXPECT_THROW(npy_header::canonical({dtype_of_length(9960), {}}, 64), std::length_error);
  EXPECT_NO_THROW(npy_header::canonical({dtype_of_length(9800), {}}, 64));
}

TEST(npy_canonical, reading_gives_back_what_was_written) {
  const std::vector<npy_array> arrays = {
      {"'<f8'", {}},
      {"'|S8'", {4}},
      {"'<f4'", {768, 3}},
      {"[('id', '<i4'), ('', '|V4'), ('x', '<f8', (2, 3))]", {}},
      {dtype_of_length(5000), {1, 2, 3, 4}},
  };
  for (const npy_array& array : arrays) {
    for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{12345678901}}) {
      npy_header written = npy_header::canonical(array, 4096);
      written.set_count(count);
      const npy_header read = parse(std::string(written.text()) + "elements");
      EXPECT_EQ(read.array(), array);
      EXPECT_EQ(read.count(), count);
      EXPECT_EQ(read.text(), written.text());
      EXPECT_TRUE(read.is_canonical());
      EXPECT_EQ(read.slot_offset_bytes(), written.slot_offset_bytes());
      EXPECT_EQ(read.max_count(), written.max_count());
    }
  }
}

TEST(npy_canonical, other_ways_to_write_the_same_are_not_canonical) {
  EXPECT_TRUE(parse(ten_doubles).is_canonical());
  std::string left = ten_doubles;
  left.replace(61, 19, "10                 ");
  EXPECT_EQ(parse(left).count(), 10u);
  EXPECT_FALSE(parse(left).is_canonical());
  std::string without_newline = ten_doubles;
  without_newline.back() = ' ';
  EXPECT_FALSE(parse(without_newline).is_canonical());
  EXPECT_FALSE(parse(npy_bytes(npy_dict("'<f8'"))).is_canonical());
  EXPECT_FALSE(parse(npy_bytes(ten_doubles.substr(10), 3)).is_canonical());
}

TEST(npy_canonical, its_requirements_are_asserted) {
  const npy_header other = parse(npy_bytes(npy_dict("'<f8'")));
  EXPECT_DEATH(static_cast<void>(other.slot()), "is_canonical");
  EXPECT_DEATH(static_cast<void>(other.max_count()), "is_canonical");
  npy_header header = npy_header::canonical({"'<f8'", {}}, 8);
  EXPECT_DEATH(header.set_count(header.max_count() + 1), "max_count");
  EXPECT_DEATH(npy_header::canonical({"'<f8'", {}}, 3), "alignment_bytes");
}

}  // namespace
