// SPDX-License-Identifier: MIT
#include "crash/wrong_protocols.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace mapvec::test::crash {
namespace {

/// What an event is for.
enum class role : unsigned char {
  none,
  data_sync,       // of a commit: the elements
  count_store,     // of a commit
  count_sync,      // of a commit
  shorter_count,   // before counted elements are overwritten or cut: the store and its sync
  new_file_sync,   // before the file gets its name
  directory_sync,  // after
  opening_sync,    // the first one after opening, of what was found
};

struct assigned_role {
  role what = role::none;
  std::size_t data_sync = 0;  // of a count_store: where its data_sync is
};

bool makes_a_file(operation what) {
  return what == operation::create || what == operation::persist || what == operation::replace ||
         what == operation::snapshot;
}

role role_of_sync(const event& sync) {
  if (sync.what == event_kind::directory_sync) return role::directory_sync;
  if (sync.what != event_kind::sync) return role::none;
  return makes_a_file(sync.during) ? role::new_file_sync : role::none;
}

/// What was found is waited for by the first call that writes, in front of all else it does.
void assign_opening_syncs(const trace& right, std::vector<assigned_role>& roles) {
  bool is_fresh = false;
  for (std::size_t i = 0; i < right.size(); ++i) {
    if (right[i].during == operation::open && right[i].what == event_kind::state) is_fresh = true;
    if (right[i].what != event_kind::sync || right[i].during == operation::snapshot) continue;
    if (is_fresh && !makes_a_file(right[i].during)) roles[i].what = role::opening_sync;
    is_fresh = false;
  }
}

/// A count is stored between two syncs by a commit, before one sync by others.
std::vector<assigned_role> roles_in(const trace& right) {
  std::vector<assigned_role> roles(right.size());
  assign_opening_syncs(right, roles);
  for (std::size_t i = 0; i < right.size(); ++i) {
    if (roles[i].what == role::none) roles[i].what = role_of_sync(right[i]);
    if (!right[i].stores_count || right[i].during == operation::refused) continue;
    const auto is_its_sync = [&](std::size_t at) {
      return right[at].what == event_kind::sync && right[at].file == right[i].file &&
             right[at].step == right[i].step && roles[at].what != role::opening_sync;
    };
    std::size_t before = i;
    while (before != 0 && right[before - 1].step == right[i].step && !is_its_sync(before)) --before;
    std::size_t after = i + 1;
    while (after < right.size() && !is_its_sync(after)) ++after;
    const bool commits = is_its_sync(before);
    roles[i] = {commits ? role::count_store : role::shorter_count, before};
    if (commits) roles[before].what = role::data_sync;
    if (after < right.size()) roles[after].what = commits ? role::count_sync : role::shorter_count;
  }
  return roles;
}

bool leaves_out(wrong_protocol which, role what, operation during) {
  const bool during_cut = during == operation::cut;
  switch (which) {
    case wrong_protocol::count_first:
      return what == role::count_store;  // it was moved
    case wrong_protocol::one_sync:
      return what == role::data_sync;
    case wrong_protocol::no_order:
      return what == role::data_sync || what == role::count_sync;
    case wrong_protocol::overwrites_counted:
      return what == role::shorter_count && !during_cut;
    case wrong_protocol::cuts_counted:
      return what == role::shorter_count && during_cut;
    case wrong_protocol::named_too_early:
      return what == role::new_file_sync;
    case wrong_protocol::name_not_synced:
      return what == role::directory_sync;
    case wrong_protocol::trusts_page_cache:
      return what == role::opening_sync;
  }
  return false;
}

}  // namespace

std::string_view name_of(wrong_protocol which) {
  constexpr std::array<std::string_view, 8> names = {
      "count first",          "one sync",        "no order",        "overwrites what is counted",
      "cuts what is counted", "named too early", "name not synced", "trusts the page cache"};
  return names[static_cast<std::size_t>(which)];
}

trace made_wrong(const trace& right, wrong_protocol which) {
  const std::vector<assigned_role> roles = roles_in(right);
  std::vector<std::size_t> moved_before(right.size(), 0);
  if (which == wrong_protocol::count_first) {
    for (std::size_t i = 0; i < right.size(); ++i) {
      if (roles[i].what == role::count_store) moved_before[roles[i].data_sync] = i;
    }
  }
  trace wrong;
  bool differs = false;
  for (std::size_t i = 0; i < right.size(); ++i) {
    if (moved_before[i] != 0) wrong.push_back(right[moved_before[i]]);
    const bool left_out = leaves_out(which, roles[i].what, right[i].during);
    differs = differs || left_out;
    if (!left_out) wrong.push_back(right[i]);
  }
  return differs ? wrong : trace();
}

}  // namespace mapvec::test::crash
