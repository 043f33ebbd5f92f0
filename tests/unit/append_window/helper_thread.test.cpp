// SPDX-License-Identifier: MIT
//
// Goal: the thread that prepares append windows ahead is there for those who push on and on and for
// nobody else, writes over no element and into no file that is no longer the vector's, and is
// missed by nobody where it fails. Method: its writes are held back while the vector goes on; the
// threads of the process are read from /proc; every write is logged.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/vector.hpp>

#include "posix/syscalls.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

using words = mapvec::vector<std::uint64_t>;
using file_words = mapvec::file_vector<std::uint64_t>;

constexpr std::size_t words_of_a_mebibyte = MiB / sizeof(std::uint64_t);
// After these, the next windows come from the helper.
constexpr std::size_t mebibytes_before_help = 20;

/// What /proc says of the helper's threads, one text each.
std::vector<std::string> helper_statuses() {
  std::vector<std::string> found;
  std::error_code gone_meanwhile;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", gone_meanwhile)) {
    std::ifstream file(task.path() / "status");
    const std::string status(std::istreambuf_iterator<char>(file), {});
    if (status.starts_with("Name:\tmapvec windows\n")) found.push_back(status);
  }
  return found;
}
std::size_t helper_threads() { return helper_statuses().size(); }

/// One that was joined may stand in /proc for an instant more.
bool helper_goes() {
  for (int i = 0; i < 1'000'000 && helper_threads() != 0; ++i) std::this_thread::yield();
  return helper_threads() == 0;
}

template <class Vector>
void push(Vector& v, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) v.push_back(v.size());
}

template <class Vector>
std::size_t wrong_elements(const Vector& v) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < v.size(); ++i) wrong += v[i] != i;
  return wrong;
}

class helper_thread : public counts_resources {
 protected:
  void SetUp() override {
    counts_resources::SetUp();
    if (sys::usable_processors() < 2) GTEST_SKIP() << "one processor: no helper thread";
  }

  options settings() const { return {.builder = segment_builder::unnamed(directory_.path())}; }

