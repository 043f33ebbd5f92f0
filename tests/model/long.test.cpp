// SPDX-License-Identifier: MIT
//
// Goal: random operations leave a vector of either lifetime equal to std::vector, for each kind of
// element. Method: model.hpp. This is the long run.
#include <gtest/gtest.h>

#include "../unit/common/leak_listener.hpp"
#include "model/model_runs.hpp"

namespace {

using namespace mapvec_test;

TEST(model_long, int_behaves_like_std_vector) { expect_model_holds<int>(long_run); }
TEST(model_long, string_behaves_like_std_vector) { expect_model_holds<std::string>(long_run); }
TEST(model_long, move_only_behaves_like_std_vector) { expect_model_holds<move_only>(long_run); }
TEST(model_long, over_aligned_behaves_like_std_vector) {
  expect_model_holds<over_aligned<256>>(long_run);
}
TEST(model_long, throwing_behaves_like_std_vector) { expect_model_holds<throwing>(long_run); }

TEST(model_long, file_of_int_behaves_like_std_vector) {
  expect_file_model_holds<int>(file_long_run);
}
TEST(model_long, file_of_three_bytes_behaves_like_std_vector) {
  expect_file_model_holds<three_bytes>(file_long_run);
}
TEST(model_long, file_of_over_aligned_behaves_like_std_vector) {
  expect_file_model_holds<over_aligned<256>>(file_long_run);
}

}  // namespace
