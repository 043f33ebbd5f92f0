// SPDX-License-Identifier: MIT
//
// Protocols that lose elements, made of the trace of the right one by leaving events out or moving
// them. Who cannot tell them from the right one proves nothing.
#pragma once

#include <string_view>

#include "crash/trace.hpp"

namespace mapvec::test::crash {

enum class wrong_protocol : unsigned char {
  count_first,         ///< a commit stores the count before it syncs the elements
  one_sync,            ///< a commit syncs once, after the count
  no_order,            ///< a commit returns without a sync
  overwrites_counted,  ///< an append after a shrink does not store the shorter count first
  cuts_counted,        ///< nor does shrink_to_fit
  named_too_early,     ///< a new file is not synced before it gets its name
  name_not_synced,     ///< the directory is not synced
  trusts_page_cache,   ///< opening does not sync what a killed process left
};
inline constexpr wrong_protocol all_wrong_protocols[] = {
    wrong_protocol::count_first,     wrong_protocol::one_sync,
    wrong_protocol::no_order,        wrong_protocol::overwrites_counted,
    wrong_protocol::cuts_counted,    wrong_protocol::named_too_early,
    wrong_protocol::name_not_synced, wrong_protocol::trusts_page_cache,
};
std::string_view name_of(wrong_protocol which);

/// What would have been recorded. Empty if that is the same.
trace made_wrong(const trace& right, wrong_protocol which);

}  // namespace mapvec::test::crash
