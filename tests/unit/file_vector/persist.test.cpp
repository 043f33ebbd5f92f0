// SPDX-License-Identifier: MIT
//
// Goal: persist gives the elements of a temporary vector a name that lasts, without copying them
// where the file of the vector can be named; a failure leaves the vector as it was and no file.
// Method: the bytes written are counted; the file is read without the library.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

/// Its header takes more than the 128 bytes in front of the elements of a temporary vector.
struct wide_row {
  std::int64_t the_identity_of_the_observed_object = 0;
  double the_temperature_in_degrees_celsius = 0;
  double the_pressure_in_hectopascal = 0;
  friend bool operator==(const wide_row&, const wide_row&) = default;
};
MAPVEC_DESCRIBE(wide_row, the_identity_of_the_observed_object, the_temperature_in_degrees_celsius,
                the_pressure_in_hectopascal);

class persisting : public file_vector_case {
 protected:
  using words = vector<std::uint64_t>;

  static std::vector<std::uint64_t> counted(std::size_t count) {
    std::vector<std::uint64_t> elements(count);
    std::iota(elements.begin(), elements.end(), 0U);
    return elements;
  }

  static std::uint64_t written_bytes(const call_log& log) {
    std::uint64_t sum = 0;
    for (const call_record& each : log.records(call::pwrite)) sum += each.size_bytes;
    return sum;
  }

  void expect_file(std::size_t count) const {
    EXPECT_TRUE(stored_elements<std::uint64_t>(path()) == counted(count));
  }

  static constexpr std::size_t many = 100'000;
};

TEST_F(persisting, on_the_same_file_system_copies_nothing_and_moves_nothing) {
  words source(in_file());
  source.append_range(counted(many));
  const std::uint64_t* const data = source.data();
  const std::uint64_t& kept = source[many / 2];
  call_log log;
  auto v = persist(std::move(source), path());
  EXPECT_EQ(written_bytes(log), 128U) << "the header alone";
  EXPECT_EQ(changes_in(log), "pwrite fsync link_descriptor fsync");
  EXPECT_EQ(log.count(call::mmap) + log.count(call::mremap), 0U);
  ASSERT_EQ(v.data(), data);
  EXPECT_EQ(kept, many / 2);
  EXPECT_EQ(v.size(), many);
  EXPECT_EQ(v.committed_size(), many) << "durable on return";
  EXPECT_EQ(v.path(), path());
  expect_file(many);
  log.clear();
  v.push_back(many);
  v.commit();
  EXPECT_EQ(v.data(), data);
  v.close();
  expect_file(many + 1);
  EXPECT_EQ(file_bytes(path()), 128 + (many + 1) * 8);
}

TEST_F(persisting, what_has_given_all_of_its_file_back_keeps_the_header) {
  words source(in_file());
  source.append_range(counted(many));
  source.clear();
  source.shrink_to_fit();
  auto v = persist(std::move(source), path());
  for (std::uint64_t i = 0; i < many; ++i) v.push_back(i);
  v.commit();
  expect_file(many);
}

