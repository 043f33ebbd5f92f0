// SPDX-License-Identifier: MIT
//
// Goal: no header, however wrong, does more than being refused; and none is accepted that NumPy
// refuses or reads otherwise. Method: good files, of which every byte of the header takes every
// value, every length is tried, and every number becomes every number that breaks readers, in all
// combinations; judge.hpp says what is demanded of each.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hostile/base_files.hpp"
#include "hostile/judge.hpp"

namespace mapvec::test {
namespace {

using triple = std::array<float, 3>;
using text4 = std::array<char, 4>;

const options any_rows{.row_width = any_row_width};
// So that a smaller count than the true one does not stop the writer.
const options any_tail{.discard_tail = true};
const options any_rows_and_tail{.row_width = any_row_width, .discard_tail = true};

/// A file of ten elements as the library writes it.
template <class T>
std::string our_file(const std::string& elements) {
  const scratch_directory directory("/dev/shm");
  const std::string path = directory / "ours.npy";
  {
    auto written = file_vector<T>::create(path);
    const auto* first = reinterpret_cast<const T*>(elements.data());
    written.append_range(std::span(first, elements.size() / sizeof(T)));
  }
  return contents_of(path);
}

/// `bytes` with every value of every byte before `header_bytes`.
template <class T>
void try_every_value_of_every_byte(judge& judged, std::string_view kind, const std::string& bytes,
                                   const options& settings = {}) {
  judged.try_file<T>(kind, bytes, settings);
  EXPECT_EQ(judged.accepted(), 1U) << "the good file";
  EXPECT_EQ(judged.appended(), 1U) << "the good file";
  const std::size_t header_bytes = bytes.find('\n') + 1;
  EXPECT_GE(header_bytes, 128U);
  std::string changed = bytes;
  for (std::size_t at = 0; at < header_bytes; ++at) {
    for (int value = 0; value < 256; ++value) {
      changed[at] = static_cast<char>(value);
      if (changed[at] != bytes[at]) judged.try_file<T>(kind, changed, settings);
    }
    changed[at] = bytes[at];
  }
  EXPECT_EQ(judged.tried(), 1 + header_bytes * 255);
  EXPECT_GT(judged.accepted(), 1U) << "other counts";
  judged.ask_numpy();
}

/// `bytes` cut to every length, and longer ones.
template <class T>
void try_every_length(judge& judged, std::string_view kind, const std::string& bytes,
                      const options& settings = {}) {
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    judged.try_file<T>(kind, bytes.substr(0, size), settings);
  }
  EXPECT_EQ(judged.accepted(), 1U) << "only the whole file";
  for (const std::string_view tail : {"x", "\x93NUMPY", "\x93NUMPY\x01", "\x93NUMP"}) {
    judged.try_file<T>(kind, bytes + std::string(tail), settings);
  }
  EXPECT_EQ(judged.accepted(), 5U) << "readers take no notice of a tail";
  judged.ask_numpy();
}

TEST(hostile_header, every_byte_of_our_doubles) {
  judge judged;
  try_every_value_of_every_byte<double>(judged, "doubles", our_file<double>(numbered_bytes(80)));
}

TEST(hostile_header, every_byte_of_numpys_doubles) {
  judge judged;
  try_every_value_of_every_byte<double>(judged, "doubles", header_of({}) + numbered_bytes(80));
}

TEST(hostile_header, every_byte_of_bools) {
  judge judged;
  try_every_value_of_every_byte<bool>(judged, "bools", our_file<bool>(numbered_bytes(10, true)));
}

TEST(hostile_header, every_byte_of_a_struct) {
  judge judged;
  try_every_value_of_every_byte<measurement>(judged, "measurements",
                                             our_file<measurement>(measurements(10)));
}

TEST(hostile_header, every_byte_of_arrays) {
  judge judged;
  try_every_value_of_every_byte<triple>(judged, "triples", our_file<triple>(numbered_bytes(120)));
}

TEST(hostile_header, every_byte_of_rows) {
  judge judged;
  const std::string numpys =
      header_of({.dtype = "'<f4'", .shape = "(10, 3)"}) + numbered_bytes(120);
  try_every_value_of_every_byte<float>(judged, "rows", numpys, any_rows);
}

TEST(hostile_header, every_length_of_a_file) {
  {
    judge judged;
    try_every_length<double>(judged, "doubles", our_file<double>(numbered_bytes(80)));
    EXPECT_EQ(judged.appended(), 3U) << "our own tail is dropped, another array is not";
  }
  {
    judge judged;
    try_every_length<double>(judged, "doubles", header_of({}) + numbered_bytes(80));
    EXPECT_EQ(judged.appended(), 1U) << "nobody knows what a foreign tail is";
  }
  {
    judge judged;
    try_every_length<bool>(judged, "bools", our_file<bool>(numbered_bytes(10, true)));
  }
  {
    judge judged;
    try_every_length<measurement>(judged, "measurements", our_file<measurement>(measurements(10)));
  }
  {
    judge judged;
    try_every_length<float>(judged, "rows",
                            header_of({.dtype = "'<f4'", .shape = "(10, 3)"}) + numbered_bytes(120),
                            any_rows);
  }
}

TEST(hostile_header, every_size_a_header_can_have) {
  for (const int major : {1, 2, 3}) {
    judge judged;
    for (std::size_t multiple = 70; multiple <= 10'240; multiple += multiple < 200 ? 1 : 37) {
      const header_parts parts{.major = major, .multiple_bytes = multiple, .room_digits = 0};
      judged.try_file<unsigned char>("bytes", header_of({.dtype = "'|u1'",
                                                         .major = parts.major,
                                                         .multiple_bytes = multiple,
                                                         .room_digits = 0}) +
                                                  numbered_bytes(10));
      judged.try_file<double>("doubles", header_of(parts) + numbered_bytes(80));
    }
    EXPECT_GT(judged.accepted(), 400U);
    EXPECT_GT(judged.appended(), 300U) << "the others have no room for a larger count";
    EXPECT_LT(judged.accepted(), judged.tried()) << "NumPy refuses more than 10,000 bytes";
    judged.ask_numpy();
  }
}

// --- numbers -----------------------------------------------------------------------------------

// Around what is true (10 rows of 3 times 4 bytes), around the ends of all integers, and where a
// product of 64 bits comes round to something small: 2^64 / 12, / 4.
constexpr std::array<std::string_view, 16> counts = {"0",
                                                     "9",
                                                     "10",
                                                     "11",
                                                     "-1",
                                                     "2147483647",
                                                     "2147483648",
                                                     "4294967296",
                                                     "4294967306",
                                                     "4611686018427387904",
                                                     "1537228672809129302",
                                                     "9223372036854775807",
                                                     "9223372036854775808",
                                                     "18446744073709551615",
                                                     "18446744073709551616",
                                                     "18446744073709551626"};
constexpr std::array<std::string_view, 14> extents = {"0",
                                                      "1",
                                                      "2",
                                                      "3",
                                                      "4",
                                                      "-3",
                                                      "2147483648",
                                                      "4294967299",
                                                      "1152921504606846976",
                                                      "4611686018427387904",
                                                      "4611686018427387907",
                                                      "9223372036854775807",
                                                      "9223372036854775808",
                                                      "18446744073709551619"};
constexpr std::array<std::string_view, 13> sizes = {"",
                                                    "0",
                                                    "1",
                                                    "3",
                                                    "4",
                                                    "5",
                                                    "04",
                                                    "-4",
                                                    "2147483647",
                                                    "2147483652",
                                                    "4294967300",
                                                    "18446744073709551620",
                                                    "99999999999999999999"};

/// What HEADER_LEN may say where `length` is true, for version `major`.
std::array<std::uint64_t, 12> header_lengths(std::uint64_t length, int major) {
  const bool is_wide = major > 1;
  return {0,
          1,
          length - 64,
          length - 1,
          length,
          length + 1,
          length + 64,
          9999,
          10001,
          is_wide ? 0x80000000 : 0x7FFF,
          is_wide ? 0xFFFFFFFF : 0xFFFF,
          is_wide ? 0x10000 + length : length << 8};
}

/// Files of '`kind`N' for each N of `sizes`, of each shape, of each length.
template <class Try>
void try_all_numbers(std::string_view kind, int major, bool has_rows, Try try_file) {
  const std::string elements = numbered_bytes(120);
  for (const std::string_view size : sizes) {
    const std::string dtype = "'" + std::string(kind) + std::string(size) + "'";
    for (const std::string_view count : counts) {
      for (const std::string_view extent : extents) {
        std::string shape = "(" + std::string(count) + ",";
        if (has_rows) shape.append(" ").append(extent);
        shape += ")";
        header_parts parts{.dtype = dtype, .shape = shape, .major = major};
        const std::size_t length = header_of(parts).size() - (major == 1 ? 10 : 12);
        for (const std::uint64_t stored : header_lengths(length, major)) {
          parts.length = stored;
          try_file(header_of(parts) + elements);
        }
        if (!has_rows) break;
      }
    }
  }
}

TEST(hostile_header, all_numbers_of_arrays) {
  judge judged;
  try_all_numbers("<f", 1, true, [&](const std::string& bytes) {
    judged.try_file<triple>("triples", bytes, any_tail);
  });
  EXPECT_EQ(judged.tried(), sizes.size() * counts.size() * extents.size() * 12);
  EXPECT_EQ(judged.accepted(), 3U) << "0, 9 and 10 rows";
  EXPECT_EQ(judged.appended(), 3U);
  judged.ask_numpy();
}

TEST(hostile_header, all_numbers_of_rows) {
  judge judged;
  try_all_numbers("<f", 2, true, [&](const std::string& bytes) {
    judged.try_file<float>("rows", bytes, any_rows_and_tail);
  });
  EXPECT_GE(judged.accepted(), 3U * 3U) << "1 to 3 columns, and without rows any of 4 bytes";
  EXPECT_GE(judged.appended(), 3U * 3U);
  judged.ask_numpy();
}

TEST(hostile_header, all_numbers_of_texts) {
  for (const int major : {1, 2, 3}) {
    judge judged;
    try_all_numbers("|S", major, false, [&](const std::string& bytes) {
      judged.try_file<text4>("texts", bytes, any_tail);
    });
    EXPECT_GE(judged.accepted(), 3U) << "0, 9 and 10 rows";
    EXPECT_GE(judged.appended(), 3U);
    judged.ask_numpy();
  }
}

}  // namespace
}  // namespace mapvec::test
