// SPDX-License-Identifier: MIT
#include "durability/crash_points.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>

namespace mapvec::test {
namespace {

constexpr const char* file_name = "/elements.npy";

/// A state, and when it was acknowledged: the disk had got so many entries then.
struct acknowledged {
  std::optional<state> contents;  // nullopt: no file
  std::size_t entries = 0;
};

std::uint64_t chosen_seed() {
  const char* given = std::getenv("MAPVEC_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

/// Writes by the script; returns all states in order.
std::vector<acknowledged> run_workload(const crash_run& run, std::uint64_t seed,
                                       const logged_disk& disk) {
  std::vector<acknowledged> history{{std::nullopt, 0}};
  script lines(seed, run.limits);
  words v = words::create(disk.path() + file_name);
  history.push_back({state(), disk.entries_so_far()});
  for (std::size_t i = 0; i < run.rounds; ++i) {
    const script_round round = lines.next(v.size());
    std::vector<state> states = states_of(round, *history.back().contents);
    std::size_t reached = 0;
    run_round(round, v,
              [&] { history.push_back({std::move(states.at(reached++)), disk.entries_so_far()}); });
    require(reached == states.size(), "a round without one of its states");
  }
  v.close();
  return history;
}

class crash_checker {
 public:
  crash_checker(const logged_disk& disk, const block_log& log,
                const std::vector<acknowledged>& history)
      : disk_(disk), log_(log), history_(history), durable_(disk.bytes_before()) {}

  void check_prefix(std::size_t end) {
    advance(end);
    check(durable_, end, "prefix");
  }

  void check_subset(std::size_t end, std::mt19937_64& random) {
    const std::size_t kept = log_.after_last_flush(end);
    advance(kept);
    disk_bytes crashed = durable_;
    log_.apply_some(crashed, kept, end, random);
    check(crashed, end, "subset");
  }

  std::size_t checked() const { return checked_; }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t harmed() const { return harmed_; }

 private:
  /// Crash points come in ascending order, except that a subset starts at an earlier flush.
  void advance(std::size_t end) {
    if (end < applied_) {
      durable_ = disk_.bytes_before();
      applied_ = 0;
    }
    log_.apply(durable_, applied_, end);
    applied_ = end;
  }

  void check(const disk_bytes& crashed, std::size_t end, const char* kind) {
    ++checked_;
    // The last state acknowledged by then, and the next.
    const auto next = std::ranges::find_if(
        history_, [&](const acknowledged& each) { return each.entries > end; });
    std::vector<const std::optional<state>*> allowed{&(next - 1)->contents};
    if (next != history_.end()) allowed.push_back(&next->contents);
    const std::string problem = problem_of(crashed, allowed);
    if (problem.empty()) return;
    ++harmed_;
    ADD_FAILURE() << kind << " of " << end << " entries, state " << next - history_.begin() - 1
                  << " of " << history_.size() << " acknowledged: " << problem;
  }

  std::string problem_of(const disk_bytes& crashed,
                         const std::vector<const std::optional<state>*>& allowed) {
    const mounted_image mounted(disk_.store(crashed));
    if (!mounted.is_mounted()) return "the file system itself: " + mounted.why_not();
    const std::string path = mounted.path() + file_name;
    std::string problem = describe_unless_one_of(path, allowed);
    if (problem.empty() && allowed.size() == 2) {
      in_flight_ += describe_unless_one_of(path, {allowed.back()}).empty() ? 1U : 0U;
    }
    return problem.empty() ? problem_of_going_on(path) : problem;
  }

  static std::string problem_of_going_on(const std::string& path) {
    try {
      words v = words::open_or_create(path);
      std::optional<state> wanted(state(std::as_const(v).begin(), std::as_const(v).end()));
      wanted->push_back(7);
      v.push_back(7);
      v.close();
      return describe_unless_one_of(path, {&wanted});
    } catch (const std::exception& failure) {
      return std::string("going on: ") + failure.what();
    }
  }

  const logged_disk& disk_;
  const block_log& log_;
  const std::vector<acknowledged>& history_;
  disk_bytes durable_;
  std::size_t applied_ = 0;
  std::size_t checked_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t harmed_ = 0;
};

/// `wanted` of the numbers 0 … last, ascending.
std::vector<std::size_t> some_of(std::size_t last, std::size_t wanted, std::mt19937_64& random) {
  std::vector<std::size_t> all(last + 1);
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::size_t> result;
  std::ranges::sample(all, std::back_inserter(result), static_cast<std::ptrdiff_t>(wanted), random);
  return result;
}

void check_crashes(const crash_run& run, const logged_disk& disk,
                   const std::vector<acknowledged>& history, std::uint64_t seed) {
  const block_log log = disk.log();
  // Else nothing was recorded, and every crash would find an empty disk.
  ASSERT_GT(log.entries(), 5 * run.rounds);
  ASSERT_GT(log.flushes(), 2 * run.rounds);
  ASSERT_LE(history.back().entries, log.entries());
  disk_bytes replayed = disk.bytes_before();
  log.apply(replayed, 0, log.entries());
  ASSERT_TRUE(replayed == disk.bytes_now()) << "the log is not what was written";
  std::mt19937_64 random(seed);
  crash_checker checker(disk, log, history);
  for (const std::size_t end : some_of(log.entries(), run.prefixes, random)) {
    checker.check_prefix(end);
  }
  for (const std::size_t end : some_of(log.entries(), run.subsets, random)) {
    checker.check_subset(end, random);
  }
  EXPECT_GT(checker.in_flight(), 0U) << "no crash hit between a commit's end and the next one's";
  std::printf(
      "%zu crash points of a log with %zu entries, %zu flushes, %zu KiB; %zu states, %zu "
      "crashes found the one under way; %zu did harm; seed %llu\n",
      checker.checked(), log.entries(), log.flushes(), log.written_bytes() / KiB, history.size(),
      checker.in_flight(), checker.harmed(), static_cast<unsigned long long>(seed));
}

}  // namespace

void expect_crashes_do_no_harm(const crash_run& run) {
  logged_disk disk(run.disk);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::uint64_t seed = chosen_seed();
  SCOPED_TRACE("MAPVEC_SEED=" + std::to_string(seed));
  const std::vector<acknowledged> history = run_workload(run, seed, disk);
  disk.finish();
  check_crashes(run, disk, history, seed);
}

}  // namespace mapvec::test
