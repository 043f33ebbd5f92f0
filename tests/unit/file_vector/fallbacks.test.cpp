// SPDX-License-Identifier: MIT
//
// Goal: what kernels and file systems lack is done without: files get their name complete and
// alone, and nothing hidden stays. Method: the features are refused one by one and together, for
// each way a file can come into being.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class file_vector_fallbacks : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  vector<int> temporary(const options& settings) const {
    vector<int> elements(settings);
    elements.append_range(std::vector<int>{1, 2, 3});
    return elements;
  }

  /// All ways, each at a path of its own, which holds 1, 2, 3 afterwards.
  std::vector<std::function<void(const std::string&)>> ways() const {
    return {
        [](const std::string& name) { ints::create(name).assign({1, 2, 3}); },
        [this](const std::string& name) { persist(temporary({}), name); },
        [this](const std::string& name) { persist(temporary(in_file()), name); },
        [this](const std::string& name) {
          persist(temporary({.builder = segment_builder::named(directory())}), name);
        },
        [this](const std::string& name) {
          auto v = ints::create(name);
          v.replace(temporary({}));
        },
        [this](const std::string& name) {
          auto v = ints::create(name);
          v.replace(temporary(in_file()));
        },
        [](const std::string& name) {
          auto v = ints::create(name + ".original");
          v.assign({1, 2, 3});
          v.snapshot(name);
        },
    };
  }

  void expect_all_ways_work() const {
    const auto all = ways();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string name = path(std::to_string(i));
      all[i](name);
      expect_elements(stored_elements<int>(name), {1, 2, 3});
      EXPECT_EQ(errno_of([&] { ints::create(name); }), EEXIST);
      auto again = ints::open(name);
      again.push_back(4);
      again.close();
      expect_elements(stored_elements<int>(name), {1, 2, 3, 4});
    }
    EXPECT_EQ(names_in(directory()).size(), all.size() + 1) << "and one original";
  }
};

TEST_F(file_vector_fallbacks, without_unnamed_files) {
  for (const int errno_value : {EOPNOTSUPP, EISDIR, EINVAL}) {
    const refusal no_unnamed_files(feature::unnamed_files, errno_value);
    const call_log log;
    expect_all_ways_work();
    EXPECT_GT(no_unnamed_files.delivered(), 6U);
    EXPECT_GT(log.count(call::rename), 6U) << "hidden names";
    for (const std::string& name : names_in(directory())) ::unlink(path(name).c_str());
  }
}

TEST_F(file_vector_fallbacks, without_a_way_to_link_what_has_no_name) {
  // No /proc: neither can the descriptor be named.
  const fault no_proc(call::stat_path, 0, ENOENT, fault_lasts::once);
  const call_log log;
  ints::create(path()).push_back(1);
  EXPECT_EQ(no_proc.delivered(), 1U);
  EXPECT_EQ(log.count(call::link_descriptor), 0U);
  EXPECT_EQ(log.count(call::rename), 1U);
  expect_elements(stored_elements<int>(path()), {1});
}

/// Nobody tells the umask, nor where an open file is.
TEST_F(file_vector_fallbacks, without_proc_at_all) {
  if (const auto probe = private_mount::tmpfs(64 * KiB); !probe.is_mounted()) {
    GTEST_SKIP() << probe.why_not();
  }
  ints::create(path("target.npy")).push_back(1);
  EXPECT_EQ(::symlink("target.npy", path("link.npy").c_str()), 0);
  const auto without_proc = [&] {
    const auto hidden = private_mount::tmpfs_over("/proc");
    require(hidden.is_mounted(), hidden.why_not());
    vector<int> temporary({1, 2, 3}, {.builder = segment_builder::named(directory())});
    persist(std::move(temporary), path()).push_back(4);
    auto through_link = ints::open(path("link.npy"));
    try {
      through_link.replace(vector<int>({5, 6}));
      require(false, "replaced the link");
    } catch (const error& failure) {
      require(failure.code().value() == ELOOP, failure.what());
    }
  };
  EXPECT_EQ(in_child(without_proc), "exit 0");
  expect_elements(stored_elements<int>(path()), {1, 2, 3, 4});
  EXPECT_EQ(mode_of(path()), 0600U);
  expect_elements(stored_elements<int>(path("target.npy")), {1});
}

