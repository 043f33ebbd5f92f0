// SPDX-License-Identifier: MIT
//
// What is demanded of every file, whatever its bytes: a view and a writer either refuse it with
// format_error or agree on its elements; opening changes no byte and makes no call that could; and
// nothing large is allocated. Files that were accepted are kept, as they are and after an append,
// and oracle.py has NumPy read them all.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/units.hpp>

#include "hostile/largest_allocation.hpp"
#include "interop/numpy.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {

/// Counts the calls that change a file.
class change_counter final : public observer {
 public:
  change_counter() { start(); }
  ~change_counter() { stop(); }
  void after(const call_record& record) override {
    switch (record.what) {
      case call::set_no_copy_on_write:
      case call::link_descriptor:
      case call::link:
      case call::rename:
      case call::unlink:
      case call::fchmod:
      case call::fallocate:
      case call::ftruncate:
      case call::pwrite:
      case call::clone_blocks:
        ++changes_;
        break;
      default:
        break;
    }
  }
  std::size_t changes() const { return changes_; }

 private:
  std::atomic<std::size_t> changes_ = 0;
};

/// What an opened file holds.
struct file_elements {
  std::size_t rows = 0;
  std::size_t row_width = 1;
  std::string bytes;

  friend bool operator==(const file_elements&, const file_elements&) = default;
};

template <class Opened>
file_elements elements_of(const Opened& opened) {
  const auto* first = reinterpret_cast<const char*>(opened.data());
  const std::size_t size_bytes = opened.size() * sizeof(*opened.data());
  return {opened.size() / opened.row_width(), opened.row_width(), {first, size_bytes}};
}

/// Nothing where the file is refused; any other exception goes through.
template <template <class> class Container, class T>
std::optional<file_elements> open_as(const std::string& path, const options& settings) {
  try {
    const auto opened = Container<T>::open(path, settings);
    return elements_of(opened);
  } catch (const format_error&) {
    return std::nullopt;
  }
}

class judge {
 public:
  judge() : file_(directory_ / "file.npy"), manifest_(directory_ / "manifest") {}

  /// `kind` is how oracle.py knows what NumPy should say.
  template <class T>
  void try_file(std::string_view kind, const std::string& bytes, const options& settings = {});

  /// Has NumPy read what was kept. The last thing a case does.
  void ask_numpy();

  std::size_t tried() const { return tried_; }
  /// By the view; the writer may refuse some of them.
  std::size_t accepted() const { return accepted_; }
  std::size_t appended() const { return appended_; }

 private:
  template <class T>
  void append(std::string_view kind, const options& settings, const file_elements& before);
  void keep(std::string_view kind, const std::string& bytes, const file_elements& held);

  // In memory, where rewriting a file costs no disk.
  scratch_directory directory_{"/dev/shm"};
  std::string file_;
  std::ofstream manifest_;
  std::size_t tried_ = 0;
  std::size_t accepted_ = 0;
  std::size_t appended_ = 0;
  std::size_t kept_ = 0;
};

template <class T>
void judge::try_file(std::string_view kind, const std::string& bytes, const options& settings) {
  write_contents(file_, bytes);
  ++tried_;
  std::optional<file_elements> viewed;
  std::optional<file_elements> opened;
  std::size_t changes = 0;
  try {
    const change_counter counter;
    const allocation_watch watch;
    viewed = open_as<file_view, T>(file_, settings);
    opened = open_as<file_vector, T>(file_, settings);
    changes = counter.changes();
  } catch (const std::exception& thrown) {
    ADD_FAILURE() << kind << ": not refused with format_error: " << thrown.what();
  }
  // Not by EXPECT_EQ: there are hundreds of thousands.
  if (changes != 0 || contents_of(file_) != bytes) ADD_FAILURE() << kind << ": it was changed";
  if (opened && opened != viewed) ADD_FAILURE() << kind << ": writer and view differ";
  if (!viewed) return;
  ++accepted_;
  keep(kind, bytes, *viewed);
  constexpr std::size_t widest = 1000;  // some headers tell of rows that fill the address space
  if (opened && opened->row_width <= widest) append<T>(kind, settings, *opened);
}

template <class T>
void judge::append(std::string_view kind, const options& settings, const file_elements& before) {
  {
    auto opened = file_vector<T>::open(file_, settings);
    for (std::size_t i = 0; i < opened.row_width(); ++i) opened.push_back(T());
    opened.commit();
  }
  const auto after = open_as<file_view, T>(file_, settings);
  if (!after || after->rows != before.rows + 1 || !after->bytes.starts_with(before.bytes)) {
    ADD_FAILURE() << kind << ": other elements after an append";
    return;
  }
  ++appended_;
  keep(kind, contents_of(file_), *after);
}

inline void judge::keep(std::string_view kind, const std::string& bytes,
                        const file_elements& held) {
  const std::string name = directory_ / std::to_string(kept_++) + ".npy";
  write_contents(name, bytes);
  manifest_ << name << ' ' << kind << ' ' << held.rows << ' ' << held.row_width << ' ';
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char letter : held.bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    manifest_ << digits[byte >> 4] << digits[byte & 15];
  }
  manifest_ << '\n';
}

inline void judge::ask_numpy() {
  std::printf("%zu files, %zu accepted, %zu appended to, largest allocation %zu bytes\n", tried_,
              accepted_, appended_, allocation_watch::largest_bytes());
  EXPECT_LE(allocation_watch::largest_bytes(), 64 * KiB);
  manifest_.close();
  if (!has_numpy()) GTEST_SKIP() << "NumPy is not installed";
  const std::string answer =
      test::ask_numpy(MAPVEC_HOSTILE_ORACLE, directory_ / "manifest", directory_ / "answer");
  EXPECT_EQ(answer, std::to_string(kept_) + " files are what NumPy reads");
}

}  // namespace mapvec::test
