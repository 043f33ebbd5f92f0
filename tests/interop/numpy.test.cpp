// SPDX-License-Identifier: MIT
//
// Goal: NumPy sees exactly what is committed, while the file is open, has spare capacity and grows,
// and what NumPy writes is opened, grown and read back by it. Method: both sides compute the same
// elements (elements.hpp, arrays.py) for every kind of dtype; NumPy compares dtype, shape and
// bytes, by copy and in every mode of mapping.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>

#include "interop/elements.hpp"
#include "interop/numpy.hpp"
#include "support/directories.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t counts[] = {0, 1, 1000};

class interop : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_numpy()) GTEST_SKIP() << "NumPy is not installed";
  }

  std::string path(const std::string& name) const { return directory_ / name; }
  std::string path(const std::string& kind, std::size_t count) const {
    return path(kind + '-' + std::to_string(count) + ".npy");
  }
  std::string ask(const std::string& arguments) const {
    return ask_numpy(MAPVEC_INTEROP_ARRAYS, arguments, path("answer"));
  }
  void expect_numpy_agrees(std::size_t files) const {
    EXPECT_EQ(ask("check " + directory_.path()), std::to_string(files) + " files are right");
  }

  /// For `arrays.py save`.
  void write_kinds() const {
    std::ofstream kinds(path("kinds"));
    for_each_kind([&]<class T>(const char* kind) { kinds << kind << '\n'; });
  }

  // In memory: NumPy reads each file eight times.
  scratch_directory directory_{"/dev/shm"};
};

/// Appends the elements of positions [target.size(), end).
template <class Vector>
void append_until(Vector& target, std::size_t end) {
  using element = typename Vector::value_type;
  while (target.size() < end) target.push_back(elements<element>::at(target.size()));
}

template <class Container>
void expect_elements(const Container& held, std::size_t count) {
  using element = typename Container::value_type;
  ASSERT_EQ(held.size(), count);
  std::size_t different = 0;
  for (std::size_t i = 0; i < count; ++i) different += held[i] == elements<element>::at(i) ? 0 : 1;
  EXPECT_EQ(different, 0U);
}

TEST_F(interop, numpy_reads_what_is_committed_to_open_and_growing_files) {
  std::vector<std::function<void()>> closings;  // hold the vectors meanwhile
  for_each_kind([&]<class T>(const char* kind) {
    for (const std::size_t count : counts) {
      auto held = std::make_shared<file_vector<T>>(file_vector<T>::create(path(kind, count)));
      append_until(*held, count);
      held->commit();
      append_until(*held, count + 10);  // what is not committed is not seen
      held->reserve(2 * count + 1000);
      EXPECT_GT(held->disk_size_bytes(), 128 + count * sizeof(T)) << "spare capacity";
      closings.emplace_back([held] { held->abandon(); });
    }
  });
  EXPECT_GE(closings.size(), 3 * 28U);
  expect_numpy_agrees(closings.size());
  for (const auto& close : closings) close();
  closings.clear();
  expect_numpy_agrees(names_in(directory_.path()).size() - 1);
}

TEST_F(interop, numpy_reads_what_persist_and_snapshot_made) {
  std::size_t files = 0;
  for_each_kind([&]<class T>(const char* kind) {
    const options on_disk{.builder = segment_builder::unnamed(directory_.path()),
                          .spill_threshold_bytes = 0};
    for (const options& settings : {options{}, on_disk}) {
      vector<T> made(settings);
      const std::size_t count = 500 + files;
      append_until(made, count);
      const auto named = persist(std::move(made), path(kind, count));
      named.snapshot(path(kind, count + 1000));
      auto copied = file_vector<T>::open(path(kind, count + 1000));
      append_until(copied, count + 1000);
      files += 2;
    }
  });
  expect_numpy_agrees(files);
}

TEST_F(interop, files_of_numpy_open_grow_and_are_read_by_it) {
  write_kinds();
  ask("save " + directory_.path());
  std::vector<std::function<void()>> closings;
  for_each_kind([&]<class T>(const char* kind) {
    for (const std::size_t count : counts) {
      const std::string saved = path(kind, count);
      expect_elements(file_view<T>::open(saved), count);
      const std::size_t more = 2 * count + 3;
      const std::string grown = path(kind, more);
      std::filesystem::rename(saved, grown);
      auto held = std::make_shared<file_vector<T>>(file_vector<T>::open(grown));
      expect_elements(std::as_const(*held), count);
      append_until(*held, more);
      held->commit();
      append_until(*held, more + 5);
      closings.emplace_back([held] { held->abandon(); });
    }
  });
  EXPECT_GE(closings.size(), 3 * 28U);
  expect_numpy_agrees(closings.size());
  for (const auto& close : closings) close();
  expect_numpy_agrees(closings.size());
}

