// SPDX-License-Identifier: MIT
//
// Goal: files of plain elements are read and written as they are, or nothing happens. Method: bytes
// written by std::ofstream and read by std::ifstream, around the size of a piece; each system call
// fails once; calls and names are counted.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/raw_file.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

#include "support/captured_errors.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class raw_files : public testing::Test {
 protected:
  template <class T>
  void write(const std::vector<T>& elements, const std::string& before = {}) const {
    std::ofstream file(path_, std::ios::binary);
    file << before;
    file.write(reinterpret_cast<const char*>(elements.data()),
               static_cast<std::streamsize>(elements.size() * sizeof(T)));
  }
  std::string bytes(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  template <class T>
  static std::string bytes_of(const std::vector<T>& elements) {
    return {reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T)};
  }
  static std::vector<std::uint64_t> numbers(std::size_t count) {
    std::vector<std::uint64_t> made(count);
    std::iota(made.begin(), made.end(), 1);
    return made;
  }

  const scratch_directory directory_;
  const std::string path_ = directory_ / "elements.u64";
  const std::string written_ = directory_ / "written.u64";
};

TEST_F(raw_files, are_appended_and_written_as_they_are) {
  for (const std::size_t count : {0, 1, 131'071, 131'072, 131'073, 1'500'000}) {
    const std::vector<std::uint64_t> elements = numbers(count);
    write(elements);
    vector<std::uint64_t> v = {7};
    import_raw(v, path_);
    ASSERT_EQ(v.size(), count + 1);
    EXPECT_EQ(v.front(), 7);
    EXPECT_TRUE(std::equal(elements.begin(), elements.end(), v.begin() + 1));
    std::filesystem::remove(written_);
    v.truncate_front(1);
    export_raw(v, written_);
    EXPECT_EQ(bytes(written_), bytes(path_));
  }
}

TEST_F(raw_files, have_headers_that_are_skipped) {
  write(numbers(1'000), "three");
  vector<std::uint64_t> v;
  import_raw(v, path_, {.offset_bytes = 5});
  EXPECT_TRUE(std::equal(v.begin(), v.end(), numbers(1'000).begin()));
  import_raw(v, path_, {.offset_bytes = 5 + 8 * 999});
  EXPECT_EQ(v.back(), 1'000);
  import_raw(v, path_, {.offset_bytes = 5 + 8 * 1'000});
  EXPECT_EQ(v.size(), 1'001);
}

TEST_F(raw_files, become_files_of_numpy_and_back) {
  const std::vector<std::uint64_t> elements = numbers(300'000);
  write(elements);
  auto file = file_vector<std::uint64_t>::create(directory_ / "a.npy");
  import_raw(file, path_);
  file.commit();
  const auto view = file_view<std::uint64_t>::open(directory_ / "a.npy");
  export_raw(view, written_);
  EXPECT_EQ(bytes(written_), bytes_of(elements));
}

TEST_F(raw_files, of_what_is_no_row_of_elements_are_refused_and_change_nothing) {
  write(std::vector<char>(1'001));
  vector<std::uint64_t> v = {1, 2};
  EXPECT_THROW(import_raw(v, path_), format_error);
  EXPECT_THROW(import_raw(v, path_, {.offset_bytes = 2}), format_error);
  EXPECT_THROW(import_raw(v, path_, {.offset_bytes = 1'002}), format_error);
  EXPECT_THROW(import_raw(v, directory_.path()), format_error);
  EXPECT_THROW(import_raw(v, directory_ / "none"), error);
  EXPECT_TRUE((v == vector<std::uint64_t>{1, 2}));
  write(std::vector<unsigned char>{1, 0, 2, 1});
  vector<bool> bools = {true};
  EXPECT_THROW(import_raw(bools, path_), format_error);
  EXPECT_EQ(bools.size(), 1);
}

TEST_F(raw_files, that_leave_an_incomplete_row_are_refused_and_change_nothing) {
  auto rows = file_vector<std::uint64_t>::create(directory_ / "a.npy", {.row_width = 3});
  write(numbers(4));
  EXPECT_THROW(import_raw(rows, path_), format_error);
  EXPECT_TRUE(rows.empty());
  import_raw(rows, path_, {.offset_bytes = 8});
  EXPECT_THROW(import_raw(rows, path_), format_error);
  EXPECT_TRUE((rows == vector<std::uint64_t>{2, 3, 4}));
  rows.append_range(numbers(2));
  import_raw(rows, path_);  // what counts is the size that comes out
  EXPECT_EQ(rows.size(), 9U);
  rows.close();
}

// No pointer is kept with which elements could be changed later on.
TEST_F(raw_files, that_were_read_are_committed_without_waiting) {
  write(numbers(300'000));
  auto file = file_vector<std::uint64_t>::create(directory_ / "a.npy");
  import_raw(file, path_);
  file.commit();
  const call_log log;
  file.commit();
  file.commit();
  EXPECT_EQ(log.count(call::fdatasync), 0U) << log.summary();
}

TEST_F(raw_files, that_exist_are_not_overwritten) {
  write(numbers(3));
  const vector<std::uint64_t> v = {1, 2};
  try {
    export_raw(v, path_);
    ADD_FAILURE() << "overwritten";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), EEXIST);
  }
  EXPECT_EQ(bytes(path_), bytes_of(numbers(3)));
}

TEST_F(raw_files, are_read_a_mebibyte_at_a_time_and_not_through_the_mapping) {
  write(numbers(1'000'000));
  vector<std::uint64_t> v;
  v.reserve(1'000'000);
  const call_log log;
  import_raw(v, path_);
  const std::vector<call_record> reads = log.records(call::pread);
  EXPECT_EQ(reads.size(), 8U);
  // Where new[] puts as much, 16 bytes behind the beginning of a page, it takes a seventh longer.
  for (const call_record& read : reads) EXPECT_EQ(read.address % (4 * KiB), 0U);
  EXPECT_GE(log.count(call::pwrite), 7);
}

// What begins within a page gets small folios, and takes a fifteenth longer.
TEST_F(raw_files, are_written_in_pieces_that_end_at_a_mebibyte_of_the_file) {
  write(numbers(1'000'000));
  vector<std::uint64_t> v(options{.spill_threshold_bytes = 0});
  v.reserve(1'000'003);
  v.append_range(numbers(3));
  const call_log log;
  import_raw(v, path_);
  const std::vector<call_record> writes = log.records(call::pwrite);
  ASSERT_EQ(writes.size(), 8U);
  for (std::size_t i = 1; i < writes.size(); ++i) EXPECT_EQ(writes[i].offset, i * MiB);
}

TEST_F(raw_files, are_read_whole_or_not_at_all_whichever_call_fails) {
  write(numbers(300'000));
  captured_errors errors;
  std::size_t failures = 0;
  for (std::size_t nth = 0;; ++nth) {
    vector<std::uint64_t> v;
    v.push_back(7);
    std::size_t delivered = 0;
    {
      const fault injected(nth, nth / 5, fault_lasts::once);
      try {
        import_raw(v, path_);
      } catch (const error&) {
        ++failures;
        EXPECT_EQ(v.size(), 1) << injected.description();
        EXPECT_EQ(v.front(), 7);
      }
      delivered = injected.delivered();
    }
    if (v.size() != 1) {
      EXPECT_EQ(v.back(), 300'000);
    }
    if (delivered == 0) break;
  }
  EXPECT_GT(failures, 5);
}

TEST_F(raw_files, are_written_whole_or_not_at_all_whichever_call_fails) {
  vector<std::uint64_t> v;
  v.append_range(numbers(300'000));
  captured_errors errors;
  std::size_t failures = 0;
  for (std::size_t nth = 0;; ++nth) {
    std::size_t delivered = 0;
    bool has_failed = false;
    {
      const fault injected(nth, nth / 5, fault_lasts::once);
      try {
        export_raw(v, written_);
      } catch (const error&) {
        ++failures;
        has_failed = true;
      }
      delivered = injected.delivered();
    }
    EXPECT_NE(std::filesystem::exists(written_), has_failed) << nth;
    if (!has_failed) {
      EXPECT_EQ(std::filesystem::file_size(written_), 300'000 * 8);
    }
    std::filesystem::remove(written_);
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path())) << nth;
    if (delivered == 0) break;
  }
  EXPECT_GT(failures, 5);
}

}  // namespace
}  // namespace mapvec::test
