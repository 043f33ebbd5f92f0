// SPDX-License-Identifier: MIT
//
// Goal: an argument may be an element of the vector itself, also when the call has to grow.
// Method: the vector is filled to just before, exactly at and just after every change of its
// capacity (first allocation, spill, growth of the file); there the call is compared with what
// std::vector does, which gives the same promise. [sequence.reqmts]
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::vector;
using namespace mapvec_test;

/// The sizes at which a vector of T that starts like this one is full, for its first stages.
template <class T>
std::vector<std::size_t> full_sizes(const mapvec::options& where) {
  std::vector<std::size_t> sizes;
  vector<T> v(where);
  while (sizes.size() < 4) {
    v.push_back(make_value<T>(static_cast<int>(v.size())));
    if (v.size() == v.capacity()) sizes.push_back(v.size());
  }
  return sizes;
}

template <class T, class Call>
void expect_same_as_std_vector(const mapvec::options& where, std::size_t size, Call call) {
  std::vector<T> expected = make_values<T>(size);
  vector<T> v(where);
  for (const T& value : expected) v.push_back(value);
  call(v);
  call(expected);
  ASSERT_NO_FATAL_FAILURE(expect_elements(v, expected)) << "size before: " << size;
}

template <class T, class Call>
void at_every_growth_boundary(Call call) {
  for (const mapvec::options& where : {spill_after(4 * mapvec::KiB), file_from_the_start()}) {
    for (std::size_t full : full_sizes<T>(where)) {
      for (std::size_t size : {full - 2, full - 1, full, full + 1}) {
        expect_same_as_std_vector<T>(where, size, call);
      }
    }
  }
}

template <class Call>
void at_every_growth_boundary_of_all_types(Call call) {
  at_every_growth_boundary<std::string>(call);
  at_every_growth_boundary<std::uint64_t>(call);
  life_check<tracked> lives;
  at_every_growth_boundary<tracked>(call);
}

TEST(vector_self_aliasing, push_back_of_an_own_element) {
  at_every_growth_boundary_of_all_types([](auto& v) {
    v.push_back(v[0]);
    v.push_back(v.back());
  });
}

TEST(vector_self_aliasing, push_back_of_an_own_moved_element) {
  at_every_growth_boundary<std::string>([](auto& v) {
    v.push_back(std::move(v[1]));
    v[1] = "moved from";
  });
}

TEST(vector_self_aliasing, emplace_back_of_an_own_element) {
  at_every_growth_boundary_of_all_types([](auto& v) { v.emplace_back(v[1]); });
}

TEST(vector_self_aliasing, insert_of_the_last_element_in_front) {
  at_every_growth_boundary_of_all_types([](auto& v) { v.insert(v.begin(), v.back()); });
}

TEST(vector_self_aliasing, insert_of_elements_before_and_behind_the_position) {
  at_every_growth_boundary_of_all_types([](auto& v) {
    v.insert(v.begin() + 2, v[0]);
    v.insert(v.begin() + 2, v[2]);
    v.insert(v.begin() + 2, v[3]);
  });
}

TEST(vector_self_aliasing, insert_of_an_own_moved_element) {
  at_every_growth_boundary<std::string>([](auto& v) {
    const std::size_t last = v.size();
    v.insert(v.begin(), std::move(v.back()));
    v[last] = "moved from";
  });
}

TEST(vector_self_aliasing, emplace_of_an_own_element) {
  at_every_growth_boundary_of_all_types([](auto& v) {
    v.emplace(v.begin(), v[2]);
    v.emplace(v.begin() + 3, v[3]);
  });
}

TEST(vector_self_aliasing, insert_of_many_copies_of_an_own_element) {
  for (std::size_t copies : {0, 1, 3, 2000}) {
    at_every_growth_boundary_of_all_types([&](auto& v) {
      v.insert(v.begin(), copies, v[1]);
      v.insert(v.begin() + 3, copies, v.back());
      v.insert(v.end(), copies, v[0]);
    });
  }
}

TEST(vector_self_aliasing, assign_of_many_copies_of_an_own_element) {
  at_every_growth_boundary_of_all_types([](auto& v) {
    v.assign(v.size() + 10, v[2]);
    v[1] = v[0];
    v.assign(5, v[1]);
    v.assign(3, v.back());
  });
}

TEST(vector_self_aliasing, resize_with_an_own_element) {
  at_every_growth_boundary_of_all_types([](auto& v) {
    v.resize(v.size() + 1, v[0]);
    v.resize(v.size() * 3, v[2]);
  });
}

TEST(vector_self_aliasing, try_push_back_of_an_own_element) {
  vector<std::string> v{"one of more than fifteen bytes", "two"};
  ASSERT_NE(v.try_push_back(v[0]), nullptr);
  EXPECT_EQ(v[2], v[0]);
}

}  // namespace
