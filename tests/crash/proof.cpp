// SPDX-License-Identifier: MIT
#include "crash/proof.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace mapvec::test::crash {
namespace {

constexpr thoroughness for_wrong_ones{.all_untorn_up_to = 8, .random = 8};

/// $MAPVEC_SEED, or a new one.
std::uint64_t chosen_seed() {
  if (const char* const chosen = std::getenv("MAPVEC_SEED")) return std::stoull(chosen);
  std::random_device device;
  return device();
}

std::set<std::size_t> promised_names(const trace& events) {
  std::set<std::size_t> names;
  for (const event& each : events) {
    if (each.what == event_kind::acknowledged) names.insert(each.name);
  }
  return names;
}

}  // namespace

// In memory: what reaches a disk is what the model says.
proof::proof(thoroughness how)
    : how_(how),
      directory_("/dev/shm"),
      reopening_(directory_.path()),
      first_seed_(chosen_seed()),
      seed_(first_seed_) {}

bool proof::run_random(const workload_kind& what, std::size_t steps) {
  return run(what, [&](workload& next) { return next.run(steps); });
}

bool proof::run_steps(const workload_kind& what, std::span<const step> steps) {
  return run(what, [&](workload& next) { return next.run(steps); });
}

template <class Steps>
bool proof::run(const workload_kind& what, Steps steps) {
  const std::string own = directory_ / std::to_string(number_);
  std::filesystem::create_directory(own);
  const recording done = [&] {
    workload next(own, what, seed_);
    return steps(next);
  }();
  std::filesystem::remove_all(own);
  findings_.clear();
  ++figures_.workloads;
  figures_.events += done.events.size();
  std::optional<violation> found;
  if (!done.failure.empty()) {
    found = {done.events.size(), done.failure};
  } else {
    found = crash_everywhere(done.events, done, nullptr);
  }
  if (found) report(done, *found);
  // What changes in place promises too little to tell right from wrong. Of the others some will do.
  if (!found && !what.changes_in_place && value_of(seed_) % 4 == 0) convict(done);
  ++number_;
  ++seed_;
  return !found;
}

void proof::convict(const recording& done) {
  for (const wrong_protocol which : all_wrong_protocols) {
    const trace wrong = made_wrong(done.events, which);
    if (wrong.empty()) continue;
    conviction& of = convictions_[static_cast<std::size_t>(which)];
    ++of.workloads;
    if (crash_everywhere(wrong, done, &of)) ++of.violations;
  }
}

/// At each moment, until the first violation. `wrong` counts for a wrong protocol.
auto proof::crash_everywhere(const trace& events, const recording& done, conviction* wrong)
    -> std::optional<violation> {
  disk crashed;
  random_numbers random(seed_, 0);
  std::map<std::size_t, oracle> oracles;
  for (const std::size_t name : promised_names(events)) {
    oracles.emplace(name, oracle(done.contents, name));
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::vector<std::size_t> concerned;
    for (auto& [name, allowed] : oracles) {
      if (crashed.concerns(events[i], name)) concerned.push_back(name);
      allowed.apply(events[i]);
    }
    crashed.apply(events[i]);
    for (const std::size_t name : concerned) {
      const oracle& allowed = oracles.at(name);
      if (!allowed.knows()) continue;
      const std::string broken = crash_now({crashed, name, allowed, done}, random, wrong);
      if (!broken.empty()) return violation{i + 1, broken};
    }
  }
  return std::nullopt;
}

std::string proof::crash_now(const moment& now, random_numbers& random, conviction* wrong) {
  const auto& [most_untorn, most_random] = wrong != nullptr ? for_wrong_ones : how_;
  const std::size_t untorn = now.crashed.untorn_states(now.name, most_untorn + 1);
  const bool exhausts = untorn <= most_untorn;
  const std::size_t states = (exhausts ? untorn : 0) + (untorn == 1 ? 0 : most_random);
  for (std::size_t n = 0; n < states; ++n) {
    const crash_state state = exhausts && n < untorn ? now.crashed.untorn_state(now.name, n)
                                                     : now.crashed.random_state(now.name, random);
    const finding& found = find(now, state, wrong);
    const std::string broken = now.allowed.judge(found);
    if (!broken.empty()) return broken + "; after a crash that left " + now.crashed.describe(state);
  }
  if (wrong == nullptr) {
    ++figures_.moments;
    if (exhausts) ++figures_.exhausted_moments;
  }
  return {};
}

/// What the library makes of the state. It is asked once for each image of a workload.
const finding& proof::find(const moment& now, const crash_state& state, conviction* wrong) {
  wrong != nullptr ? ++wrong->images : ++figures_.images;
  const bool writes = state.hash % 4 == 0;
  if (wrong == nullptr && state.file != no_file && distinct_.insert(state.hash).second) {
    if (state.torn_or_dropped) ++figures_.torn_or_dropped;
    if (writes) ++figures_.written_to;
  }
  const auto [known, is_new] = findings_.try_emplace(state.hash);
  if (is_new && state.file != no_file) {
    known->second = reopening_.open(now.crashed.contents_of(state), now.done, writes);
  }
  return known->second;
}

void proof::report(const recording& done, const violation& found) {
  ++figures_.violations;
  const trace until(done.events.begin(),
                    done.events.begin() + static_cast<std::ptrdiff_t>(found.after_events));
  ADD_FAILURE() << found.what << "\nin workload " << number_ << " of MAPVEC_SEED=" << first_seed_
                << "; one of random steps is the first of MAPVEC_SEED=" << seed_
                << "\nafter the events\n"
                << describe(until, 40);
}

bool proof::has_found_out_all() const {
  return std::ranges::all_of(convictions_, [](const conviction& of) { return of.violations != 0; });
}

void proof::print() const {
  std::printf("MAPVEC_SEED=%llu: %zu workloads, %zu events, %zu moments (%zu exhausted)\n",
              static_cast<unsigned long long>(first_seed_), figures_.workloads, figures_.events,
              figures_.moments, figures_.exhausted_moments);
  std::printf("%zu images, %zu distinct, of them %zu torn or dropped, %zu also written to\n",
              figures_.images, distinct_.size(), figures_.torn_or_dropped, figures_.written_to);
  std::printf("%zu violations\n", figures_.violations);
  for (const wrong_protocol which : all_wrong_protocols) {
    const conviction& wrong = of(which);
    if (wrong.workloads == 0) continue;
    std::printf("wrong protocol \"%s\": found out in %zu of %zu workloads, %zu images\n",
                std::string(name_of(which)).c_str(), wrong.violations, wrong.workloads,
                wrong.images);
  }
}

}  // namespace mapvec::test::crash
