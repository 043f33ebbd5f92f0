// SPDX-License-Identifier: MIT
//
// Goal: a sort or a shuffle that ends while it overwrites a vector puts all elements back, and onto
// the disk: what is left in the page cache is not left to a write-back whose error nobody hears of.
// The same for what a block_writer has been given. Method: progress throws at three quarters, and
// makes what comes then fail; the bytes that are in memory afterwards; operator new that fails.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <fcntl.h>

#include <mapvec/detail/block_writer.hpp>
#include <mapvec/shuffle.hpp>

#include "sort_case.hpp"
#include "support/failing_new.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

using numbers = vector<std::uint64_t>;

constexpr std::size_t value_count = 512 * KiB;
constexpr std::size_t few_bytes = 256 * KiB;  // of the 4 MiB that these are

class copying_back : public sorting {
 protected:
  /// In a file, and not in memory.
  numbers cold() const {
    numbers v = filed(values_);
    v.evict(0, v.size());
    return v;
  }

  void expect_all_on_disk(numbers& v) const {
    EXPECT_LE(v.resident_bytes(), few_bytes);
    v.evict(0, v.size());
    EXPECT_TRUE(same_elements(contents(v), values_));
  }

  const std::vector<std::uint64_t> values_ = random_numbers(value_count);
};

using operation = std::function<void(numbers&, std::function<void(double)>)>;

/// Both ways to put a vector into another order.
std::vector<operation> both() {
  return {[](numbers& v, std::function<void(double)> progress) {
            sort(v, {}, {},
                 {.memory_bytes = 512 * KiB, .threads = 2, .progress = std::move(progress)});
          },
          [](numbers& v, std::function<void(double)> progress) {
            shuffle(v, std::mt19937_64(1),
                    {.memory_bytes = 512 * KiB, .progress = std::move(progress)});
          }};
}

/// Needs no memory.
struct enough {};

/// Ends it at three quarters, after end().
template <class End>
void end_in_the_second_pass(const operation& change, numbers& v, End end) {
  bool has_ended = false;
  try {
    change(v, [&](double done) {
      if (done < 0.75 || has_ended) return;
      has_ended = true;
      end();
      throw enough();
    });
    FAIL() << "not ended";
  } catch (const enough&) {
  }
}

TEST_F(copying_back, leaves_nothing_in_the_page_cache) {
  for (const operation& change : both()) {
    numbers v = cold();
    end_in_the_second_pass(change, v, [] {});
    expect_all_on_disk(v);
  }
}

class no_direct_access final : public observer {
 public:
  no_direct_access() { start(); }
  ~no_direct_access() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what != call::open || (record.flags & O_DIRECT) == 0) return std::nullopt;
    return EINVAL;
  }
};

TEST_F(copying_back, waits_for_the_cache_where_there_is_no_direct_access) {
  for (const operation& change : both()) {
    numbers v = cold();
    std::optional<call_log> log;
    const no_direct_access refused;
    end_in_the_second_pass(change, v, [&] { log.emplace(); });
    std::size_t waited_bytes = 0;
    for (const call_record& each : log->records(call::sync_file_range)) {
      waited_bytes += each.size_bytes;
    }
    EXPECT_GE(waited_bytes, v.size() * sizeof(std::uint64_t));
    EXPECT_TRUE(same_elements(contents(v), values_));
  }
}

TEST_F(copying_back, where_memory_is_out_needs_none) {
  // A path with a number of one digit would fit into a string that allocates nothing.
  std::vector<numbers> others;
  while (others.size() < 12) others.push_back(filed(std::vector<std::uint64_t>(1)));
  for (const operation& change : both()) {
    numbers v = cold();
    end_in_the_second_pass(change, v, [] { let_memory_be_out(true); });
    let_memory_be_out(false);
    expect_all_on_disk(v);
  }
}

TEST_F(copying_back, to_a_disk_that_has_failed_marks_the_vector_failed) {
  for (const operation& change : both()) {
    for (const call what : {call::pwrite, call::sync_file_range}) {
      numbers v = cold();
      std::optional<fault> broken;
      end_in_the_second_pass(change, v,
                             [&] { broken.emplace(what, 0, EIO, fault_lasts::for_ever); });
      EXPECT_GT(broken->delivered(), 0U);
      broken.reset();
      try {
        v.evict(0, v.size());
        ADD_FAILURE() << "not failed";
      } catch (const error& failure) {
        EXPECT_EQ(failure.code().value(), EIO);
      }
    }
  }
}

/// The first write of whole pages to each place fails.
class failing_direct_writes final : public observer {
 public:
  failing_direct_writes() { start(); }
  ~failing_direct_writes() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what != call::pwrite || record.size_bytes % detail::direct_bytes != 0 ||
        !places_.insert(record.offset).second) {
      return std::nullopt;
    }
    return EIO;
  }

 private:
  std::set<std::uint64_t> places_;
};

TEST_F(copying_back, where_direct_writes_fail_goes_through_the_cache) {
  for (const operation& change : both()) {
    numbers v = cold();
    std::optional<failing_direct_writes> broken;
    end_in_the_second_pass(change, v, [&] { broken.emplace(); });
    broken.reset();
    expect_all_on_disk(v);
  }
}

/// Nothing has been overwritten, so nothing is put back: the temporary file need not be readable.
TEST_F(copying_back, is_not_done_where_the_buffers_for_writing_cannot_be_had) {
  numbers v = cold();
  std::optional<fault> no_memory;
  std::optional<fault> broken;
  try {
    shuffle(v, std::mt19937_64(1), {.memory_bytes = MiB, .progress = [&](double done) {
                                      if (done <= 0.5 || broken) return;
                                      no_memory.emplace(call::mmap, 0, ENOMEM,
                                                        fault_lasts::for_ever);
                                      broken.emplace(call::pread, 0, EIO, fault_lasts::for_ever);
                                    }});
    FAIL() << "without buffers";
  } catch (const std::exception&) {
  }
  EXPECT_GT(no_memory->delivered(), 0U);
  EXPECT_EQ(broken->delivered(), 0U);
  no_memory.reset();
  broken.reset();
  v.evict(0, v.size());
  EXPECT_TRUE(same_bytes(contents(v), values_));
}

/// Gives zeros to a writer whose disk fails once.
class rescuing : public copying_back {
 protected:
  rescuing() : writer_(detail::vector_access::storage_of(v_).source(size_bytes), {}) {
    const fault broken(call::pwrite, 0, EIO, fault_lasts::once);
    const std::vector<std::byte> zeros(size_bytes);
    EXPECT_THROW(
        {
          writer_.write(zeros.data(), zeros.size());
          writer_.finish();
        },
        error);
  }

  static constexpr std::size_t size_bytes = value_count * sizeof(std::uint64_t) - 40;
  numbers v_ = cold();
  detail::block_writer writer_;
};

TEST_F(rescuing, leaves_nothing_in_the_page_cache) {
  EXPECT_TRUE(writer_.rescue());
  EXPECT_LE(v_.resident_bytes(), few_bytes);
  v_.evict(0, v_.size());
  std::vector<std::uint64_t> expected(value_count);
  std::copy(values_.end() - 5, values_.end(), expected.end() - 5);
  EXPECT_EQ(contents(v_), expected);
}

TEST_F(rescuing, says_that_a_write_back_has_failed) {
  const fault broken(call::sync_file_range, 0, EIO, fault_lasts::for_ever);
  EXPECT_FALSE(writer_.rescue());
}

}  // namespace
}  // namespace mapvec::test
