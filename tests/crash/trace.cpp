// SPDX-License-Identifier: MIT
#include "crash/trace.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace mapvec::test::crash {

std::string_view name_of(operation what) {
  constexpr std::array<std::string_view, 17> names = {
      "start", "create",          "persist", "open",    "append",  "shorten",  "reserve",
      "cut",   "commit",          "close",   "abandon", "replace", "snapshot", "evict",
      "look",  "change in place", "refused"};
  return names[static_cast<std::size_t>(what)];
}

std::string_view name_of(event_kind what) {
  constexpr std::array<std::string_view, 10> names = {
      "write",          "size",    "sync",  "failed sync",  "name",
      "directory sync", "restart", "state", "acknowledged", "changed in place"};
  return names[static_cast<std::size_t>(what)];
}

std::string describe(const trace& recorded, std::size_t most) {
  std::ostringstream text;
  const std::size_t first = recorded.size() - std::min(most, recorded.size());
  for (std::size_t i = first; i < recorded.size(); ++i) {
    const event& each = recorded[i];
    text << "  " << i << " (" << name_of(each.during) << ") " << name_of(each.what);
    switch (each.what) {
      case event_kind::write:
        text << " of file " << each.file << (each.stores_count ? ", the count:" : ":");
        for (const change& piece : each.changes) {
          text << " [" << piece.offset_bytes << ", " << piece.offset_bytes + piece.data.size()
               << ')';
        }
        break;
      case event_kind::size:
        text << " of file " << each.file << ": " << each.size_bytes;
        break;
      case event_kind::sync:
      case event_kind::failed_sync:
        text << " of file " << each.file;
        break;
      case event_kind::directory_sync:
        break;
      case event_kind::name:
      case event_kind::restart:
        text << ' ' << each.name << ": ";
        each.file == no_file ? text << "nothing" : text << "file " << each.file;
        break;
      default:
        text << " of name " << each.name << ": content " << each.content;
    }
    text << '\n';
  }
  return text.str();
}

std::size_t content_table::intern(std::span<const element> content) {
  if (const auto known = find(content)) return *known;
  by_size_.emplace(content.size(), all_.size());
  all_.emplace_back(content.begin(), content.end());
  return all_.size() - 1;
}

std::optional<std::size_t> content_table::find(std::span<const element> content) const {
  const auto [first, last] = by_size_.equal_range(content.size());
  const auto known = std::find_if(first, last, [&](const auto& entry) {
    return std::ranges::equal(all_[entry.second], content);
  });
  if (known == last) return std::nullopt;
  return known->second;
}

// Both steps can be undone, and both keep 0.

element value_of(std::uint64_t number) {
  number *= 0x9E3779B97F4A7C15U;
  return number ^ (number >> 32);
}

std::uint64_t number_of(element value) {
  value ^= value >> 32;
  return value * 0xF1DE83E19937733DU;
}

}  // namespace mapvec::test::crash
