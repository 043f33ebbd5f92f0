// SPDX-License-Identifier: MIT
//
// Goal: random operations leave a vector of either lifetime equal to std::vector, for each kind of
// element. Method: model.hpp. This is the quick run.
#include <gtest/gtest.h>

#include "../unit/common/leak_listener.hpp"
#include "model/model_runs.hpp"

namespace {

using namespace mapvec_test;

TEST(model_quick, int_behaves_like_std_vector) { expect_model_holds<int>(quick_run); }
TEST(model_quick, string_behaves_like_std_vector) { expect_model_holds<std::string>(quick_run); }
TEST(model_quick, move_only_behaves_like_std_vector) { expect_model_holds<move_only>(quick_run); }
TEST(model_quick, over_aligned_behaves_like_std_vector) {
  expect_model_holds<over_aligned<256>>(quick_run);
}
TEST(model_quick, throwing_behaves_like_std_vector) { expect_model_holds<throwing>(quick_run); }

TEST(model_quick, file_of_int_behaves_like_std_vector) {
  expect_file_model_holds<int>(file_quick_run);
}
TEST(model_quick, file_of_three_bytes_behaves_like_std_vector) {
  expect_file_model_holds<three_bytes>(file_quick_run);
}
TEST(model_quick, file_of_over_aligned_behaves_like_std_vector) {
  expect_file_model_holds<over_aligned<256>>(file_quick_run);
}

}  // namespace
