// SPDX-License-Identifier: MIT
//
// Goal: where memory runs out in whatever makes, names or opens a file, the vectors and the files
// are as before, and nothing is left behind. Method: operator new fails at its n-th call, for n
// from 0 until the operation completes; then again with the next operation.
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <stdlib.h>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>

#include "support/failing_new.hpp"

namespace mapvec::test {
namespace {

using ints = file_vector<int>;
using elements = std::vector<int>;

class every_allocation : public ::testing::Test {
 protected:
  every_allocation() {
    std::string name = (std::filesystem::temp_directory_path() / "mapvec-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~every_allocation() override { std::filesystem::remove_all(directory_); }

  std::string path(const char* name = "a.npy") const { return directory_ / name; }

  static elements stored(const std::string& path) {
    const auto view = file_view<int>::open(path);
    return {view.begin(), view.end()};
  }

  std::size_t names() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory_), {}));
  }
  static std::size_t descriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
  }

  /// The kinds of temporary vectors: in memory, in a file without a name, in one with a name.
  std::vector<options> kinds() const {
    return {{},
            {.builder = segment_builder::unnamed(directory_), .spill_threshold_bytes = 0},
            {.builder = segment_builder::named(directory_)}};
  }

  /// One life: `prepare()` returns the operation; `check(completed)` looks at what it left.
  struct attempt {
    std::function<void()> operation;
    std::function<void(bool completed)> check;
  };
  void expect_survival(const char* what, const std::function<attempt()>& prepare) const {
    std::size_t failures = 0;
    for (bool completed = false; !completed; ++failures) {
      ASSERT_LT(failures, 1'000U) << what;
      const attempt next = prepare();
      const std::size_t opened = descriptors();
      try {
        const failing_new failing(failures);
        next.operation();
        completed = true;
      } catch (const std::bad_alloc&) {
        EXPECT_EQ(descriptors(), opened) << what << ", allocation " << failures;
      }
      SCOPED_TRACE(std::string(what) + ", allocation " + std::to_string(failures));
      next.check(completed);
      if (HasFailure()) return;
    }
    std::printf("%s: %zu allocations failed\n", what, failures - 1);
    EXPECT_GT(failures, 1U) << what << " needs no memory, so this shows nothing";
  }

  std::filesystem::path directory_;
};

TEST_F(every_allocation, of_creating_leaves_no_file) {
  expect_survival("create", [&]() -> attempt {
    std::filesystem::remove(path());
    return {[&] { ints::create(path()); },
            [&](bool completed) { EXPECT_EQ(names(), completed ? 1U : 0U); }};
  });
}

TEST_F(every_allocation, of_opening_leaves_the_file_and_its_lock_free) {
  ints::create(path()).append_range(elements{1, 2, 3});
  expect_survival("open", [&]() -> attempt {
    return {[&] { ints::open(path()); }, [&](bool) { EXPECT_EQ(ints::open(path()).size(), 3U); }};
  });
}

TEST_F(every_allocation, of_viewing_leaves_nothing) {
  ints::create(path()).append_range(elements{1, 2, 3});
  expect_survival("view", [&]() -> attempt {
    return {[&] { file_view<int>::open(path()); }, [&](bool) { EXPECT_EQ(names(), 1U); }};
  });
}

TEST_F(every_allocation, of_a_first_write_after_opening_changes_nothing) {
  std::optional<ints> v;
  expect_survival("first write", [&]() -> attempt {
    v.reset();
    std::filesystem::remove(path());
    ints::create(path()).append_range(elements{1, 2, 3});
    v.emplace(ints::open(path()));
    return {[&] { v->push_back(4); },
            [&](bool completed) {
              if (!completed) v->push_back(4);
              v->commit();
              EXPECT_EQ(stored(path()), (elements{1, 2, 3, 4}));
            }};
  });
}

TEST_F(every_allocation, of_persisting_leaves_the_source_and_no_file) {
  const elements expected(1'000, 7);
  for (const options& kind : kinds()) {
    std::optional<vector<int>> source;
    expect_survival("persist", [&]() -> attempt {
      source.reset();
      std::filesystem::remove(path());
      source.emplace(expected, kind);
      return {[&] { persist(std::move(*source), path()); },
              [&](bool completed) {
                EXPECT_EQ(std::filesystem::exists(path()), completed);
                if (completed) {
                  EXPECT_EQ(stored(path()), expected);
                  return;
                }
                EXPECT_TRUE(
                    std::equal(source->begin(), source->end(), expected.begin(), expected.end()));
                EXPECT_EQ(names(), source->path().empty() ? 0U : 1U);
                source->push_back(8);
              }};
    });
  }
}

TEST_F(every_allocation, of_replacing_leaves_both_vectors) {
  const elements expected(1'000, 7);
  for (const options& kind : kinds()) {
    std::optional<ints> v;
    std::optional<vector<int>> next;
    expect_survival("replace", [&]() -> attempt {
      v.reset();
      next.reset();
      std::filesystem::remove(path());
      v.emplace(ints::create(path()));
      v->append_range(elements{1, 2, 3});
      v->commit();
      next.emplace(expected, kind);
      return {[&] { v->replace(std::move(*next)); },
              [&](bool completed) {
                elements whole = completed ? expected : elements{1, 2, 3};
                EXPECT_EQ(stored(path()), whole);
                EXPECT_EQ(next->size(), completed ? 0U : expected.size());
                v->push_back(4);
                v->commit();
                whole.push_back(4);
                EXPECT_EQ(stored(path()), whole) << "a commit went to another file";
                next.reset();
                EXPECT_EQ(names(), 1U);
              }};
    });
  }
}

TEST_F(every_allocation, of_a_snapshot_leaves_no_file) {
  auto v = ints::create(path());
  v.append_range(elements{1, 2, 3});
  expect_survival("snapshot", [&]() -> attempt {
    std::filesystem::remove(path("copy.npy"));
    return {[&] { v.snapshot(path("copy.npy")); },
            [&](bool completed) { EXPECT_EQ(names(), completed ? 2U : 1U); }};
  });
}

}  // namespace
}  // namespace mapvec::test