TEST_F(interop, files_of_numpy_shrink_and_are_read_by_it) {
  write_kinds();
  ask("save " + directory_.path());
  std::vector<std::function<void()>> closings;
  std::vector<std::function<void()>> appends;
  for_each_kind([&]<class T>(const std::string& kind) {
    std::filesystem::remove(path(kind, 0));
    const std::string shrunk = path(kind, 301);
    std::filesystem::rename(path(kind, 1000), shrunk);
    auto held = std::make_shared<file_vector<T>>(file_vector<T>::open(shrunk));
    held->resize(301);
    held->commit();
    closings.emplace_back([held] { held->close(); });
    {
      auto emptied = file_vector<T>::open(path(kind, 1));
      emptied.clear();
    }
    std::filesystem::rename(path(kind, 1), path(kind, 0));
    appends.emplace_back([this, kind] {
      auto again = file_vector<T>::open(path(kind, 0));
      append_until(again, 7);
      again.close();
      std::filesystem::rename(path(kind, 0), path(kind, 7));
    });
  });
  expect_numpy_agrees(2 * closings.size());
  for (const auto& close : closings) close();
  for (const auto& append : appends) append();
  expect_numpy_agrees(2 * closings.size());
}

TEST_F(interop, ten_million_elements) {
  constexpr std::size_t count = 10'000'000;
  const auto fill = [&]<class T>(const char* kind, T) {
    auto held = file_vector<T>::create(path(kind, count));
    held.resize_for_overwrite(count);
    T* const first = held.data();
    for (std::size_t i = 0; i < count; ++i) first[i] = elements<T>::at(i);
    held.commit();
    held.push_back(T(1));
    return held;
  };
  auto bytes = fill("uint8", std::uint8_t{});
  auto doubles = fill("float64", double{});
  expect_numpy_agrees(2);
  bytes.abandon();
  doubles.abandon();
  expect_numpy_agrees(2);
}

TEST_F(interop, rows_whose_width_is_known_at_run_time) {
  const options wide{.row_width = 768};
  auto ours = file_vector<float>::create(path("float32-100-768.npy"), wide);
  append_until(ours, 100 * 768);
  ours.commit();
  append_until(ours, 100 * 768 + 5);
  auto none = file_vector<double>::create(path("float64-0-768.npy"), wide);
  auto narrow = file_vector<std::int64_t>::create(path("int64-7-1.npy"), {.row_width = 1});
  append_until(narrow, 7);
  narrow.commit();
  auto tables =
      file_vector<std::array<float, 3>>::create(path("float32_3-20-5.npy"), {.row_width = 5});
  append_until(tables, 20 * 5);
  tables.commit();
  expect_numpy_agrees(4);
  ours.abandon();
  auto again = file_vector<float>::open(path("float32-100-768.npy"), {.row_width = any_row_width});
  EXPECT_EQ(again.row_width(), 768U);
  append_until(again, 102 * 768);
  again.close();
  std::filesystem::rename(path("float32-100-768.npy"), path("float32-102-768.npy"));
  expect_numpy_agrees(4);
}

TEST_F(interop, what_numpy_changes_in_place_is_seen_at_once) {
  auto held = file_vector<std::int64_t>::create(path("file.npy"));
  for (std::int64_t i = 0; i < 5000; ++i) held.push_back(i);
  held.commit();
  const auto view = file_view<std::int64_t>::open(path("file.npy"));
  EXPECT_EQ(ask("change " + path("file.npy")), "5000 elements are changed");
  for (std::size_t i = 0; i < 5000; ++i) {
    ASSERT_EQ(std::as_const(held)[i], static_cast<std::int64_t>(2 * i));
    ASSERT_EQ(view[i], static_cast<std::int64_t>(2 * i));
  }
  held.push_back(-7);
  held.commit();
  EXPECT_EQ(view.size(), 5000U);
  EXPECT_EQ(file_view<std::int64_t>::open(path("file.npy")).back(), -7);
}

TEST_F(interop, numpy_follows_a_file_that_grows) {
  constexpr std::size_t count = 3000;
  auto held = file_vector<std::uint32_t>::create(path("file.npy"));
  std::string answer;
  std::thread reader(
      [&] { answer = ask("follow " + path("file.npy") + " uint32 " + std::to_string(count)); });
  // Slowly enough for a few hundred loads.
  while (held.size() < count) {
    append_until(held, held.size() + 1);
    held.commit();
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  reader.join();
  EXPECT_TRUE(answer.starts_with("followed ")) << answer;
}

}  // namespace
}  // namespace mapvec::test
