// SPDX-License-Identifier: MIT
#include "crash/reopening.hpp"

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "crash/recorder.hpp"

namespace mapvec::test::crash {

finding reopening::open(const bytes& image, const recording& left_by, bool writes) {
  put_file(path_, image);
  finding found{.exists = true};
  try {
    elements read;
    {
      const auto view = file_view<element>::open(path_, settings_of(left_by.what));
      read.assign(view.begin(), view.end());
    }
    found.count = read.size();
    found.content = left_by.contents.find(read);
    found.values_are_known =
        found.content || std::ranges::all_of(read, [&](element e) { return left_by.made(e); });
    if (writes) found.refusal = go_on(read, left_by);
  } catch (const std::exception& refused) {
    found.refusal = refused.what();
  }
  return found;
}

/// Empty, or what went wrong.
std::string reopening::go_on(const elements& found, const recording& left_by) {
  const options settings = settings_of(left_by.what);
  elements wanted = found;
  {
    auto vector = file_vector<element>::open(path_, settings);
    if (!std::ranges::equal(std::as_const(vector), wanted)) return "a vector unlike the view";
    // Whole rows of any width, and more than there is room for in the tail.
    const auto go_on_with = [&](std::size_t count) {
      const elements more(count, ~element{count});
      vector.append_range(more);
      wanted.insert(wanted.end(), more.begin(), more.end());
    };
    go_on_with(30);
    vector.commit();
    go_on_with(1'500);
    vector.close();
  }
  const auto view = file_view<element>::open(path_, settings);
  return std::ranges::equal(view, wanted) ? "" : "not what was appended after it had been opened";
}

}  // namespace mapvec::test::crash
