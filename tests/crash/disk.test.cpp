// SPDX-License-Identifier: MIT
//
// Goal: the model of a disk finds after a crash what a disk may hold, all of it and nothing else.
// Method: small histories, whose states are few enough to be written down.
#include "crash/disk.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace mapvec::test::crash {
namespace {

constexpr std::size_t page_bytes = page_sectors * sector_bytes;

/// One file of two pages, with the name 0, on the disk.
class disk_model : public ::testing::Test {
 protected:
  void SetUp() override {
    crashed_.apply({.what = event_kind::restart, .file = 0, .image = bytes(2 * page_bytes)});
    write(0, 'a', 2 * page_bytes);
    sync();
  }

  void write(std::size_t offset, char what, std::size_t size) {
    crashed_.apply({.what = event_kind::write,
                    .file = 0,
                    .changes = {{offset, bytes(size, static_cast<std::byte>(what))}}});
  }
  void resize(std::size_t size) {
    crashed_.apply({.what = event_kind::size, .file = 0, .size_bytes = size});
  }
  void sync() { crashed_.apply({.what = event_kind::sync, .file = 0}); }

  /// The first letter of each page; "none" where there is no file.
  std::string pages_of(const crash_state& found) const {
    if (found.file == no_file) return "none";
    const bytes content = crashed_.contents_of(found);
    std::string letters;
    for (std::size_t at = 0; at < content.size(); at += page_bytes) {
      letters += content[at] == std::byte{} ? '0' : static_cast<char>(content[at]);
    }
    return letters;
  }
  std::set<std::string> untorn() const {
    std::set<std::string> all;
    const std::size_t count = crashed_.untorn_states(0, 1'000);
    for (std::size_t n = 0; n < count; ++n) all.insert(pages_of(crashed_.untorn_state(0, n)));
    return all;
  }

  using texts = std::set<std::string>;
  disk crashed_;
};

TEST_F(disk_model, finds_what_was_synced) { EXPECT_EQ(untorn(), texts{"aa"}); }

TEST_F(disk_model, finds_each_page_as_at_any_moment_since_the_sync) {
  write(0, 'b', page_bytes);
  write(page_bytes, 'c', page_bytes);
  write(0, 'd', page_bytes);
  EXPECT_EQ(untorn(), (texts{"aa", "ba", "da", "ac", "bc", "dc"}));
  EXPECT_EQ(crashed_.untorn_states(0, 1'000), 6U);
  EXPECT_EQ(crashed_.untorn_states(0, 4), 4U);
  sync();
  EXPECT_EQ(untorn(), texts{"dc"});
}

TEST_F(disk_model, finds_any_size_since_the_sync) {
  resize(3 * page_bytes);
  write(2 * page_bytes, 'b', page_bytes);
  EXPECT_EQ(untorn(), (texts{"aa", "aa0", "aab"}));
  resize(page_bytes);
  EXPECT_EQ(untorn(), (texts{"a", "aa", "a0", "aa0", "aab", "a00", "a0b"}));
  sync();
  EXPECT_EQ(untorn(), texts{"a"});
}

TEST_F(disk_model, reads_zeros_where_the_file_was_cut_and_grew_again) {
  resize(page_bytes);
  resize(2 * page_bytes);
  EXPECT_EQ(untorn(), (texts{"a", "aa", "a0"}));
  sync();
  EXPECT_EQ(untorn(), texts{"a0"});
}

TEST_F(disk_model, finds_a_name_or_none_until_the_directory_is_synced) {
  crashed_.apply({.what = event_kind::size, .file = 1, .size_bytes = page_bytes});
  crashed_.apply({.what = event_kind::name, .file = 1});
  EXPECT_EQ(untorn(), (texts{"aa", "", "0"}));
  crashed_.apply({.what = event_kind::directory_sync});
  EXPECT_EQ(untorn(), (texts{"", "0"}));
  crashed_.apply({.what = event_kind::name});
  EXPECT_EQ(untorn(), (texts{"", "0", "none"}));
}

TEST_F(disk_model, does_not_write_what_a_failed_sync_forgot) {
  write(0, 'b', page_bytes);
  crashed_.apply({.what = event_kind::failed_sync, .file = 0});
  write(page_bytes, 'c', page_bytes);
  sync();
  EXPECT_EQ(untorn(), (texts{"ac", "bc"}));
  write(0, 'd', 1);
  sync();
  EXPECT_EQ(untorn(), texts{"dc"});
}

TEST_F(disk_model, tears_pages_at_sectors_and_nowhere_else) {
  write(0, 'b', page_bytes);
  random_numbers random(1, 0);
  std::set<std::string> seen;
  for (int i = 0; i < 20'000; ++i) {
    const bytes content = crashed_.contents_of(crashed_.random_state(0, random));
    std::string sectors;
    for (std::size_t at = 0; at < page_bytes; at += sector_bytes) {
      EXPECT_EQ(content[at], content[at + sector_bytes - 1]);
      sectors += static_cast<char>(content[at]);
    }
    seen.insert(sectors);
  }
  EXPECT_EQ(seen.size(), 256U) << "of eight sectors, each old or new";
}

TEST_F(disk_model, knows_what_is_lost_and_what_is_the_same) {
  write(0, 'b', page_bytes);
  write(page_bytes, 'a', page_bytes);
  std::set<std::uint64_t> hashes;
  std::size_t lossy = 0;
  for (std::size_t n = 0; n < crashed_.untorn_states(0, 1'000); ++n) {
    const crash_state found = crashed_.untorn_state(0, n);
    hashes.insert(found.hash);
    EXPECT_EQ(found.torn_or_dropped, pages_of(found) == "aa");
    lossy += found.torn_or_dropped ? 1U : 0U;
  }
  EXPECT_EQ(hashes.size(), untorn().size());
  EXPECT_EQ(lossy, 1U);
}

TEST(crash_values, are_different_and_tell_their_number) {
  std::set<element> values;
  for (std::uint64_t number = 1; number < 10'000; ++number) {
    EXPECT_EQ(number_of(value_of(number << 20 | 7)), number << 20 | 7);
    values.insert(value_of(number));
  }
  EXPECT_EQ(values.size(), 9'999U);
  EXPECT_FALSE(values.contains(0));
}

}  // namespace
}  // namespace mapvec::test::crash
