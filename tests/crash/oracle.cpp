// SPDX-License-Identifier: MIT
#include "crash/oracle.hpp"

#include <algorithm>
#include <sstream>

namespace mapvec::test::crash {

void oracle::apply(const event& next) {
  if (next.name != name_) return;
  if (next.what == event_kind::acknowledged) {
    allowed_ = {next.content};
    mixed_ = false;
  } else if (next.what == event_kind::state) {
    allowed_.push_back(next.content);
  } else if (next.what == event_kind::changed_in_place) {
    mixed_ = true;
  }
}

bool oracle::allows_count(std::size_t count) const {
  return std::ranges::any_of(allowed_, [&](std::size_t content) {
    return content != content_table::absent && (*contents_)[content].size() == count;
  });
}

std::string oracle::judge(const finding& found) const {
  std::ostringstream wrong;
  if (!found.refusal.empty()) {
    wrong << found.refusal;
  } else if (!found.exists) {
    if (std::ranges::find(allowed_, content_table::absent) == allowed_.end()) {
      wrong << "there is no file";
    }
  } else if (mixed_) {
    if (!allows_count(found.count)) {
      wrong << "a length the vector did not have: " << found.count;
    } else if (!found.values_are_known) {
      wrong << "elements the program never made";
    }
  } else if (!found.content) {
    wrong << "elements the vector never had, " << found.count << " of them"
          << (found.values_are_known ? "" : ", some of them never made by the program");
  } else if (std::ranges::find(allowed_, *found.content) == allowed_.end()) {
    wrong << "content " << *found.content << ", " << found.count
          << " elements: not since the last acknowledgement";
  }
  if (wrong.tellp() == 0) return {};
  wrong << "; allowed:";
  for (const std::size_t content : allowed_) {
    if (content == content_table::absent) {
      wrong << " none";
    } else {
      wrong << " content " << content << " (" << (*contents_)[content].size() << ')';
    }
  }
  return wrong.str();
}

}  // namespace mapvec::test::crash
