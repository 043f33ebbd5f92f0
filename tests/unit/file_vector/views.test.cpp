// SPDX-License-Identifier: MIT
//
// Goal: a view shows the elements that the writer has committed, follows growth and shrinkage
// without moving an element, and changes nothing. Method: views beside a writer in one process; the
// record of calls.
#include <algorithm>
#include <array>
#include <cerrno>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/stats.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class views : public file_vector_case {
 protected:
  using ints = file_vector<int>;
  using view = file_view<int>;

  static std::vector<int> counted(std::size_t count) {
    std::vector<int> elements(count);
    std::iota(elements.begin(), elements.end(), 0);
    return elements;
  }
};

TEST_F(views, show_the_elements_as_a_const_vector_does) {
  make_file(counted(1'000));
  const view v = view::open(path());
  EXPECT_TRUE(v.is_open());
  expect_elements(v, counted(1'000));
  EXPECT_EQ(v.front() + v.back() + v[500] + v.at(501), 0 + 999 + 500 + 501);
  EXPECT_THROW(v.at(1'000), std::out_of_range);
  EXPECT_EQ(std::accumulate(v.rbegin(), v.rend(), 0), 999 * 500);
  EXPECT_EQ(*v.crbegin(), 999);
  EXPECT_TRUE(std::ranges::equal(std::span<const int>(v), counted(1'000)));
  EXPECT_EQ(v.path(), path());
  EXPECT_EQ(v.row_width(), 1U);
  EXPECT_GE(v.reservation_bytes(), 2 * file_bytes(path()));
}

TEST_F(views, of_nothing_are_empty) {
  view none;
  EXPECT_FALSE(none.is_open());
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_TRUE(none.begin() == none.end());
  EXPECT_EQ(none.refresh(), 0U);
  EXPECT_EQ(none.path(), "");
  EXPECT_EQ(none.row_width(), 1U);
  EXPECT_EQ(none.reservation_bytes() + none.resident_bytes(), 0U);
  EXPECT_TRUE(none.rows().empty());
  none.prefetch();
  none.evict(0, 10);
  none.advise(access::random);
}

TEST_F(views, compare_with_views_and_with_vectors_of_either_lifetime) {
  auto v = ints::create(path());
  v = {1, 2, 3};
  v.commit();
  view seen = view::open(path());
  const view twin = view::open(path());
  vector<int> temporary{1, 2, 3};
  EXPECT_TRUE(seen == twin && seen == v && v == seen && seen == temporary && temporary == seen);
  EXPECT_TRUE((seen <=> twin) == std::strong_ordering::equal);
  EXPECT_TRUE(seen == (vector<long>{1, 2, 3}) && (vector<long>{1, 2, 4}) != seen);
  v.push_back(4);
  EXPECT_TRUE(seen != v && v != seen && seen < v && v > seen) << "not committed yet";
  v.commit();
  seen.refresh();
  EXPECT_TRUE(seen == v && seen != twin && twin < seen && seen > twin);
  EXPECT_TRUE((seen <=> temporary) == std::strong_ordering::greater);
  EXPECT_TRUE((temporary <=> seen) == std::strong_ordering::less);
  temporary = {1, 3};
  EXPECT_TRUE(seen < temporary && temporary >= seen && temporary != seen);
  EXPECT_TRUE(view() == view() && view() < seen && view() == ints());
}

TEST_F(views, of_an_empty_file_fill_with_it) {
  auto v = ints::create(path());
  view seen = view::open(path());
  EXPECT_TRUE(seen.is_open());
  EXPECT_TRUE(seen.empty());
  EXPECT_NE(seen.data(), nullptr);
  EXPECT_EQ(seen.refresh(), 0U);
  v.append_range(counted(100'000));
  v.commit();
  EXPECT_EQ(seen.refresh(), 100'000U);
  expect_elements(seen, counted(100'000));
}

TEST_F(views, follow_growth_without_moving_an_element) {
  auto v = ints::create(path());
  v.push_back(0);
  v.commit();
  view seen = view::open(path());
  const int* const data = seen.data();
  const int& first = seen.front();
  while (v.size() < 1'000'000) {
    const auto size = static_cast<int>(v.size());
    v.append_range(std::views::iota(size, 3 * size + 1));
    EXPECT_EQ(seen.refresh(), static_cast<std::size_t>(size)) << "not committed yet";
    v.commit();
    EXPECT_EQ(seen.refresh(), v.size());
    EXPECT_EQ(seen.data(), data);
    EXPECT_EQ(first, 0);
    EXPECT_EQ(seen.back(), static_cast<int>(v.size()) - 1);
  }
  EXPECT_TRUE(v == vector<int>(seen.begin(), seen.end()));
}

TEST_F(views, follow_shrinkage_and_keep_showing_what_is_mapped) {
  auto v = ints::create(path());
  v.append_range(counted(100'000));
  v.commit();
  view seen = view::open(path());
  const std::span<const int> before(seen);
  v.truncate(10);
  EXPECT_EQ(seen.refresh(), 100'000U) << "not committed yet";
  v.shrink_to_fit();
  EXPECT_EQ(seen.refresh(), 10U);
  EXPECT_EQ(before[99'999], 99'999) << "not cut below what a view has mapped";
  EXPECT_GE(file_bytes(path()), 128 + 100'000 * sizeof(int));
  v.close();
  EXPECT_EQ(before[99'999], 99'999);
  EXPECT_EQ(seen.size(), 10U);
  seen = {};
  ints::open(path()).shrink_to_fit();
  EXPECT_EQ(file_bytes(path()), 128 + 10 * sizeof(int));
}

TEST_F(views, see_elements_that_were_changed_in_place) {
  auto v = ints::create(path());
  v.append_range(counted(10));
  v.commit();
  const view seen = view::open(path());
  v[3] = 33;
  EXPECT_EQ(seen[3], 33) << "one page cache";
}

TEST_F(views, beside_each_other_do_not_meet) {
  auto v = ints::create(path());
  v.append_range(counted(10));
  v.commit();
  view early = view::open(path());
  v.append_range(counted(10));
  v.commit();
  view late = view::open(path());
  EXPECT_EQ(early.size(), 10U);
  EXPECT_EQ(late.size(), 20U);
  swap(early, late);
  EXPECT_EQ(early.size(), 20U);
  view moved = std::move(early);
  EXPECT_FALSE(early.is_open());
  EXPECT_EQ(moved.size(), 20U);
  moved = std::move(late);
  EXPECT_EQ(moved.refresh(), 20U);
}

TEST_F(views, write_nothing_and_wait_for_no_disk) {
  make_file(counted(1'000));
  const std::string before = contents_of(path());
  const call_log log;
  {
    view seen = view::open(path());
    seen.refresh();
    seen.prefetch();
    seen.evict(0, 1'000);
    seen.advise(access::random);
  }
  EXPECT_EQ(changes_in(log), "");
  for (const call_record& each : log.records(call::open))
    EXPECT_EQ(each.flags & O_ACCMODE, O_RDONLY);
  for (const call_record& each : log.records(call::lock)) EXPECT_NE(each.flags, F_WRLCK);
  EXPECT_TRUE(contents_of(path()) == before);
}

TEST_F(views, need_few_calls_to_refresh) {
  auto v = ints::create(path());
  v.append_range(counted(100'000));
  v.commit();
  view seen = view::open(path());
  const call_log log;
  seen.refresh();
  EXPECT_EQ(log.count(call::pread), 2U) << "until two readings agree: " << log.summary();
  EXPECT_LE(log.count(), 4U) << log.summary();
}

TEST_F(views, keep_out_of_a_reservation_that_is_used_up) {
  auto v = ints::create(path());
  v.append_range(counted(100));
  v.commit();
  view seen = view::open(path(), {.reservation_bytes = 2 * MiB});
  EXPECT_EQ(seen.reservation_bytes(), 2 * MiB);
  v.resize(MiB, 7);
  v.commit();
  for (int i = 0; i < 2; ++i) {
    EXPECT_THROW(seen.refresh(), std::length_error);
    expect_elements(seen, counted(100));
  }
  EXPECT_THROW(view::open(path(), {.reservation_bytes = 2 * MiB}), std::length_error);
  v.truncate(200);
  v.commit();
  EXPECT_EQ(seen.refresh(), 200U);
}

TEST_F(views, refuse_another_array_in_their_file) {
  auto v = ints::create(path());
  v.append_range(counted(100));
  v.close();
  view seen = view::open(path());
  const std::string ours = contents_of(path());
  // In place, as a program does that does not know the lock.
  const auto overwrite = [&](const std::string& bytes) {
    const int fd = ::open(path().c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(::pwrite(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  };
  std::string other = ours;
  other.replace(other.find("<i4"), 3, "<u4");
  std::string too_many = ours;
  too_many.replace(too_many.find("100,"), 4, "101,");
  for (const std::string& bytes : {other, too_many, std::string("no array at all")}) {
    overwrite(bytes);
    EXPECT_THROW(seen.refresh(), format_error);
    expect_elements(seen, counted(100));
  }
  overwrite(ours);
  EXPECT_EQ(seen.refresh(), 100U);
}

/// Stores another count before each of the first `times` readings of the file.
class writer_between_the_readings final : public observer {
 public:
  writer_between_the_readings(const std::string& path, std::size_t times)
      : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)), times_(times) {
    start();
  }
  ~writer_between_the_readings() {
    stop();
    ::close(fd_);
  }
  std::optional<int> before(const call_record& record) override {
    if (record.what != call::pread || done_ == times_) return std::nullopt;
    std::string digits(16, ' ');
    const std::string count = std::to_string(10 + ++done_ % 90);
    digits.replace(16 - count.size(), count.size(), count);
    EXPECT_EQ(::pwrite(fd_, digits.data(), 16, 64), 16);
    return std::nullopt;
  }
  std::size_t done() const { return done_; }

 private:
  int fd_;
  std::size_t times_;
  std::size_t done_ = 0;
};

TEST_F(views, read_the_count_until_two_readings_agree) {
  make_file(counted(100));
  view seen = view::open(path());
  {
    const writer_between_the_readings writer(path(), 7);
    EXPECT_EQ(seen.refresh(), 17U);
    EXPECT_EQ(writer.done(), 7U);
  }
  const writer_between_the_readings writer(path(), 100'000);
  EXPECT_THROW(seen.refresh(), format_error) << "but not for ever";
  EXPECT_EQ(seen.size(), 17U);
}

TEST_F(views, refuse_rows_of_another_width_than_before) {
  {
    auto v = ints::create(path(), {.row_width = 2});
    v.append_range(counted(12));
  }
  view seen = view::open(path(), {.row_width = any_row_width});
  const std::string bytes = contents_of(path());
  std::string other = bytes;
  other.replace(other.find("6, 2)"), 5, "4, 3)");
  const int fd = ::open(path().c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(::pwrite(fd, other.data(), 128, 0), 128);
  EXPECT_THROW(seen.refresh(), format_error);
  EXPECT_EQ(seen.row_width(), 2U);
  EXPECT_EQ(::pwrite(fd, bytes.data(), 128, 0), 128);
  ::close(fd);
  EXPECT_EQ(seen.refresh(), 12U);
}

TEST_F(views, take_advice_on_any_range) {
  constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
  for (const std::size_t size : {0, 1, 3'000, 100'000}) {
    make_file(counted(size));
    const view v = view::open(path());
    for (const std::size_t position :
         {std::size_t{0}, std::size_t{1}, size, size + 1, huge / 4, huge}) {
      for (const std::size_t count :
           {std::size_t{0}, std::size_t{1}, size, size + 1, huge / 4, huge}) {
        v.prefetch(position, count);
        v.evict(position, count);
      }
    }
    v.advise(access::random);
    v.advise(access::normal);
    expect_elements(v, counted(size));
    EXPECT_GE(v.resident_bytes(), size * sizeof(int)) << "all were just read";
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(views, give_memory_back_where_nobody_else_uses_it) {
  make_file(counted(4 * MiB / sizeof(int)));
  const view v = view::open(path());
  EXPECT_EQ(v.back(), static_cast<int>(MiB) - 1);
  EXPECT_EQ(std::accumulate(v.begin(), v.end(), 0LL), 1LL * MiB * (MiB - 1) / 2);
  EXPECT_GE(v.resident_bytes(), 4 * MiB);
  const std::uint64_t dropped = stats().dropped_bytes;
  v.evict(0, v.size());
  EXPECT_GE(stats().dropped_bytes - dropped, 4 * MiB);
  EXPECT_LE(v.resident_bytes(), 1 * MiB);
  expect_elements(v, counted(4 * MiB / sizeof(int)));
}

TEST_F(views, count_among_the_mappings_of_the_process) {
  make_file(counted(1'000));
  const statistics before = stats();
  {
    const view v = view::open(path());
    EXPECT_EQ(stats().active_segments, before.active_segments + 1);
    EXPECT_EQ(stats().mapped_bytes, before.mapped_bytes + file_bytes(path()));
  }
  EXPECT_EQ(stats(), before);
}

TEST_F(views, of_what_cannot_be_opened_say_why) {
  EXPECT_EQ(errno_of([&] { view::open(path()); }), ENOENT);
  write_contents(path(), "no array");
  EXPECT_THROW(view::open(path()), format_error);
  EXPECT_THROW(view::open(directory()), format_error);
  make_file<double>({1.0}, "doubles");
  EXPECT_THROW(view::open(path("doubles")), format_error);
}

TEST_F(views, go_on_where_the_file_system_has_no_locks) {
  make_file(counted(10));
  for (const int errno_value : {ENOLCK, EOPNOTSUPP}) {
    const fault failing(call::lock, 0, errno_value, fault_lasts::for_ever);
    EXPECT_EQ(view::open(path()).size(), 10U);
    EXPECT_EQ(errno_of([&] { ints::open(path()); }), errno_value) << "a writer does not";
  }
}

TEST_F(views, wait_for_a_writer_that_is_just_cutting) {
  make_file(counted(10));
  {
    const fault failing(call::lock, 0, EAGAIN, fault_lasts::once);
    EXPECT_EQ(view::open(path()).size(), 10U);
    EXPECT_EQ(failing.delivered(), 1U);
  }
  const fault failing(call::lock, 0, EAGAIN, fault_lasts::for_ever);
  EXPECT_EQ(errno_of([&] { view::open(path()); }), EBUSY) << "but not for ever";
}

TEST_F(views, of_bools_look_at_what_was_added) {
  auto v = file_vector<bool>::create(path());
  v.assign({true, false, true});
  v.commit();
  auto seen = file_view<bool>::open(path());
  EXPECT_TRUE(seen[0] && !seen[1] && seen[2]);
  v.push_back(true);
  v.commit();
  EXPECT_EQ(seen.refresh(), 4U);
  v.push_back(false);
  v.commit();
  const int fd = ::open(path().c_str(), O_WRONLY | O_CLOEXEC);
  const char two = 2;
  EXPECT_EQ(::pwrite(fd, &two, 1, 128 + 4), 1);
  ::close(fd);
  EXPECT_THROW(seen.refresh(), format_error);
  EXPECT_EQ(seen.size(), 4U);
  v.write(4, std::array<bool, 1>{true});
  EXPECT_EQ(seen.refresh(), 5U);
  EXPECT_TRUE(seen[4]);
}

}  // namespace
}  // namespace mapvec::test
