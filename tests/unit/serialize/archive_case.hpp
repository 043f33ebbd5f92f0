// SPDX-License-Identifier: MIT
//
// The cases for archives of other libraries, written once for all of them. A `Format` has
//   template <class V> static std::string save(const V&);
//   template <class V> static void load(const std::string&, V&);  // throws on wrong input
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {

struct city {
  std::string name;
  int inhabitants = 0;
  friend bool operator==(const city&, const city&) = default;
};

template <class T>
std::vector<T> some_numbers(std::size_t count) {
  std::mt19937_64 random(count);
  std::vector<T> made(count);
  for (T& each : made) each = static_cast<T>(random() >> 11);
  return made;
}

template <class T>
vector<T> vector_of(const std::vector<T>& elements) {
  vector<T> made;
  made.append_range(elements);
  return made;
}

/// There and back, and both ways between this and std::vector.
template <class Format, class T>
void expect_round_trip(const std::vector<T>& elements) {
  const vector<T> ours = vector_of(elements);
  const std::string text = Format::save(ours);
  EXPECT_EQ(text, Format::save(elements));
  std::vector<T> theirs;
  Format::load(text, theirs);
  EXPECT_EQ(theirs, elements);
  for (const std::size_t old_size : {0, 1, 1000}) {
    vector<T> read(old_size);
    Format::load(text, read);
    EXPECT_TRUE(read == ours) << old_size;
  }
}

template <class Format>
void expect_numbers_to_go_both_ways() {
  // Around the pieces of 1 MiB that are read, and the blocks that are written.
  for (const std::size_t count : {0, 1, 3, 131'071, 131'072, 131'073, 300'000, 2'000'000}) {
    expect_round_trip<Format>(some_numbers<std::uint64_t>(count));
  }
  expect_round_trip<Format>(some_numbers<std::int8_t>(3'000));
  expect_round_trip<Format>(some_numbers<float>(3'000));
  using limits = std::numeric_limits<double>;
  expect_round_trip<Format>(std::vector<double>{limits::max(), limits::denorm_min(), -0.0});
}

template <class Format>
void expect_files_to_go_both_ways() {
  const scratch_directory directory;
  const std::string path = directory.path() + "/a.npy";
  const std::vector<std::int32_t> elements = some_numbers<std::int32_t>(400'000);
  const std::string text = Format::save(elements);
  auto file = file_vector<std::int32_t>::create(path);
  file.push_back(7);
  Format::load(text, file);
  EXPECT_EQ(Format::save(file), text);
  file.commit();
  const auto view = file_view<std::int32_t>::open(path);
  EXPECT_EQ(Format::save(view), text);
}

/// The reader keeps no pointer with which it could change elements later on.
template <class Format>
void expect_files_that_were_read_to_be_committed_without_waiting() {
  const scratch_directory directory;
  auto file = file_vector<std::int32_t>::create(directory.path() + "/a.npy");
  Format::load(Format::save(some_numbers<std::int32_t>(400'000)), file);
  file.commit();
  const call_log log;
  file.commit();
  file.commit();
  EXPECT_EQ(log.count(call::fdatasync), 0U) << log.summary();
}

/// A file of rows takes whole ones, and nothing else: it could not be committed. `make(n)` is the
/// n-th element, and not the same for all n.
template <class Format, class Make>
void expect_incomplete_rows_to_change_nothing(Make make) {
  using T = decltype(make(0));
  const scratch_directory directory;
  const auto some = [&](int first, int count) {
    vector<T> made;
    for (int i = first; i < first + count; ++i) made.push_back(make(i));
    return made;
  };
  for (const int old_size : {0, 3, 6}) {
    const std::string path = directory.path() + "/" + std::to_string(old_size) + ".npy";
    auto file = file_vector<T>::create(path, {.row_width = 3});
    file.append_range(some(100, old_size));
    for (const int count : {1, 4, 5}) {
      EXPECT_THROW(Format::load(Format::save(some(0, count)), file), format_error) << count;
      EXPECT_TRUE(file == some(100, old_size)) << count;
    }
    for (const int count : {0, 6, 9, 3}) {
      Format::load(Format::save(some(0, count)), file);
      EXPECT_TRUE(file == some(0, count)) << count;
    }
    file.close();
  }
}

template <class Format>
void expect_incomplete_rows_to_change_nothing() {
  expect_incomplete_rows_to_change_nothing<Format>([](int n) { return n; });
}

/// Whatever of the end is missing: an exception, and the elements of before at their place. `cut`
/// bytes of the end say nothing about the elements.
template <class Format, class T>
void expect_cut_input_to_change_nothing(const std::vector<T>& elements, std::size_t cut) {
  const std::string text = Format::save(elements);
  const vector<T> before = vector_of(std::vector<T>(3, elements.front()));
  for (std::size_t left = 0; left + cut < text.size(); left += 1 + text.size() / 97) {
    vector<T> read = before;
    const T* const data = read.data();
    EXPECT_ANY_THROW(Format::load(text.substr(0, left), read)) << left;
    EXPECT_TRUE(read == before) << left;
    EXPECT_EQ(read.data(), data);
  }
}

template <class Format>
void expect_references_to_go_both_ways() {
  const file_reference to = {"/a \"b\"/c.npy", std::uint64_t{1} << 63, "[('id', '<i4')]"};
  const file_reference before = {"/before.npy", 7, "'<f8'"};
  const std::string text = Format::save(to);
  file_reference read;
  Format::load(text, read);
  EXPECT_EQ(read, to);
  EXPECT_ANY_THROW(Format::load(text.substr(0, text.size() / 2), read));
  // Boost does not notice a text that ends within a string.
  for (std::size_t left = 0; left < text.size(); ++left) {
    read = before;
    try {
      Format::load(text.substr(0, left), read);
    } catch (const std::exception&) {
      EXPECT_EQ(read, before) << left;
    }
  }
}

}  // namespace mapvec::test