TEST_F(persisting, leaves_an_empty_vector_that_can_be_used_again) {
  for (const options& settings : {in_file(), options{}}) {
    words source(settings);
    source.append_range(counted(100));
    auto v = persist(std::move(source), path());
    EXPECT_TRUE(source.empty());
    EXPECT_EQ(source.data(), nullptr);
    source.push_back(7);
    EXPECT_EQ(source[0], 7U);
    v.close();
    expect_file(100);
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(persisting, makes_a_file_like_any_other) {
  words source(in_file());
  source.append_range(counted(1'000));
  auto v = persist(std::move(source), path());
  EXPECT_EQ(errno_of([&] { file_vector<std::uint64_t>::open(path()); }), EBUSY) << "locked";
  EXPECT_EQ(file_view<std::uint64_t>::open(path()).size(), 1'000U);
  v.truncate(10);
  v.shrink_to_fit();
  v.push_back(10);
  v.close();
  expect_file(11);
  auto again = file_vector<std::uint64_t>::open(path());
  again.push_back(11);
  again.close();
  expect_file(12);
}

TEST_F(persisting, makes_the_next_commit_look_for_changes_through_old_pointers) {
  words source(in_file());
  source.append_range(counted(10));
  std::uint64_t* const kept = source.data();
  auto v = persist(std::move(source), path());
  v.commit();
  kept[3] = 77;
  const call_log log;
  v.commit();
  EXPECT_EQ(changes_in(log), "fdatasync");
}

TEST_F(persisting, gives_the_mode_of_a_new_file) {
  const mode_t before = ::umask(027);
  words source(in_file());
  source.append_range(counted(10));
  const auto linked = persist(std::move(source), path("linked"));
  words small;
  small.push_back(1);
  const auto copied = persist(std::move(small), path("copied"));
  words chosen(in_file());
  chosen.push_back(1);
  const auto narrower = persist(std::move(chosen), path("narrower"), {.permissions = 0604});
  ::umask(before);
  EXPECT_EQ(mode_of(path("linked")), 0640U);
  EXPECT_EQ(mode_of(path("copied")), 0640U);
  EXPECT_EQ(mode_of(path("narrower")), 0600U);
}

TEST_F(persisting, renames_the_file_of_a_named_builder) {
  const std::string own = path("own-name");
  const std::vector<options> named = {
      {.builder = segment_builder::named(directory())},
      {.builder = segment_builder([&] { return own; })},
  };
  for (const options& settings : named) {
    words source(settings);
    source.append_range(counted(many));
    const std::uint64_t* const data = source.data();
    EXPECT_EQ(names_in(directory()).size(), 1U);
    const call_log log;
    auto v = persist(std::move(source), path());
    EXPECT_EQ(written_bytes(log), 128U);
    EXPECT_EQ(changes_in(log), "pwrite fsync rename fsync");
    EXPECT_EQ(v.data(), data);
    EXPECT_EQ(names_in(directory()), std::vector<std::string>{"a.npy"});
    segment_builder::named(directory());  // sweeps what has no owner
    v.close();
    expect_file(many);
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(persisting, leaves_one_lock_of_those_that_a_named_vector_had) {
  words source(options{.builder = segment_builder::named(directory())});
  source.append_range(counted(10));
  auto v = persist(std::move(source), path());
  auto reader = file_view<std::uint64_t>::open(path());
  EXPECT_EQ(reader.size(), 10U) << "the readers' lock is free";
  EXPECT_TRUE(is_locked(path())) << "the writer's is not";
  v.close();
  EXPECT_EQ(errno_of([&] { file_vector<std::uint64_t>::open(path()); }), 0);
}

TEST_F(persisting, copies_what_is_still_in_memory) {
  words source;
  source.append_range(counted(1'000));
  ASSERT_EQ(source.disk_size_bytes(), 0U);
  const auto v = persist(std::move(source), path());
  expect_elements(v, counted(1'000));
  EXPECT_EQ(v.committed_size(), 1'000U);
  EXPECT_EQ(names_in(directory()).size(), 1U);
  expect_file(1'000);
}

TEST_F(persisting, copies_to_another_file_system) {
  const private_mount disk = private_mount::tmpfs(64 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::vector<options> elsewhere = {
      {.builder = segment_builder::unnamed(disk.path()), .spill_threshold_bytes = 0},
      {.builder = segment_builder::named(disk.path())},
  };
  for (const options& settings : elsewhere) {
    words source(settings);
    source.append_range(counted(100'000));
    auto v = persist(std::move(source), path());
    expect_elements(v, counted(100'000));
    EXPECT_EQ(names_in(disk.path()).size(), 0U) << "the temporary file is gone";
    v.push_back(100'000);
    v.close();
    expect_file(100'001);
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(persisting, copies_where_the_header_needs_more_room) {
  vector<wide_row> source(in_file());
  for (int i = 0; i < 1'000; ++i) source.push_back({i, i + 0.5, -1.0});
  const std::vector<wide_row> expected(source.begin(), source.end());
  const call_log log;
  auto v = persist(std::move(source), path());
  EXPECT_GE(written_bytes(log), 1'000 * sizeof(wide_row));
  const std::size_t header_bytes = header_bytes_in(contents_of(path()));
  EXPECT_GT(header_bytes, 128U);
  EXPECT_EQ(header_bytes % 64, 0U);
  expect_elements(v, expected);
  v.push_back(expected[0]);
  v.close();
  EXPECT_EQ(stored_elements<wide_row>(path()).size(), 1'001U);
  EXPECT_EQ(file_bytes(path()), header_bytes + 1'001 * sizeof(wide_row));
}

TEST_F(persisting, of_nothing_makes_an_empty_file) {
  auto v = persist(words(), path());
  EXPECT_TRUE(v.is_open());
  EXPECT_TRUE(v.empty());
  v.push_back(0);
  v.close();
  words emptied(in_file());
  emptied.resize(10'000);
  emptied.clear();
  auto other = persist(std::move(emptied), path("b.npy"));
  EXPECT_EQ(stored_count(path("b.npy")), 0U);
  EXPECT_GE(other.capacity(), 10'000U);
  expect_file(1);
}

TEST_F(persisting, over_an_existing_name_is_refused_and_the_source_keeps_all) {
  write_contents(path(), "precious");
  EXPECT_EQ(::symlink("nowhere", path("dangling").c_str()), 0);
  const std::vector<options> kinds = {
      {}, in_file(), {.builder = segment_builder::named(directory())}};
  for (const options& settings : kinds) {
    words source(settings);
    source.append_range(counted(many / 100));
    const std::uint64_t* const data = source.data();
    const std::string temporary_path = source.path();
    EXPECT_EQ(errno_of([&] { persist(std::move(source), path()); }), EEXIST);
    EXPECT_EQ(errno_of([&] { persist(std::move(source), path("dangling")); }), EEXIST);
    EXPECT_EQ(source.data(), data);
    EXPECT_EQ(source.path(), temporary_path);
    expect_elements(source, counted(many / 100));
    source.push_back(many / 100);
    // A name that is free is still possible, and without a copy where it was before.
    const call_log log;
    const auto v = persist(std::move(source), path("free"));
    EXPECT_TRUE(v.data() == data || written_bytes(log) > many / 100 * 8);
    EXPECT_EQ(v.data() == data, settings.spill_threshold_bytes == 0 || temporary_path != "");
    EXPECT_EQ(v.size(), many / 100 + 1);
    EXPECT_EQ(::unlink(path("free").c_str()), 0);
  }
  EXPECT_EQ(contents_of(path()), "precious");
  EXPECT_FALSE(exists(path("nowhere")));
}

TEST_F(persisting, keeps_the_temporary_file_private_when_it_is_refused) {
  write_contents(path(), "precious");
  words source(options{.builder = segment_builder::named(directory())});
  source.append_range(counted(10));
  EXPECT_EQ(errno_of([&] { persist(std::move(source), path()); }), EEXIST);
  EXPECT_EQ(mode_of(source.path()), 0600U);
  EXPECT_TRUE(is_locked(source.path()));
  segment_builder::named(directory());  // a sweep must not take it for dead
  EXPECT_TRUE(exists(source.path()));
}

TEST_F(persisting, into_a_directory_that_is_not_there_is_refused) {
  for (const options& settings : {in_file(), options{}}) {
    words source(settings);
    source.append_range(counted(10));
    EXPECT_EQ(errno_of([&] { persist(std::move(source), path("missing/a.npy")); }), ENOENT);
    expect_elements(source, counted(10));
  }
}

TEST_F(persisting, of_a_failed_vector_is_refused) {
  words source(in_file());
  source.append_range(counted(100'000));
  {
    const fault failing(call::sync_file_range, 0, EIO, fault_lasts::once);
    EXPECT_EQ(errno_of([&] { source.evict(0, source.size()); }), EIO);
  }
  EXPECT_EQ(errno_of([&] { persist(std::move(source), path()); }), EIO);
  EXPECT_FALSE(exists(path()));
  EXPECT_EQ(source.size(), 100'000U);
}

TEST_F(persisting, needs_a_reservation_that_holds_the_elements) {
  words source(options{.spill_threshold_bytes = 4 * MiB});
  source.resize(3 * MiB / 8, 7);
  EXPECT_THROW(persist(std::move(source), path(), {.reservation_bytes = 2 * MiB}),
               std::length_error);
  EXPECT_EQ(names_in(directory()).size(), 0U);
  EXPECT_EQ(source.size(), 3 * MiB / 8);
  const auto v = persist(std::move(source), path(), {.reservation_bytes = 4 * MiB});
  EXPECT_EQ(v.reservation_bytes(), 4 * MiB);
  EXPECT_EQ(v.back(), 7U);
}

TEST_F(persisting, needs_whole_rows) {
  for (const options& settings : {options{}, in_file()}) {
    words source(settings);
    source.append_range(counted(1'024));
    const auto v = persist(std::move(source), path(), {.row_width = 4});
    EXPECT_EQ(v.row_width(), 4U);
    EXPECT_EQ(v.size(), 1'024U);
    EXPECT_EQ(v.committed_size(), 1'024U);
    EXPECT_EQ(stored_count(path()), 256U);
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

}  // namespace
}  // namespace mapvec::test
