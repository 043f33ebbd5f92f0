// SPDX-License-Identifier: MIT
//
// Goal: a crash at any moment leaves a file that opens, and in it exactly the elements of one
// length the vector had since the last acknowledged commit; no elements are lost, none invented,
// and under its name there is never half a file.
// Method: workloads on a real file are recorded (recorder.hpp), the trace is replayed into a model
// of a disk (disk.hpp), and at each moment what the disk may then hold is put into a file, which
// the library opens. What it reads is judged by what the program had been promised (oracle.hpp). As
// a proof that the judge can tell, the same traces are made into those of wrong protocols
// (wrong_protocols.hpp); each of them has to be found out. The seed is new each time and printed;
// MAPVEC_SEED in the environment repeats a run.
#pragma once

#include <cstddef>

namespace mapvec::test::crash {

/// How long a run is.
struct run_length {
  std::size_t images;         ///< distinct ones
  std::size_t other_images;   ///< of the more special workloads
  std::size_t short_steps;    ///< of workloads of which all are run
  std::size_t untorn_states;  ///< of them, at one moment: as many as eight pages have, or twelve
};
inline constexpr run_length sanitized_run{15'000, 3'000, 2, 1U << 8};
inline constexpr run_length full_run{200'000, 30'000, 3, 1U << 8};
inline constexpr run_length long_run{1'000'000, 150'000, 4, 1U << 12};

void expect_one_length(run_length length);
void expect_to_open(run_length length);
void expect_one_length_of_numpy(run_length length);
void expect_one_length_of_all(run_length length);

}  // namespace mapvec::test::crash
