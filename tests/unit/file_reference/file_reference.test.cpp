// SPDX-License-Identifier: MIT
//
// Goal: a reference leads another process to the same elements, or says why not. Method: references
// made of files that then grow, shrink, are replaced or hold something else; a child process.
#include <cstdint>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"

namespace mapvec::test {
namespace {

struct row {
  std::int32_t id;
  float weight;
};
MAPVEC_DESCRIBE(row, id, weight);

class file_references : public testing::Test {
 protected:
  const scratch_directory directory_;
  const std::string path_ = directory_ / "a.npy";
};

TEST_F(file_references, say_where_how_many_and_what) {
  auto rows = file_vector<row>::create(path_);
  rows.push_back({1, 2});
  EXPECT_EQ(reference_to(rows).count, 0);
  rows.commit();
  rows.push_back({3, 4});
  const file_reference to = reference_to(rows);
  EXPECT_EQ(to, (file_reference{path_, 1, "[('id', '<i4'), ('weight', '<f4')]"}));
  EXPECT_EQ(reference_to(file_view<row>::open(path_)), to);
}

TEST_F(file_references, are_absolute_whatever_directory_the_file_was_named_from) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  const auto rows = file_vector<row>::create("a.npy");
  const auto view = file_view<row>::open("a.npy");
  std::filesystem::current_path(before);
  EXPECT_EQ(reference_to(rows).path, path_);
  EXPECT_EQ(reference_to(view).path, path_);
}

TEST_F(file_references, open_what_has_grown_and_refuse_what_has_shrunk) {
  auto rows = file_vector<row>::create(path_);
  for (int i = 0; i < 10; ++i) rows.push_back({i, 0});
  rows.commit();
  const file_reference to = reference_to(rows);
  rows.push_back({10, 0});
  rows.commit();
  EXPECT_EQ(open_reference<row>(to).size(), 11);
  rows.truncate(9);
  rows.commit();
  EXPECT_THROW(open_reference<row>(to), format_error);
}

// Who checks how the path ends has checked another file than the kernel would open.
TEST_F(file_references, refuse_a_path_with_a_zero_byte) {
  auto rows = file_vector<row>::create(path_);
  rows.push_back({1, 2});
  rows.commit();
  file_reference to = reference_to(rows);
  to.path += std::string(1, '\0') + "/allowed.npy";
  EXPECT_THROW(open_reference<row>(to), format_error);
}

TEST_F(file_references, refuse_another_type_and_a_file_that_is_gone) {
  file_reference to;
  {
    auto rows = file_vector<row>::create(path_);
    rows.push_back({1, 2});
    rows.commit();
    to = reference_to(rows);
  }
  EXPECT_THROW(open_reference<std::int64_t>(to), format_error);
  std::filesystem::remove(path_);
  file_vector<std::int64_t>::create(path_).close();
  EXPECT_THROW(open_reference<row>(to), format_error);
  std::filesystem::remove(path_);
  EXPECT_THROW(open_reference<row>(to), error);
}

}  // namespace
}  // namespace mapvec::test
