// SPDX-License-Identifier: MIT
//
// Goal: an exception tells verb, path, byte range and errno, in its members and in one line of
// text; the handler of destructors' errors can be replaced and put back.
#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#include <mapvec/error.hpp>

namespace {

using mapvec::error;
using mapvec::format_error;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

static_assert(std::is_base_of_v<std::system_error, error>);
static_assert(std::is_base_of_v<std::runtime_error, format_error>);
static_assert(std::is_nothrow_copy_constructible_v<error>, "an exception is copied when thrown");
static_assert(std::is_nothrow_copy_constructible_v<format_error>);

TEST(error, keeps_errno_verb_path_and_range) {
  const error thrown(ENOSPC, "allocate", "/var/tmp/x.seg", {4096, 8192});
  EXPECT_EQ(thrown.code(), std::error_code(ENOSPC, std::generic_category()));
  EXPECT_TRUE(thrown.code() == std::errc::no_space_on_device);
  EXPECT_EQ(thrown.verb(), "allocate");
  EXPECT_EQ(thrown.path(), "/var/tmp/x.seg");
  EXPECT_EQ(thrown.offset_bytes(), 4096u);
  EXPECT_EQ(thrown.size_bytes(), 8192u);
}

TEST(error, says_all_of_it_in_one_line) {
  const error thrown(ENOSPC, "allocate", "/var/tmp/x.seg", {4096, 8192});
  const std::string text = thrown.what();
  for (const char* part : {"allocate", "/var/tmp/x.seg", "4096", "No space left on device"}) {
    EXPECT_TRUE(contains(text, part)) << text << " lacks " << part;
  }
  EXPECT_FALSE(contains(text, "\n")) << text;
}

TEST(error, needs_neither_path_nor_range) {
  const error thrown(ENOMEM, "reserve addresses", "");
  EXPECT_EQ(thrown.path(), "");
  EXPECT_EQ(thrown.offset_bytes(), 0u);
  EXPECT_EQ(thrown.size_bytes(), 0u);
  EXPECT_TRUE(contains(thrown.what(), "reserve addresses")) << thrown.what();
}

TEST(error, copies_say_the_same) {
  const error original(EIO, "write back", "/x", {1, 2});
  const error copy(original);
  EXPECT_EQ(copy.verb(), original.verb());
  EXPECT_EQ(copy.path(), original.path());
  EXPECT_STREQ(copy.what(), original.what());
}

TEST(error, is_caught_as_a_system_error) {
  EXPECT_THROW(mapvec::detail::throw_error(EIO, "map", "/x"), std::system_error);
}

TEST(error, a_format_error_says_what_is_stored_and_what_was_asked) {
  const format_error thrown("/x.seg", "7 bytes", "elements of 4 bytes");
  EXPECT_EQ(thrown.path(), "/x.seg");
  EXPECT_EQ(thrown.stored(), "7 bytes");
  EXPECT_EQ(thrown.asked(), "elements of 4 bytes");
  const std::string text = thrown.what();
  EXPECT_TRUE(contains(text, "/x.seg") && contains(text, "7 bytes") &&
              contains(text, "elements of 4 bytes"))
      << text;
}

TEST(error, a_length_error_names_the_option_and_both_numbers) {
  try {
    mapvec::detail::throw_length_error(1234567, 4321);
  } catch (const std::length_error& thrown) {
    const std::string text = thrown.what();
    EXPECT_TRUE(contains(text, "options::reservation_bytes")) << text;
    EXPECT_TRUE(contains(text, "1234567")) << text;
    EXPECT_TRUE(contains(text, "4321")) << text;
  }
}

std::vector<std::string>* reported_verbs = nullptr;

TEST(error, the_handler_gets_what_destructors_report) {
  std::vector<std::string> verbs;
  reported_verbs = &verbs;
  const mapvec::error_handler before = mapvec::set_error_handler(
      +[](const error& reported) noexcept { reported_verbs->push_back(reported.verb()); });
  mapvec::detail::report_error(EIO, "close", "/x");
  const mapvec::error_handler ours = mapvec::set_error_handler(before);
  EXPECT_NE(ours, before);
  EXPECT_EQ(verbs, std::vector<std::string>{"close"});
}

TEST(error, the_default_handler_prints_to_stderr) {
  const mapvec::error_handler before = mapvec::set_error_handler(nullptr);
  ::testing::internal::CaptureStderr();
  mapvec::detail::report_error(EIO, "unmap", "/some/path");
  const std::string text = ::testing::internal::GetCapturedStderr();
  mapvec::set_error_handler(before);
  EXPECT_TRUE(contains(text, "unmap") && contains(text, "/some/path")) << text;
}

}  // namespace