TEST_F(file_vector_fallbacks, without_allocation) {
  const refusal no_allocation(feature::allocation, EOPNOTSUPP);
  expect_all_ways_work();
  EXPECT_GT(no_allocation.delivered(), 6U);
}

TEST_F(file_vector_fallbacks, without_a_rename_that_replaces_nothing) {
  class no_such_rename final : public observer {
   public:
    no_such_rename() { start(); }
    ~no_such_rename() { stop(); }
    std::optional<int> before(const call_record& record) override {
      if (record.what != call::rename || record.flags == 0) return std::nullopt;
      ++delivered;
      return EINVAL;
    }
    std::size_t delivered = 0;
  };
  const no_such_rename refused;
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  const call_log log;
  expect_all_ways_work();
  EXPECT_GT(refused.delivered, 6U);
  EXPECT_GT(log.count(call::link), 6U);
}

TEST_F(file_vector_fallbacks, of_names_never_replace_a_file) {
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  for (const bool can_rename : {true, false}) {
    write_contents(path("other"), "precious");
    std::optional<fault> no_rename;
    if (!can_rename) no_rename.emplace(call::rename, 0, EINVAL, fault_lasts::for_ever);
    EXPECT_EQ(errno_of([&] { ints::create(path("other")); }), EEXIST);
    for (const options& settings :
         {options{}, in_file(), options{.builder = segment_builder::named(directory())}}) {
      auto source = temporary(settings);
      EXPECT_EQ(errno_of([&] { persist(std::move(source), path("other")); }), EEXIST);
      expect_elements(source, {1, 2, 3});
    }
    EXPECT_EQ(contents_of(path("other")), "precious");
    EXPECT_EQ(names_in(directory()), std::vector<std::string>{"other"});
  }
}

/// The second link was made, and the first cannot be removed: then either the file is there and the
/// left-over name is reported, or the error is thrown and no file is there.
TEST_F(file_vector_fallbacks, of_names_that_fail_half_way_tell_the_truth) {
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  const fault no_rename(call::rename, 0, EINVAL, fault_lasts::for_ever);
  for (const fault_lasts lasts : {fault_lasts::once, fault_lasts::for_ever}) {
    const captured_errors reported;
    int failed = 0;
    {
      const fault failing(call::unlink, 0, EACCES, lasts);
      failed = errno_of([&] { ints::create(path()).push_back(1); });
      EXPECT_GE(failing.delivered(), 1U);
    }
    EXPECT_EQ(exists(path()), failed == 0) << "the caller was told the contrary";
    for (const std::string& name : names_in(directory())) {
      const std::vector<error> all = reported.all();
      const bool told =
          std::ranges::any_of(all, [&](const error& each) { return each.path() == path(name); });
      EXPECT_TRUE(name == "a.npy" || told) << name << " was left behind in silence";
    }
    if (failed == 0) expect_elements(stored_elements<int>(path()), {1});
    reclaim_what_faults_left();
    ::unlink(path().c_str());
  }
}

TEST_F(file_vector_fallbacks, need_a_lock) {
  for (const options& settings : {options{}, in_file()}) {
    const fault no_locks(call::lock, 0, ENOLCK, fault_lasts::for_ever);
    auto source = temporary(settings);
    EXPECT_EQ(errno_of([&] { persist(std::move(source), path()); }), ENOLCK);
    expect_elements(source, {1, 2, 3});
    EXPECT_EQ(errno_of([&] { ints::create(path()); }), ENOLCK);
  }
  EXPECT_EQ(names_in(directory()).size(), 0U);
}

}  // namespace
}  // namespace mapvec::test
