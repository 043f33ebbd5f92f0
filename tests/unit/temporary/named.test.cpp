// SPDX-License-Identifier: MIT
//
// Goal: named files carry a name nobody can guess, are locked while they live, and are swept away
// by the next program when their owner died; nothing else is ever removed or followed.
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/temporary.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

const std::string dead_name = "mapvec-00000000-0000-4000-8000-000000000001.seg";

class named_file : public counts_resources {
 protected:
  segment_builder builder() const { return segment_builder::named(directory_.path()); }
  std::vector<std::string> names() const { return names_in(directory_.path()); }

  scratch_directory directory_;
};

TEST_F(named_file, is_called_after_a_random_uuid) {
  const detail::temporary_file first = detail::make_temporary_file(builder());
  const detail::temporary_file second = detail::make_temporary_file(builder());
  EXPECT_NE(first.path, second.path);
  ASSERT_EQ(names().size(), 2U);
  for (const std::string& name : names()) EXPECT_TRUE(is_segment_name(name)) << name;
  detail::remove_temporary_file(first);
  detail::remove_temporary_file(second);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(named_file, is_for_its_owner_only_and_locked) {
  for (const bool has_unnamed_files : {true, false}) {
    for (const mode_t mask : {0000U, 0077U}) {
      const mode_t before = ::umask(mask);
      call_log log;
      detail::temporary_file made;
      if (has_unnamed_files) {
        made = detail::make_temporary_file(builder());
      } else {
        const refusal refused(feature::unnamed_files, EOPNOTSUPP);
        made = detail::make_temporary_file(builder());
      }
      ::umask(before);
      EXPECT_EQ(permissions_of(made.descriptor), 0600U);
      EXPECT_TRUE(closes_on_exec(made.descriptor));
      EXPECT_TRUE(is_locked(made.path));
      detail::remove_temporary_file(made);
    }
  }
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(named_file, is_locked_before_its_name_appears) {
  const call_log log;
  const detail::temporary_file made = detail::make_temporary_file(builder());
  std::vector<call> order;
  for (const call_record& record : log.records()) {
    if (record.what == call::lock || record.what == call::link_descriptor) {
      order.push_back(record.what);
    }
  }
  EXPECT_EQ(order, (std::vector<call>{call::lock, call::link_descriptor}));
  detail::remove_temporary_file(made);
}

TEST_F(named_file, the_sweep_removes_what_the_dead_left) {
  std::string path;
  {
    // Closed without being removed, as a process that was killed does.
    const detail::temporary_file left = detail::make_temporary_file(builder());
    path = left.path;
  }
  write_contents(directory_ / dead_name, "left by somebody else");
  EXPECT_EQ(names().size(), 2U);
  builder();
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(named_file, the_sweep_spares_the_living) {
  const detail::temporary_file mine = detail::make_temporary_file(builder());
  const running_child sibling([&](const auto& ready) {
    const detail::temporary_file theirs = detail::make_temporary_file(builder());
    ready();
    for (;;) ::pause();
  });
  ASSERT_TRUE(sibling.wait_until_ready());
  ASSERT_EQ(names().size(), 2U);
  for (int i = 0; i < 10; ++i) builder();
  EXPECT_EQ(names().size(), 2U);
  detail::remove_temporary_file(mine);
}

TEST_F(named_file, the_sweep_removes_a_killed_siblings_file) {
  running_child sibling([&](const auto& ready) {
    const detail::temporary_file theirs = detail::make_temporary_file(builder());
    ready();
    for (;;) ::pause();
  });
  ASSERT_TRUE(sibling.wait_until_ready());
  EXPECT_EQ(sibling.kill_now(), "signal 9");
  ASSERT_EQ(names().size(), 1U);
  builder();
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(named_file, the_sweep_touches_nothing_that_is_not_ours) {
  const std::vector<std::string> others = {"data.seg",
                                           "mapvec-.seg",
                                           "mapvec-not-a-uuid.seg",
                                           "mapvec-00000000-0000-4000-8000-000000000002.seg.bak",
                                           "x" + dead_name,
                                           "mapvec-00000000-0000-4000-8000-00000000000G.seg"};
  for (const std::string& name : others) write_contents(directory_ / name, name);
  builder();
  EXPECT_EQ(names().size(), others.size());
  for (const std::string& name : others) EXPECT_EQ(contents_of(directory_ / name), name);
}

TEST_F(named_file, the_sweep_follows_no_link_and_waits_for_no_pipe) {
  write_contents(directory_ / "victim", "precious");
  std::filesystem::create_symlink(directory_ / "victim", directory_ / dead_name);
  const std::string pipe = "mapvec-00000000-0000-4000-8000-000000000003.seg";
  ASSERT_EQ(::mkfifo((directory_ / pipe).c_str(), 0600), 0);
  const std::string folder = "mapvec-00000000-0000-4000-8000-000000000004.seg";
  std::filesystem::create_directory(directory_ / folder);
  builder();
  EXPECT_EQ(contents_of(directory_ / "victim"), "precious");
  EXPECT_EQ(names().size(), 4U);
}

TEST_F(named_file, is_made_again_when_a_sweep_took_it_before_its_lock) {
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  // The first comparison of name and descriptor says: gone.
  const fault gone(call::lstat, 0, ENOENT, fault_lasts::once);
  const detail::temporary_file made = detail::make_temporary_file(builder());
  EXPECT_EQ(gone.delivered(), 1U);
  EXPECT_EQ(names().size(), 1U);
  EXPECT_TRUE(is_locked(made.path));
  detail::remove_temporary_file(made);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(named_file, removing_spares_what_was_put_in_its_place) {
  const detail::temporary_file made = detail::make_temporary_file(builder());
  std::filesystem::rename(made.path, directory_ / "kept");
  write_contents(made.path, "somebody else's");
  detail::remove_temporary_file(made);
  EXPECT_EQ(contents_of(made.path), "somebody else's");
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(named_file, means_the_same_directory_after_a_change_of_directory) {
  const auto make_elsewhere = [&] {
    require(::chdir(directory_.path().c_str()) == 0, "chdir");
    const segment_builder relative = segment_builder::named(".");
    require(::chdir("/") == 0, "chdir");
    const detail::temporary_file made = detail::make_temporary_file(relative);
    require(names().size() == 1, "the file is elsewhere");
    detail::remove_temporary_file(made);
  };
  EXPECT_EQ(in_child(make_elsewhere), "exit 0");
  EXPECT_EQ(names(), std::vector<std::string>{});
}

}  // namespace
}  // namespace mapvec::test
