// SPDX-License-Identifier: MIT
//
// Goal: vectors compare like the sequences they are, also with other element types and with values
// that are equal to nothing; swap exchanges without touching an element. [vector.overview]
#include <gtest/gtest.h>

#include <compare>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::vector;
using namespace mapvec_test;

TEST(vector_comparison, equal_means_same_size_and_same_elements) {
  EXPECT_EQ(vector<int>(), vector<int>());
  EXPECT_EQ((vector<int>{1, 2}), (vector<int>{1, 2}));
  EXPECT_NE((vector<int>{1, 2}), (vector<int>{1, 2, 3}));
  EXPECT_NE((vector<int>{1, 2, 3}), (vector<int>{1, 2}));
  EXPECT_NE((vector<int>{1, 2}), (vector<int>{1, 3}));
  EXPECT_NE(vector<int>(), (vector<int>{1}));
}

TEST(vector_comparison, equality_does_not_care_where_the_elements_are) {
  const vector<int> in_memory(5000, 7);
  const vector<int> in_a_file(5000, 7, file_from_the_start());
  EXPECT_EQ(in_memory, in_a_file);
}

TEST(vector_comparison, element_types_may_differ) {
  EXPECT_TRUE((vector<int>{1, 2}) == (vector<long>{1, 2}));
  EXPECT_TRUE((vector<int>{1, 2}) != (vector<long>{1, 3}));
  EXPECT_TRUE((vector<std::string>{"a"}) == (vector<std::string_view>{"a"}));
  EXPECT_TRUE((vector<float>{1.5f}) == (vector<double>{1.5}));
}

TEST(vector_comparison, nan_is_equal_to_nothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const vector<double> v{1, nan};
  EXPECT_FALSE(v == v);
  EXPECT_TRUE((v <=> v) == std::partial_ordering::unordered);
  EXPECT_FALSE(v < v);
  EXPECT_FALSE(v >= v);
  EXPECT_TRUE((vector<double>{1, nan}) < (vector<double>{2, nan})) << "decided before the NaN";
}

TEST(vector_comparison, zeros_of_both_signs_are_equal) {
  EXPECT_TRUE((vector<double>{0.0}) == (vector<double>{-0.0}));
  EXPECT_TRUE(((vector<double>{0.0}) <=> (vector<double>{-0.0})) == 0);
}

TEST(vector_comparison, order_is_lexicographic) {
  const vector<int> small{1, 2};
  const vector<int> longer{1, 2, 0};
  const vector<int> larger{1, 3};
  EXPECT_TRUE(vector<int>() < small);
  EXPECT_TRUE(small < longer);
  EXPECT_TRUE(longer < larger);
  EXPECT_TRUE(larger > small);
  EXPECT_TRUE(small <= small);
  EXPECT_TRUE((small <=> small) == std::strong_ordering::equal);
  EXPECT_TRUE((vector<std::string>{"b"}) > (vector<std::string>{"a", "z"}));
}

TEST(vector_comparison, of_bytes_is_unsigned) {
  const vector<unsigned char> low{1};
  const vector<unsigned char> high{200};
  EXPECT_TRUE(low < high);
  EXPECT_TRUE((vector<signed char>{-1}) < (vector<signed char>{1}));
}

/// Only knows less-than.
struct only_less {
  int value;
  friend bool operator<(const only_less& a, const only_less& b) { return a.value < b.value; }
};

TEST(vector_comparison, less_than_is_enough_for_an_order) {
  const vector<only_less> a{{1}, {2}};
  const vector<only_less> b{{1}, {3}};
  EXPECT_TRUE(a < b);
  EXPECT_FALSE(b < a);
  EXPECT_TRUE((a <=> a) == 0);
}

TEST(vector_swap, exchanges_everything_without_touching_an_element) {
  life_check<tracked> lives;
  const auto stages = every_stage();
  for (const mapvec::options& left : stages) {
    for (const mapvec::options& right : stages) {
      vector<tracked> a(3000, tracked(1), left);
      vector<tracked> b(2, tracked(2), right);
      tracked* const address_a = a.data();
      tracked* const address_b = b.data();
      const long copies = tracked::counts.copies;
      const long moves = tracked::counts.moves;
      a.swap(b);
      EXPECT_EQ(a.data(), address_b);
      EXPECT_EQ(b.data(), address_a);
      EXPECT_EQ(a.size(), 2u);
      EXPECT_EQ(b.size(), 3000u);
      swap(a, b);
      EXPECT_EQ(a.data(), address_a);
      std::ranges::swap(a, b);
      EXPECT_EQ(a.data(), address_b);
      EXPECT_EQ(tracked::counts.copies, copies);
      EXPECT_EQ(tracked::counts.moves, moves);
      a.emplace_back(3);
      b.emplace_back(4);
    }
  }
}

TEST(vector_swap, with_an_empty_vector_and_with_itself) {
  vector<std::string> a{"x"};
  vector<std::string> b;
  a.swap(b);
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(a.data(), nullptr);
  b.swap(b);
  EXPECT_EQ(b, (vector<std::string>{"x"}));
}

}  // namespace
