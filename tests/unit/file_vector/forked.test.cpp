// SPDX-License-Identifier: MIT
//
// Goal: a forked child may read a persistent vector and change nothing of it: neither its end nor
// its exit touches the file, the count or the lock, which are the parent's. Method: children that
// try everything; the parent goes on afterwards.
#include <cerrno>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class forked_files : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  ints three_and_two() const {
    auto v = ints::create(path());
    v.append_range(std::vector<int>{1, 2, 3});
    v.commit();
    v.append_range(std::vector<int>{4, 5});
    return v;
  }
};

TEST_F(forked_files, are_read_and_not_changed_by_a_child) {
  auto v = three_and_two();
  const std::string bytes = contents_of(path());
  const std::string copy = path("copy.npy");
  EXPECT_EQ(in_child([&] {
              require(v.size() == 5 && v[4] == 5, "the child reads");
              const std::vector<std::function<void()>> changes = {
                  [&] { v.push_back(6); },     [&] { v.resize(2); },
                  [&] { v.resize(9); },        [&] { v.reserve(1'000'000); },
                  [&] { v.shrink_to_fit(); },  [&] { v.commit(); },
                  [&] { v.close(); },          [&] { v.replace(vector<int>{1}); },
                  [&] { v.snapshot(copy); },   [&] { v.write(0, std::vector<int>{7}); },
                  [&] { v.erase(v.begin()); }, [&] { v.insert(v.begin(), 7); },
                  [&] { v.truncate(1); },
              };
              for (std::size_t i = 0; i < changes.size(); ++i) {
                require(errno_of(changes[i]) == EPERM, "change " + std::to_string(i));
              }
              require(v.size() == 5, "nothing happened");
            }),
            "exit 0");
  EXPECT_TRUE(contents_of(path()) == bytes);
  EXPECT_FALSE(exists(copy));
  v.push_back(6);
  v.close();
  expect_elements(stored_elements<int>(path()), {1, 2, 3, 4, 5, 6});
}

TEST_F(forked_files, are_neither_committed_nor_unlocked_by_the_end_of_a_child) {
  auto v = three_and_two();
  const std::vector<std::function<void()>> ends = {
      [&] { v = ints(); },
      [&] { v.abandon(); },
      [&] { const auto moved = std::move(v); },
      [&] {
        v.clear();
        v = ints();
      },
  };
  const std::string bytes = contents_of(path());
  for (const auto& end : ends) {
    EXPECT_EQ(in_child(end), "exit 0");
    EXPECT_TRUE(contents_of(path()) == bytes);
    EXPECT_EQ(errno_of([&] { ints::open(path()); }), EBUSY) << "the parent has the lock";
  }
  expect_elements(v, {1, 2, 3, 4, 5});
  v.commit();
  EXPECT_EQ(stored_count(path()), 5U);
}

TEST_F(forked_files, may_be_viewed_by_a_child_like_its_parent) {
  auto v = three_and_two();
  auto seen = file_view<int>::open(path());
  v.commit();
  EXPECT_EQ(in_child([&] {
              require(seen.refresh() == 5 && seen.back() == 5, "the child follows");
              seen = {};
            }),
            "exit 0");
  EXPECT_EQ(seen.refresh(), 5U);
}

TEST_F(forked_files, that_the_child_makes_are_its_own) {
  auto v = three_and_two();
  EXPECT_EQ(in_child([&] {
              auto own = ints::create(path("own.npy"));
              own.assign({7, 8});
              own.close();
            }),
            "exit 0");
  expect_elements(stored_elements<int>(path("own.npy")), {7, 8});
}

}  // namespace
}  // namespace mapvec::test
