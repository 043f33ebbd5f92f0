// SPDX-License-Identifier: MIT
//
// Goal: random operations leave a vector of either lifetime equal to std::vector, for each kind of
// element. Method: model.hpp. This is the full run.
#include <gtest/gtest.h>

#include "../unit/common/leak_listener.hpp"
#include "model/model_runs.hpp"

namespace {

using namespace mapvec_test;

TEST(model_full, int_behaves_like_std_vector) { expect_model_holds<int>(full_run); }
TEST(model_full, string_behaves_like_std_vector) { expect_model_holds<std::string>(full_run); }
TEST(model_full, move_only_behaves_like_std_vector) { expect_model_holds<move_only>(full_run); }
TEST(model_full, over_aligned_behaves_like_std_vector) {
  expect_model_holds<over_aligned<256>>(full_run);
}
TEST(model_full, throwing_behaves_like_std_vector) { expect_model_holds<throwing>(full_run); }

TEST(model_full, file_of_int_behaves_like_std_vector) {
  expect_file_model_holds<int>(file_full_run);
}
TEST(model_full, file_of_three_bytes_behaves_like_std_vector) {
  expect_file_model_holds<three_bytes>(file_full_run);
}
TEST(model_full, file_of_over_aligned_behaves_like_std_vector) {
  expect_file_model_holds<over_aligned<256>>(file_full_run);
}

}  // namespace
