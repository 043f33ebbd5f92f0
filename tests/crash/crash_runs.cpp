// SPDX-License-Identifier: MIT
#include "crash/crash_runs.hpp"

#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "crash/proof.hpp"

namespace mapvec::test::crash {
namespace {

constexpr std::size_t steps_of_a_workload = 40;

workload_kind any_kind(std::uint64_t n) {
  return {.from = n % 3 == 0 ? origin::persisted : origin::created,
          .row_width = n % 4 == 1 ? std::size_t{3} : 0,
          .has_unnamed_files = n % 5 != 2,
          .has_allocation = n % 7 != 3};
}

void expect_no_violation(const proof& done, std::size_t images) {
  done.print();
  EXPECT_EQ(done.counted().violations, 0U);
  EXPECT_GE(done.distinct(), images);
  EXPECT_GE(2 * done.counted().torn_or_dropped, done.distinct());
}

}  // namespace

void expect_one_length(run_length length) {
  proof done;
  // Some wrong protocols need a rare moment; but they must not need too much luck.
  const auto goes_on = [&] {
    return done.distinct() < length.images ||
           (!done.has_found_out_all() && done.distinct() < length.images + 100'000);
  };
  while (goes_on()) {
    if (!done.run_random(any_kind(done.seed()), steps_of_a_workload)) break;
  }
  expect_no_violation(done, length.images);
  for (const wrong_protocol which : all_wrong_protocols) {
    EXPECT_GE(done.of(which).violations, 1U) << name_of(which);
  }
}

void expect_to_open(run_length length) {
  proof done;
  while (done.distinct() < length.other_images) {
    workload_kind what = any_kind(done.seed());
    what.changes_in_place = true;
    what.disk_fails = false;
    if (!done.run_random(what, steps_of_a_workload)) break;
  }
  expect_no_violation(done, length.other_images);
}

void expect_one_length_of_numpy(run_length length) {
  proof done;
  while (done.distinct() < length.other_images) {
    workload_kind what = any_kind(done.seed());
    what.from = origin::numpy;
    what.disk_fails = false;
    // Its first steps are what is special.
    if (!done.run_random(what, steps_of_a_workload / 4)) break;
  }
  expect_no_violation(done, length.other_images);
}

void expect_one_length_of_all(run_length length) {
  constexpr step steps[] = {step::append, step::append_pages, step::shorten, step::shorten_pages,
                            step::cut,    step::commit,       step::close,   step::abandon,
                            step::die,    step::stop};
  proof done({.all_untorn_up_to = length.untorn_states, .random = 4});
  std::size_t count = 1;
  for (std::size_t i = 0; i < length.short_steps; ++i) count *= std::size(steps);
  for (std::size_t n = 0; n < count; ++n) {
    std::vector<step> chosen;
    for (std::size_t rest = n; chosen.size() < length.short_steps; rest /= std::size(steps)) {
      chosen.push_back(steps[rest % std::size(steps)]);
    }
    if (!done.run_steps(any_kind(n / 7), chosen)) break;
  }
  expect_no_violation(done, count);
  EXPECT_EQ(done.counted().workloads, count);
}

}  // namespace mapvec::test::crash