  /// Until the helper is in the middle of a window.
  template <class Vector>
  static void push_until_one_is_held(Vector& v) {
    push(v, mebibytes_before_help * words_of_a_mebibyte);
    const std::size_t most = v.size() + 100 * words_of_a_mebibyte;
    while (!late_writes::is_one_held() && v.size() < most) push(v, 1'000);
    ASSERT_LT(v.size(), most) << "no helper";
  }

  scratch_directory directory_;
};

TEST_F(helper_thread, comes_with_long_pushing_and_goes_with_the_last_vector) {
  auto first = std::make_unique<words>(settings());
  push(*first, 8 * words_of_a_mebibyte);
  EXPECT_EQ(helper_threads(), 0U) << "small vectors need none";
  push(*first, mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(helper_threads(), 1U);
  words second(settings());
  push(second, mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(helper_threads(), 1U) << "one for all";
  first.reset();
  EXPECT_EQ(helper_threads(), 1U);
  push(second, mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(wrong_elements(second), 0U);
  second = words();
  EXPECT_TRUE(helper_goes());
}

TEST_F(helper_thread, is_not_there_for_who_does_not_want_it) {
  options without = settings();
  without.helper_thread = false;
  options bounded = settings();
  bounded.memory_budget_bytes = 16 * MiB;
  for (const options& chosen : {without, bounded}) {
    words v(chosen);
    push(v, 2 * mebibytes_before_help * words_of_a_mebibyte);
    EXPECT_EQ(helper_threads(), 0U);
  }
  {
    const refusal old_kernel(feature::populate_for_write, EINVAL);
    words v(settings());
    push(v, 2 * mebibytes_before_help * words_of_a_mebibyte);
    EXPECT_EQ(helper_threads(), 0U) << "what it makes could not be mapped";
  }
  words by_range(settings());
  const std::vector<std::uint64_t> values(words_of_a_mebibyte);
  for (std::size_t i = 0; i < 2 * mebibytes_before_help; ++i) by_range.append_range(values);
  EXPECT_EQ(helper_threads(), 0U);
}

TEST_F(helper_thread, prepares_every_window_once) {
  words v(settings());
  const call_log log;
  push(v, 100 * words_of_a_mebibyte);
  std::vector<std::uint64_t> offsets;
  for (const call_record& each : log.records(call::pwrite)) {
    if (each.offset % (2 * MiB) == 0 && each.size_bytes == 2 * MiB) offsets.push_back(each.offset);
  }
  std::sort(offsets.begin(), offsets.end());
  EXPECT_EQ(std::adjacent_find(offsets.begin(), offsets.end()), offsets.end());
  EXPECT_GE(offsets.size(), 49U);
  EXPECT_LE(offsets.size(), 53U);
  EXPECT_EQ(helper_threads(), 1U);
  EXPECT_EQ(wrong_elements(v), 0U);
}

TEST_F(helper_thread, is_waited_for_before_elements_come_where_it_writes) {
  const std::vector<std::uint64_t> sevens(4 * words_of_a_mebibyte, 7);
  const std::vector<std::pair<std::string, std::function<void(words&)>>> ways = {
      {"append_range", [&](words& v) { v.append_range(sevens); }},
      {"resize", [&](words& v) { v.resize(v.size() + sevens.size(), 7); }},
      {"resize_for_overwrite",
       [&](words& v) {
         const std::size_t before = v.size();
         v.resize_for_overwrite(before + sevens.size());
         std::fill(v.begin() + static_cast<std::ptrdiff_t>(before), v.end(), 7);
       }},
      {"insert", [&](words& v) { v.insert(v.end(), sevens.begin(), sevens.end()); }},
      {"trim",
       [&](words& v) {
         v.trim();
         for (const std::uint64_t each : sevens) v.push_back(each);
       }},
      {"shrink_to_fit", [&](words& v) {
         v.shrink_to_fit();
         for (const std::uint64_t each : sevens) v.push_back(each);
       }}};
  for (const auto& [name, append_sevens] : ways) {
    SCOPED_TRACE(name);
    words v(settings());
    {
      const late_writes slow;
      push_until_one_is_held(v);
      const std::size_t before = v.size();
      append_sevens(v);
      late_writes::wait_until_done();
      EXPECT_EQ(std::count(v.begin() + static_cast<std::ptrdiff_t>(before), v.end(), 7),
                static_cast<std::ptrdiff_t>(sevens.size()));
      v.truncate(before);
    }
    EXPECT_EQ(wrong_elements(v), 0U);
  }
}

TEST_F(helper_thread, is_waited_for_before_the_file_is_cut) {
  const late_writes slow;
  words v(settings());
  push_until_one_is_held(v);
  v.shrink_to_fit();
  const std::size_t expected_bytes = v.disk_size_bytes();
  late_writes::wait_until_done();
  EXPECT_EQ(v.disk_size_bytes(), expected_bytes);
  EXPECT_LE(expected_bytes, v.size() * sizeof(std::uint64_t) + 64 * KiB);
}

TEST_F(helper_thread, is_waited_for_before_a_file_is_abandoned) {
  const late_writes slow;
  const std::string path = directory_ / "a.npy";
  auto v = file_words::create(path, {});
  push_until_one_is_held(v);
  v.abandon();
  late_writes::wait_until_done();
  EXPECT_EQ(std::filesystem::file_size(path), 128U);
}

TEST_F(helper_thread, is_waited_for_before_the_descriptor_is_closed) {
  const late_writes slow;
  auto v = std::make_optional<words>(settings());
  push_until_one_is_held(*v);
  v.reset();
  EXPECT_FALSE(late_writes::is_one_held());
  EXPECT_TRUE(helper_goes());
}

TEST_F(helper_thread, leaves_a_committed_file_as_it_is) {
  const late_writes slow;
  const std::string path = directory_ / "a.npy";
  auto v = file_words::create(path, {});
  push_until_one_is_held(v);
  v.commit();
  push(v, mebibytes_before_help * words_of_a_mebibyte);
  push_until_one_is_held(v);
  v.truncate(5 * words_of_a_mebibyte + 1);
  v.commit();
  push(v, 3 * words_of_a_mebibyte);
  EXPECT_EQ(wrong_elements(v), 0U);
  v.close();
  late_writes::wait_until_done();
  EXPECT_EQ(std::filesystem::file_size(path),
            128 + (8 * words_of_a_mebibyte + 1) * sizeof(std::uint64_t));
  EXPECT_EQ(wrong_elements(file_words::open(path)), 0U);
}

TEST_F(helper_thread, handles_no_signals_but_its_own_faults) {
  words v(settings());
  push(v, mebibytes_before_help * words_of_a_mebibyte);
  const std::vector<std::string> statuses = helper_statuses();
  ASSERT_EQ(statuses.size(), 1U);
  const std::size_t at = statuses[0].find("SigBlk:\t");
  ASSERT_NE(at, std::string::npos);
  constexpr std::array faults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
  // The C library keeps two past 31 for itself.
  const std::uint64_t blocked = std::stoull(statuses[0].substr(at + 8), nullptr, 16);
  for (int number = 1; number <= 31; ++number) {
    if (number == SIGKILL || number == SIGSTOP) continue;
    const bool is_blocked = (blocked >> (number - 1) & 1) != 0;
    const bool is_fault = std::ranges::find(faults, number) != faults.end();
    EXPECT_NE(is_blocked, is_fault) << "signal " << number;
  }
}

TEST_F(helper_thread, keeps_below_a_limit_that_is_lowered) {
  const std::string status = in_child([this] {
    words v(settings());
    // The helper's write comes after the limit, and above it: SIGXFSZ would end the child.
    const late_writes slow;
    push_until_one_is_held(v);
    limit_resource(RLIMIT_FSIZE, v.size() * sizeof(std::uint64_t));
    const std::size_t room = v.capacity() - v.size();
    push(v, room);
    require(wrong_elements(v) == 0, "an element is wrong");
  });
  EXPECT_EQ(status, "exit 0");
}

TEST_F(helper_thread, is_not_kept_where_the_options_of_persist_do_not_want_it) {
  words v(settings());
  push(v, mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(helper_threads(), 1U);
  options without;
  without.helper_thread = false;
  auto named = persist(std::move(v), directory_ / "a.npy", without);
  EXPECT_TRUE(helper_goes());
  push(named, 2 * mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(helper_threads(), 0U);
  EXPECT_EQ(wrong_elements(named), 0U);
}

TEST_F(helper_thread, is_waited_for_before_the_file_is_replaced_or_copied) {
  const late_writes slow;
  auto named = file_words::create(directory_ / "a.npy", {});
  push_until_one_is_held(named);
  named.snapshot(directory_ / "b.npy");
  words other(settings());
  push_until_one_is_held(other);
  const std::size_t count = other.size();
  named.replace(std::move(other));
  push(named, mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(named.size(), count + mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(wrong_elements(named), 0U);
  EXPECT_EQ(wrong_elements(file_words::open(directory_ / "b.npy")), 0U);
}

TEST_F(helper_thread, leaves_nothing_in_memory_that_trim_drops) {
  const late_writes slow;
  words v(settings());
  push_until_one_is_held(v);
  v.trim();
  late_writes::wait_until_done();
  EXPECT_LE(v.resident_bytes(), 4 * KiB);
}

TEST_F(helper_thread, keeps_the_elements_of_a_vector_that_is_moved_or_persisted) {
  const late_writes slow;
  words v(settings());
  push_until_one_is_held(v);
  words moved = std::move(v);
  push(moved, 3 * words_of_a_mebibyte);
  push_until_one_is_held(moved);
  auto named = persist(std::move(moved), directory_ / "a.npy");
  push(named, 3 * words_of_a_mebibyte);
  named.commit();
  EXPECT_EQ(wrong_elements(named), 0U);
}

/// Fails the writes of all threads but one.
class others_cannot_write final : public observer {
 public:
  others_cannot_write() { start(); }
  ~others_cannot_write() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what != call::pwrite || std::this_thread::get_id() == able_) return std::nullopt;
    ++failed;
    return EIO;
  }
  std::atomic<std::size_t> failed = 0;

 private:
  const std::thread::id able_ = std::this_thread::get_id();
};

TEST_F(helper_thread, is_not_missed_where_it_fails) {
  words v(settings());
  others_cannot_write broken;
  // Who asks for a window that the helper has not begun takes it back, and nothing fails.
  while (broken.failed < 2 && v.size() < 1'000 * words_of_a_mebibyte) push(v, 1'000);
  EXPECT_GE(broken.failed, 2U);
  EXPECT_EQ(wrong_elements(v), 0U);
}

TEST_F(helper_thread, leaves_it_to_the_owner_to_report) {
  words v(settings());
  push(v, mebibytes_before_help * words_of_a_mebibyte);
  std::size_t whole = 0;
  {
    const fault broken(call::pwrite, 0, EIO, fault_lasts::for_ever);
    try {
      for (;;) v.push_back(v.size());
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), EIO);
    }
    whole = v.size();
  }
  EXPECT_GE(whole, mebibytes_before_help * words_of_a_mebibyte);
  push(v, mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(wrong_elements(v), 0U);
}

TEST_F(helper_thread, that_cannot_be_had_is_done_without) {
  const std::string status = in_child_as_nobody([] {
    limit_resource(RLIMIT_NPROC, 0);
    words v;
    push(v, 2 * mebibytes_before_help * words_of_a_mebibyte);
    require(helper_threads() == 0, "there is a thread");
    require(wrong_elements(v) == 0, "an element is wrong");
  });
  EXPECT_EQ(status, "exit 0");
}

TEST_F(helper_thread, needs_a_processor_beside_that_of_the_owner) {
  const std::string status = in_child([this] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    require(::sched_setaffinity(0, sizeof(one), &one) == 0, "cannot bind the child");
    words v(settings());
    push(v, 2 * mebibytes_before_help * words_of_a_mebibyte);
    require(helper_threads() == 0, "there is a thread");
  });
  EXPECT_EQ(status, "exit 0");
}

TEST_F(helper_thread, is_the_parents_and_children_have_their_own) {
  words v(settings());
  push(v, mebibytes_before_help * words_of_a_mebibyte);
  const std::string status = in_child([this, &v] {
    require(wrong_elements(v) == 0, "an element is wrong");
    if (under_sanitizer) return;  // ThreadSanitizer starts no threads after a fork
    words own(settings());
    push(own, 2 * mebibytes_before_help * words_of_a_mebibyte);
    require(helper_threads() == 1, "no thread");
    require(wrong_elements(own) == 0, "an element of the child is wrong");
  });
  EXPECT_EQ(status, "exit 0");
  push(v, mebibytes_before_help * words_of_a_mebibyte);
  EXPECT_EQ(wrong_elements(v), 0U);
}

TEST_F(helper_thread, serves_vectors_of_several_threads) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> wrong = 0;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      words v(settings());
      push(v, 3 * mebibytes_before_help * words_of_a_mebibyte);
      wrong += wrong_elements(v);
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_TRUE(helper_goes());
}

TEST_F(helper_thread, agrees_with_a_model_whatever_comes_between) {
  const late_writes slow;
  std::mt19937_64 random(20'261'124);
  const auto up_to = [&](std::size_t most) { return static_cast<std::size_t>(random() % most); };
  words v(settings());
  std::vector<std::uint64_t> model;
  for (int step = 0; step < 60; ++step) {
    const std::uint64_t value = random();
    switch (up_to(9)) {
      case 0:
        model.resize(model.size() / 2);
        v.truncate(model.size());
        break;
      case 1:
        v.shrink_to_fit();
        break;
      case 2:
        v.trim();
        break;
      case 3: {
        const std::vector<std::uint64_t> values(up_to(words_of_a_mebibyte), value);
        model.insert(model.end(), values.begin(), values.end());
        v.append_range(values);
        break;
      }
      case 4:
        model.resize(model.size() + up_to(words_of_a_mebibyte), value);
        v.resize(model.size(), value);
        break;
      case 5:
        v.evict(0, v.size());
        break;
      default: {
        const std::size_t count = up_to(12 * words_of_a_mebibyte);
        for (std::size_t i = 0; i < count; ++i) v.push_back(value + i);
        for (std::size_t i = 0; i < count; ++i) model.push_back(value + i);
      }
    }
    if (model.size() > 64 * words_of_a_mebibyte) {
      model.clear();
      v.clear();
    }
    ASSERT_TRUE(std::equal(v.begin(), v.end(), model.begin(), model.end())) << "step " << step;
  }
}

}  // namespace
}  // namespace mapvec::test
