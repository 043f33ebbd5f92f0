// SPDX-License-Identifier: MIT
//
// Workloads, all their crashes, and the count of both. Every figure that is printed is counted
// here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "crash/disk.hpp"
#include "crash/oracle.hpp"
#include "crash/reopening.hpp"
#include "crash/workload.hpp"
#include "crash/wrong_protocols.hpp"
#include "support/directories.hpp"

namespace mapvec::test::crash {

/// Which crashes at one moment are looked at.
struct thoroughness {
  std::size_t all_untorn_up_to = 48;  ///< if there are more, random ones only
  std::size_t random = 12;            ///< torn ones among them
};

struct figures {
  std::size_t workloads = 0;
  std::size_t events = 0;
  std::size_t moments = 0;            ///< between two events, of one name
  std::size_t exhausted_moments = 0;  ///< of which all states without torn pages were looked at
  std::size_t images = 0;             ///< all that were looked at, many of them more than once
  std::size_t torn_or_dropped = 0;    ///< of the distinct ones
  std::size_t written_to = 0;         ///< of the distinct ones: also opened for writing
  std::size_t violations = 0;
};

/// How often a wrong protocol was tried, and found out.
struct conviction {
  std::size_t workloads = 0;
  std::size_t images = 0;
  std::size_t violations = 0;
};

class proof {
 public:
  explicit proof(thoroughness how = {});

  /// Runs `what` with random steps. False after a violation, which it has reported.
  bool run_random(const workload_kind& what, std::size_t steps);
  /// Runs exactly these steps.
  bool run_steps(const workload_kind& what, std::span<const step> steps);

  /// Of the next workload.
  std::uint64_t seed() const { return seed_; }
  std::size_t distinct() const { return distinct_.size(); }
  /// Each wrong protocol at least once.
  bool has_found_out_all() const;
  const figures& counted() const { return figures_; }
  const conviction& of(wrong_protocol which) const {
    return convictions_[static_cast<std::size_t>(which)];
  }
  void print() const;

 private:
  struct violation {
    std::size_t after_events;
    std::string what;
  };
  struct moment {
    const disk& crashed;
    std::size_t name;
    const oracle& allowed;
    const recording& done;
  };

  template <class Steps>
  bool run(const workload_kind& what, Steps steps);
  void convict(const recording& done);
  std::optional<violation> crash_everywhere(const trace& events, const recording& done,
                                            conviction* wrong);
  std::string crash_now(const moment& now, random_numbers& random, conviction* wrong);
  const finding& find(const moment& now, const crash_state& state, conviction* wrong);
  void report(const recording& done, const violation& found);

  thoroughness how_;
  scratch_directory directory_;
  reopening reopening_;
  std::uint64_t first_seed_;
  std::uint64_t seed_;
  std::size_t number_ = 0;
  figures figures_;
  std::array<conviction, std::size(all_wrong_protocols)> convictions_{};
  std::unordered_set<std::uint64_t> distinct_;
  std::unordered_map<std::uint64_t, finding> findings_;  // of this workload, by the image's hash
};

}  // namespace mapvec::test::crash
