// SPDX-License-Identifier: MIT
//
// Goal: whatever the kernel refuses, and whenever, a vector is what it was before the call, goes
// on, and leaves nothing behind. Method: scripts of operations run on a mapvec::vector and on a
// std::vector side by side. Each script runs once for every system call it makes, for several
// errnos that the call may return, and twice: the fault comes once, or stays for ever. After each
// operation both vectors hold the same elements, with or without an exception; after each run
// descriptors, mappings, files and blocks are back to what they were. A run without a fault ends
// the loop, so that every call had its turn.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/segment.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "support/captured_errors.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

/// 4 KiB, so that few appends make a large file. Only what the comparison reads is written.
struct page_sized {
  std::uint64_t first = 0;
  std::array<std::uint64_t, 510> unwritten;
  std::uint64_t last = 0;

  page_sized() = default;
  page_sized(std::uint64_t value) : first(value), last(~value) {}
  bool operator==(const page_sized& other) const {
    return first == other.first && last == other.last;
  }
};
static_assert(sizeof(page_sized) == 4096);

/// A vector and its shadow. `apply` runs one operation on both; an exception of the first must
/// leave it equal to the shadow, which then stays as it is.
template <class T>
class shadowed {
 public:
  explicit shadowed(const options& settings) : subject_(settings) {}

  template <class Operation>
  void apply(Operation operation) {
    const T* const data_before = subject_.data();
    try {
      operation(subject_);
    } catch (const error& failure) {
      ++exceptions_;
      EXPECT_NE(failure.code().value(), 0) << failure.what();
      EXPECT_EQ(subject_.data(), data_before) << failure.what();
      expect_equal();
      return;
    }
    if (data_before != nullptr) {
      EXPECT_EQ(subject_.data(), data_before);
    }
    operation(shadow_);
    expect_equal();
  }

  /// The same for an operation that exchanges the whole vector, addresses included.
  template <class Operation>
  void replace(Operation operation) {
    try {
      operation(subject_);
      operation(shadow_);
    } catch (const error&) {
      ++exceptions_;
    }
    expect_equal();
  }

  /// An operation that changes no element, and that std::vector does not have.
  template <class Operation>
  void ask(Operation operation) {
    try {
      operation(subject_);
    } catch (const error&) {
      ++exceptions_;
    }
    expect_equal();
  }

  /// Stops at the second refusal of one element.
  void append(std::size_t count) {
    std::size_t refusals = 0;
    for (std::size_t done = 0; done < count && refusals < 2;) {
      const T value = static_cast<T>(shadow_.size() * 7 + 1);
      try {
        subject_.push_back(value);
        shadow_.push_back(value);
        ++done;
        refusals = 0;
      } catch (const error&) {
        ++exceptions_;
        ++refusals;
        expect_equal();
      }
    }
    expect_equal();
  }

  mapvec::vector<T>& subject() { return subject_; }
  const std::vector<T>& shadow() const { return shadow_; }
  std::size_t exceptions() const { return exceptions_; }

 private:
  void expect_equal() const {
    ASSERT_EQ(subject_.size(), shadow_.size());
    ASSERT_LE(subject_.size(), subject_.capacity());
    ASSERT_TRUE(std::equal(shadow_.begin(), shadow_.end(), subject_.begin()));
  }

  mapvec::vector<T> subject_;
  std::vector<T> shadow_;
  std::size_t exceptions_ = 0;
};

using script = std::function<void(const std::string& directory)>;

struct totals {
  std::size_t runs = 0;
  std::size_t faults = 0;
};

class every_system_call : public ::testing::Test {
 protected:
  void SetUp() override {
    disk_.emplace(private_mount::tmpfs(256 << 20));
    if (!disk_->is_mounted()) fallback_.emplace();
    warm_up_the_library();
  }

  /// A small file system of our own counts exactly; without root, a directory has to do.
  const std::string& directory() const {
    return disk_->is_mounted() ? disk_->path() : fallback_->path();
  }

  struct state {
    std::set<int> descriptors = open_descriptors();
    std::uint64_t mapped_bytes = library_mapped_bytes();
    std::uint64_t active_segments = stats().active_segments;
    std::vector<std::string> names;
    std::uint64_t free = 0;
    bool operator==(const state&) const = default;
  };

  state state_now() const {
    state result;
    result.names = names_in(directory());
    if (disk_->is_mounted()) result.free = free_bytes(directory());
    return result;
  }

  static void expect_same(const state& now, const state& before) {
    EXPECT_EQ(now.descriptors, before.descriptors);
    EXPECT_EQ(now.mapped_bytes, before.mapped_bytes);
    EXPECT_EQ(now.active_segments, before.active_segments);
    EXPECT_EQ(now.names, before.names);
    EXPECT_EQ(now.free, before.free);
  }

