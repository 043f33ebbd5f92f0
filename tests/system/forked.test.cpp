// SPDX-License-Identifier: MIT
//
// Goal: a child of fork reads the elements, cannot change the structure, and whatever way it ends,
// the parent keeps everything. Method: real children, for each stage of a vector.
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

using texts = mapvec::vector<std::string>;
using words = mapvec::vector<std::uint64_t>;

class forked : public counts_resources, public ::testing::WithParamInterface<const char*> {
 protected:
  options settings() const {
    const std::string stage = GetParam();
    if (stage == "named") return {.builder = segment_builder::named(directory_.path())};
    options result{.builder = segment_builder::unnamed(directory_.path())};
    if (stage == "file") result.spill_threshold_bytes = 0;
    return result;
  }

  scratch_directory directory_;
};

TEST_P(forked, child_reads_but_cannot_change_the_structure) {
  words v(settings());
  for (std::uint64_t i = 0; i < 1'000; ++i) v.push_back(i);
  const auto try_everything = [&] {
    for (std::uint64_t i = 0; i < 1'000; ++i) require(v[i] == i, "an element is wrong");
    require_refused("push_back", [&] { v.push_back(1); });
    require_refused("emplace_back", [&] { v.emplace_back(1U); });
    require_refused("insert", [&] { v.insert(v.begin(), 1); });
    require_refused("erase", [&] { v.erase(v.begin()); });
    require_refused("resize", [&] { v.resize(2'000); });
    require_refused("resize within the capacity", [&] { v.resize(v.size() + 1); });
    require_refused("resize_for_overwrite", [&] { v.resize_for_overwrite(5'000); });
    require_refused("reserve", [&] { v.reserve(1'000'000); });
    require_refused("assign", [&] { v.assign(10, 5); });
    require_refused("assign of a list", [&] { v = {1, 2, 3}; });
    require_refused("append_range", [&] { v.append_range(std::vector<std::uint64_t>{1}); });
    require_refused("shrink_to_fit", [&] { v.shrink_to_fit(); });
    require_refused("truncate", [&] { v.truncate(5); });
    require_refused("truncate_front", [&] { v.truncate_front(5); });
    require_refused("pop", [&] { v.pop(); });
    require_refused("mapvec::erase", [&] { erase(v, 3U); });
    require_refused("mapvec::erase_if", [&] { erase_if(v, [](auto each) { return each < 5; }); });
    require(v.size() == 1'000, "the size changed");
    for (std::uint64_t i = 0; i < 1'000; ++i) require(v[i] == i, "an element changed");
  };
  EXPECT_EQ(in_child(try_everything), "exit 0");
  EXPECT_EQ(v.size(), 1'000U);
  for (std::uint64_t i = 0; i < 1'000; ++i) ASSERT_EQ(v[i], i);
  v.push_back(1'000);
  EXPECT_EQ(v.back(), 1'000U);
}

TEST_P(forked, try_push_back_in_the_child_adds_nothing) {
  words v(settings());
  v.assign(10, 1);
  const auto try_to_push = [&] {
    try {
      require(v.try_push_back(5) == nullptr, "it was appended");
    } catch (const error&) {
      require(v.size() == 10, "the size changed");
    }
  };
  EXPECT_EQ(in_child(try_to_push), "exit 0");
}

TEST_P(forked, child_can_make_vectors_and_copies_of_its_own) {
  words v(settings());
  for (std::uint64_t i = 0; i < 300'000; ++i) v.push_back(i);
  const auto make_own = [&] {
    words copy(v);
    copy.push_back(300'000);
    for (std::uint64_t i = 0; i <= 300'000; ++i) require(copy[i] == i, "the copy is wrong");
    words own(settings());
    own.resize(500'000, 9);
    require(own.back() == 9, "its own vector is wrong");
  };
  EXPECT_EQ(in_child(make_own), "exit 0");
  EXPECT_EQ(v.size(), 300'000U);
}

TEST_P(forked, destructors_in_the_child_do_nothing_to_the_parent) {
  std::optional<texts> v(settings());
  for (int i = 0; i < 1'000; ++i) v->push_back("text number " + std::to_string(i));
  const std::string path = v->path();
  const std::uint64_t segments = stats().active_segments;
  EXPECT_EQ(in_child([&] { v.reset(); }), "exit 0");
  EXPECT_EQ(in_child([&] {
              v->clear();
              v.reset();
            }),
            "exit 0");
  EXPECT_EQ(in_child([&] { texts moved(std::move(*v)); }), "exit 0");
  EXPECT_EQ(stats().active_segments, segments);
  ASSERT_EQ(v->size(), 1'000U);
  for (int i = 0; i < 1'000; ++i)
    ASSERT_EQ((*v)[static_cast<std::size_t>(i)], "text number " + std::to_string(i));
  if (!path.empty()) {
    EXPECT_EQ(::access(path.c_str(), F_OK), 0) << "the child removed " << path;
  }
  v->push_back("still growing");
}

TEST_P(forked, child_that_calls_exit_changes_nothing) {
  // With static storage, such that exit destroys it in the child.
  static std::optional<words> v;
  v.emplace(settings());
  for (std::uint64_t i = 0; i < 300'000; ++i) v->push_back(i);
  const std::string path = v->path();
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Neither the test framework's output nor its leak check belong to the child.
    ::close(STDOUT_FILENO);
    ::close(STDERR_FILENO);
    v.reset();
    std::exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  for (std::uint64_t i = 0; i < 300'000; ++i) ASSERT_EQ((*v)[i], i);
  if (!path.empty()) {
    EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  }
  v->push_back(1);
  v.reset();
}

TEST_P(forked, parent_may_go_first) {
  auto v = std::make_unique<words>(settings());
  for (std::uint64_t i = 0; i < 300'000; ++i) v->push_back(i);
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[1]);
    char byte = 0;
    const bool parent_is_done = ::read(ends[0], &byte, 1) == 0;
    std::uint64_t sum = 0;
    for (const std::uint64_t each : *v) sum += each;
    ::_exit(parent_is_done && sum == 300'000ULL * 299'999 / 2 ? 0 : 1);
  }
  v.reset();
  ::close(ends[0]);
  ::close(ends[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(describe_status(status), "exit 0");
}

INSTANTIATE_TEST_SUITE_P(of_a_vector_in, forked, ::testing::Values("memory", "file", "named"),
                         [](const auto& parameters) { return std::string(parameters.param); });

}  // namespace
}  // namespace mapvec::test