  /// A file may stay only where an error said so.
  void remove_what_was_reported(const captured_errors& reported) const {
    for (const error& failure : reported.all()) ::unlink(failure.path().c_str());
  }

  /// One run with one fault. Returns how many calls were failed.
  std::size_t run_with_fault(const script& steps, std::size_t nth, std::size_t choice,
                             fault_lasts lasts) const {
    const state before = state_now();
    std::size_t delivered = 0;
    {
      const captured_errors reported;
      const fault failing(nth, choice, lasts);
      {
        SCOPED_TRACE(failing.description());
        steps(directory());
      }
      delivered = failing.delivered();
      if (HasFailure()) ADD_FAILURE() << "the fault was: " << failing.description();
      reclaim_what_faults_left();
      remove_what_was_reported(reported);
    }
    expect_same(state_now(), before);
    if (HasFailure()) ADD_FAILURE() << "at call " << nth << ", choice " << choice;
    return delivered;
  }

  totals fail_every_call(const script& steps) const {
    totals sum;
    for (const fault_lasts lasts : {fault_lasts::once, fault_lasts::for_ever}) {
      for (std::size_t choice = 0; choice < 4; ++choice) {
        for (std::size_t nth = 0; !HasFailure(); ++nth) {
          const std::size_t delivered = run_with_fault(steps, nth, choice, lasts);
          ++sum.runs;
          sum.faults += delivered;
          if (delivered == 0) break;
        }
      }
    }
    return sum;
  }

  void expect_survival(const char* name, const script& steps) const {
    const state before = state_now();
    steps(directory());
    expect_same(state_now(), before);
    ASSERT_FALSE(HasFailure()) << "the script fails without a fault";
    const totals sum = fail_every_call(steps);
    EXPECT_GT(sum.faults, 8U) << "hardly a call was failed";
    std::printf("%s: %zu runs, %zu faults\n", name, sum.runs, sum.faults);
  }

  std::optional<private_mount> disk_;
  std::optional<scratch_directory> fallback_;
};

options in_file(const std::string& directory) {
  return {.builder = segment_builder::unnamed(directory),
          .reservation_bytes = 1 * GiB,
          .spill_threshold_bytes = 0};
}

options in_memory_first(const std::string& directory) {
  return {.builder = segment_builder::unnamed(directory), .spill_threshold_bytes = 64 * KiB};
}

template <class T>
void use_all_operations(shadowed<T>& both, std::size_t count) {
  both.append(count);
  both.apply([&](auto& v) { v.reserve(3 * count); });
  both.apply([&](auto& v) { v.resize(2 * count, T(5)); });
  both.apply([&](auto& v) { v.shrink_to_fit(); });
  both.append(count / 4 + 1);
  both.apply([&](auto& v) {
    if (!v.empty()) v.pop_back();
  });
  both.apply([&](auto& v) { v.clear(); });
  both.apply([&](auto& v) { v.shrink_to_fit(); });
  both.append(count);
}

TEST_F(every_system_call, of_a_small_vector) {
  expect_survival("small vector", [](const std::string& directory) {
    shadowed<int> both(in_memory_first(directory));
    use_all_operations(both, 100);
  });
}

TEST_F(every_system_call, of_a_spill) {
  expect_survival("spill", [](const std::string& directory) {
    shadowed<std::uint32_t> both(in_memory_first(directory));
    both.append(1'000);
    both.apply([](auto& v) { v.reserve(40'000); });
    both.append(30'000);
    use_all_operations(both, 10'000);
  });
}

TEST_F(every_system_call, of_a_vector_that_starts_with_a_file) {
  expect_survival("file from the first element", [](const std::string& directory) {
    shadowed<std::uint64_t> both(in_file(directory));
    use_all_operations(both, 5'000);
  });
}

TEST_F(every_system_call, of_growth_through_append_windows) {
  expect_survival("growth to 18 MiB through windows", [](const std::string& directory) {
    shadowed<page_sized> both(in_file(directory));
    both.append(4'608);
    both.apply([](auto& v) { v.shrink_to_fit(); });
    both.append(10);
  });
}

TEST_F(every_system_call, without_unnamed_files) {
  for (const int errno_value : {EOPNOTSUPP, EISDIR}) {
    const refusal no_unnamed_files(feature::unnamed_files, errno_value);
    expect_survival("no unnamed files", [](const std::string& directory) {
      shadowed<int> both(in_file(directory));
      use_all_operations(both, 2'000);
    });
    EXPECT_GT(no_unnamed_files.delivered(), 0U);
  }
}

TEST_F(every_system_call, with_a_budget_and_a_share_of_the_disk) {
  for (const bool allocates : {true, false}) {
    std::optional<refusal> no_fallocate;
    if (!allocates) no_fallocate.emplace(feature::allocation, EOPNOTSUPP);
    expect_survival("budget", [](const std::string& directory) {
      options settings = in_file(directory);
      settings.memory_budget_bytes = 512 * KiB;
      settings.free_disk_percent = 1;
      shadowed<page_sized> both(settings);
      both.append(200);
      both.ask([](auto& v) { v.trim(); });
      both.apply([](auto& v) { v.resize(30); });
      both.append(100);
      both.ask([](auto& v) { v.shrink_to_fit(); });
    });
  }
}

TEST_F(every_system_call, without_allocation) {
  const refusal no_fallocate(feature::allocation, EOPNOTSUPP);
  expect_survival("no fallocate", [](const std::string& directory) {
    shadowed<std::uint64_t> both(in_file(directory));
    use_all_operations(both, 2'000);
  });
  EXPECT_GT(no_fallocate.delivered(), 0U);
}

TEST_F(every_system_call, without_populate) {
  const refusal no_populate(feature::populate_for_write, EINVAL);
  expect_survival("no populate", [](const std::string& directory) {
    shadowed<page_sized> both(in_file(directory));
    both.append(600);
  });
  EXPECT_GT(no_populate.delivered(), 0U);
}

TEST_F(every_system_call, of_a_named_builder) {
  expect_survival("named", [](const std::string& directory) {
    std::optional<options> settings;
    try {
      settings = options{.builder = segment_builder::named(directory)};
    } catch (const error&) {
      return;
    }
    shadowed<int> both(*settings);
    use_all_operations(both, 2'000);
  });
}

TEST_F(every_system_call, of_a_named_builder_without_unnamed_files) {
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  expect_survival("named, no unnamed files", [](const std::string& directory) {
    try {
      shadowed<int> both(options{.builder = segment_builder::named(directory)});
      use_all_operations(both, 2'000);
    } catch (const error&) {
    }
  });
}

TEST_F(every_system_call, of_a_path_of_ones_own) {
  expect_survival("own path", [](const std::string& directory) {
    int number = 0;
    shadowed<int> both(options{.builder = segment_builder([&] {
                                 return directory + "/own-" + std::to_string(number++);
                               })});
    use_all_operations(both, 2'000);
  });
}

TEST_F(every_system_call, of_eviction_and_advice) {
  expect_survival("evict, prefetch, advise", [](const std::string& directory) {
    shadowed<std::uint64_t> both(in_file(directory));
    both.append(300'000);
    both.ask([](auto& v) { v.evict(0, v.size()); });
    both.ask([](auto& v) { v.prefetch(); });
    both.ask([](auto& v) { v.prefetch(10, 100'000'000); });
    both.ask([](auto& v) { v.advise(access::random); });
    both.ask([](auto& v) { v.prefault(0, v.size()); });
    both.ask([](auto& v) { v.resident_bytes(); });
    both.ask([](auto& v) { v.disk_size_bytes(); });
    both.append(100'000);
    both.ask([](auto& v) { v.evict(1'000, 50'000); });
    both.append(100'000);
  });
}

TEST_F(every_system_call, of_copy_move_and_swap) {
  expect_survival("copy, move, swap", [](const std::string& directory) {
    shadowed<int> both(in_memory_first(directory));
    both.append(40'000);
    shadowed<int> other(in_memory_first(directory));
    other.append(10);
    both.replace([](auto& v) {
      auto copy = v;
      copy.push_back(1);
      v.swap(copy);
    });
    both.apply([](auto& v) {
      auto moved = std::move(v);
      v = std::move(moved);
    });
    try {
      other.subject() = both.subject();
      EXPECT_TRUE(std::equal(both.shadow().begin(), both.shadow().end(), other.subject().begin(),
                             other.subject().end()));
    } catch (const error&) {
      EXPECT_TRUE(std::equal(other.shadow().begin(), other.shadow().end(), other.subject().begin(),
                             other.subject().end()));
    }
  });
}

TEST_F(every_system_call, of_a_segment) {
  expect_survival("segment", [](const std::string& directory) {
    const std::string path = directory + "/segment";
    std::size_t written = 0;
    try {
      auto made = segment<int>::create(path, 5'000);
      while (made.try_push_back(static_cast<int>(written)) != nullptr) ++written;
      EXPECT_EQ(written, 5'000U);
      made.prefetch();
    } catch (const error&) {
      return;
    }
    try {
      const auto opened = segment<int>::open(path);
      EXPECT_EQ(opened.size(), 5'000U);
      EXPECT_EQ(opened[4'999], 4'999);
    } catch (const error&) {
    }
    EXPECT_EQ(::unlink(path.c_str()), 0);
  });
}

}  // namespace
}  // namespace mapvec::test
