// SPDX-License-Identifier: MIT
#include "crash/disk.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <sstream>

namespace mapvec::test::crash {
namespace {

const std::vector<std::size_t> never_named{no_file};

std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93U;
  value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93U;
  return value ^ (value >> 32);
}

std::uint64_t hash_of(const std::byte* data, std::size_t size_bytes) {
  std::uint64_t hash = size_bytes;
  for (std::size_t at = 0; at < size_bytes; at += sizeof hash) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, std::min(sizeof word, size_bytes - at));
    hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 29;
  }
  return mixed(hash);
}

constexpr std::array<std::byte, sector_bytes> zeros{};
const std::uint64_t hash_of_zeros = hash_of(zeros.data(), zeros.size());

std::size_t product(std::size_t a, std::size_t b, std::size_t most) {
  return b != 0 && a > most / b ? most : std::min(a * b, most);
}

}  // namespace

// --- what happens to the disk --------------------------------------------------------------------

disk::file_state& disk::file_of(const event& next) {
  if (next.file >= files_.size()) files_.resize(next.file + 1);
  return files_[next.file];
}

const std::vector<std::size_t>& disk::bindings(std::size_t name) const {
  return name < bindings_.size() ? bindings_[name] : never_named;
}

void disk::apply(const event& next) {
  ++time_;
  if (next.name >= bindings_.size()) bindings_.resize(next.name + 1, never_named);
  switch (next.what) {
    case event_kind::write:
      return write(file_of(next), next);
    case event_kind::size:
      return resize(file_of(next), next.size_bytes);
    case event_kind::sync:
      return sync(file_of(next));
    case event_kind::failed_sync:
      return forget(file_of(next));
    case event_kind::name:
      if (next.file != no_file) file_of(next);
      bindings_[next.name].push_back(next.file);
      return;
    case event_kind::directory_sync:
      for (auto& names : bindings_) names.erase(names.begin(), names.end() - 1);
      return;
    case event_kind::restart:
      bindings_[next.name] = {next.file};
      if (!next.image) return;
      resize(file_of(next), next.image->size());
      write(file_of(next), {.changes = {{0, *next.image}}});
      return sync(file_of(next));
    case event_kind::state:
    case event_kind::acknowledged:
    case event_kind::changed_in_place:
      return;
  }
}

void disk::write(file_state& changed, const event& next) {
  for (const change& piece : next.changes) {
    if (piece.data.empty()) continue;
    std::ranges::copy(piece.data,
                      changed.present.begin() + static_cast<std::ptrdiff_t>(piece.offset_bytes));
    touch(changed, piece.offset_bytes, piece.offset_bytes + piece.data.size() - 1);
  }
}

void disk::resize(file_state& changed, std::size_t size_bytes) {
  const std::size_t old_bytes = changed.present.size();
  if (size_bytes < old_bytes) {
    // What is cut away reads as zeros should the file grow again.
    std::fill(changed.present.begin() + static_cast<std::ptrdiff_t>(size_bytes),
              changed.present.end(), std::byte{});
    touch(changed, size_bytes, old_bytes - 1);
  }
  changed.present.resize(size_bytes);
  auto& sizes = changed.sizes;
  // The newest stands last, and each only once.
  const auto durable = sizes.begin() + 1;
  sizes.erase(std::remove(durable, sizes.end(), size_bytes), sizes.end());
  sizes.push_back(size_bytes);
}

disk::sector disk::sector_of(const bytes& data, std::size_t index) {
  sector made;
  const std::size_t first = index * sector_bytes;
  if (first < data.size()) {
    std::memcpy(made.data.data(), data.data() + first, std::min(sector_bytes, data.size() - first));
  }
  made.hash = hash_of(made.data.data(), sector_bytes);
  return made;
}

/// There is one more version of each sector between the two bytes.
void disk::touch(file_state& changed, std::size_t first_byte, std::size_t last_byte) {
  for (std::size_t i = first_byte / sector_bytes; i <= last_byte / sector_bytes; ++i) {
    sector newest = sector_of(changed.present, i);
    newest.time = time_;
    changed.forgotten_pages.erase(i / page_sectors);
    auto& versions = changed.waiting[i];
    if (versions.empty()) {
      const bool known = i < changed.durable.size();
      versions.push_back(known ? changed.durable[i] : sector_of({}, 0));
      versions.front().time = 0;
    }
    if (versions.back().time == time_) {
      versions.back() = newest;
    } else if (versions.back().hash != newest.hash) {
      versions.push_back(newest);
      times& page = changed.page_times.try_emplace(i / page_sectors, 1, 0).first->second;
      if (page.back() != time_) page.push_back(time_);
    }
  }
}

void disk::forget(file_state& changed) {
  for (const auto& [index, versions] : changed.waiting) {
    changed.forgotten_pages.insert(index / page_sectors);
  }
}

void disk::sync(file_state& changed) {
  changed.sizes = {changed.present.size()};
  for (auto next = changed.waiting.begin(); next != changed.waiting.end();) {
    const auto& [index, versions] = *next;
    if (changed.forgotten_pages.contains(index / page_sectors)) {
      ++next;
      continue;
    }
    if (index >= changed.durable.size()) changed.durable.resize(index + 1, sector_of({}, 0));
    changed.durable[index] = versions.back();
    changed.page_times.erase(index / page_sectors);
    next = changed.waiting.erase(next);
  }
}

bool disk::concerns(const event& next, std::size_t name) const {
  const auto& names = bindings(name);
  switch (next.what) {
    case event_kind::write:
    case event_kind::size:
    case event_kind::sync:
    case event_kind::failed_sync:
      return std::ranges::find(names, next.file) != names.end();
    case event_kind::directory_sync:
      return true;
    case event_kind::state:
      return false;
    default:
      return next.name == name;
  }
}

// --- what a crash leaves -------------------------------------------------------------------------

std::size_t disk::present_file(std::size_t name) const { return bindings(name).back(); }

std::size_t disk::version_at(const std::vector<sector>& versions, std::size_t time) {
  std::size_t version = 0;
  while (version + 1 < versions.size() && versions[version + 1].time <= time) ++version;
  return version;
}

std::size_t disk::untorn_states_of(std::size_t file, std::size_t most) const {
  if (file == no_file) return 1;
  std::size_t states = files_[file].sizes.size();
  for (const auto& [page, all] : files_[file].page_times) {
    states = product(states, all.size(), most);
  }
  return std::min(states, most);
}

std::size_t disk::untorn_states(std::size_t name, std::size_t most) const {
  std::size_t sum = 0;
  for (const std::size_t file : bindings(name)) {
    sum = std::min(sum + untorn_states_of(file, most), most);
  }
  return sum;
}

crash_state disk::untorn_state(std::size_t name, std::size_t n) const {
  for (const std::size_t file : bindings(name)) {
    const std::size_t states = untorn_states_of(file, n + 1);
    if (n >= states) {
      n -= states;
      continue;
    }
    if (file == no_file) break;
    const file_state& found = files_[file];
    crash_state state{.file = file, .size_bytes = found.sizes[n % found.sizes.size()]};
    n /= found.sizes.size();
    std::map<std::size_t, std::size_t> pages;
    for (const auto& [page, all] : found.page_times) {
      pages[page] = all[n % all.size()];
      n /= all.size();
    }
    take_pages_at(found, pages, state);
    finish(found, state);
    return state;
  }
  return {};
}

crash_state disk::random_state(std::size_t name, random_numbers& random) const {
  const auto& names = bindings(name);
  const std::size_t file = names[random.below(names.size())];
  if (file == no_file) return {};
  const file_state& found = files_[file];
  const auto& sizes = found.sizes;
  crash_state state{.file = file, .size_bytes = sizes.back()};
  if (random.below(3) == 0) state.size_bytes = sizes[random.below(sizes.size())];
  const auto& pages = found.page_times;
  // Faults of a protocol show when most of the disk agrees: so any pages at any time is one way of
  // four. The others: all pages as they were at one moment; one page late; one page early.
  const std::size_t way = random.below(4);
  const std::size_t odd_one = pages.empty() ? 0 : random.below(pages.size());
  std::size_t moment = 0;
  if (!pages.empty()) {
    const times& all = std::next(pages.begin(), static_cast<std::ptrdiff_t>(odd_one))->second;
    moment = all[random.below(all.size())];
  }
  std::map<std::size_t, std::size_t> chosen;
  for (const auto& [page, all] : pages) {
    const bool is_odd = chosen.size() == odd_one;
    const std::size_t any = all[random.below(all.size())];
    const std::size_t one_late = is_odd ? any : all.back();
    const std::size_t one_early = is_odd ? all.back() : any;
    chosen[page] = way == 0 ? any : way == 1 ? moment : way == 2 ? one_late : one_early;
  }
  take_pages_at(found, chosen, state);
  if (random.below(2) == 0) tear(found, random, state);
  finish(found, state);
  return state;
}

void disk::take_pages_at(const file_state& found, const std::map<std::size_t, std::size_t>& pages,
                         crash_state& state) {
  for (const auto& [index, versions] : found.waiting) {
    // A page that was stored to, but with what it held, has no time.
    const auto page = pages.find(index / page_sectors);
    state.versions.push_back(page == pages.end() ? 0 : version_at(versions, page->second));
  }
}

/// Tears the pages of some sectors.
void disk::tear(const file_state& found, random_numbers& random, crash_state& state) {
  std::set<std::size_t> torn;
  for (const auto& [index, versions] : found.waiting) {
    if (random.below(8) == 0) torn.insert(index / page_sectors);
  }
  std::size_t at = 0;
  for (const auto& [index, versions] : found.waiting) {
    if (torn.contains(index / page_sectors)) state.versions[at] = random.below(versions.size());
    ++at;
  }
}

const disk::sector* disk::sector_in(const file_state& found, const crash_state& state,
                                    std::size_t index, std::size_t& at) {
  const auto waiting = found.waiting.find(index);
  if (waiting != found.waiting.end()) return &waiting->second[state.versions[at++]];
  return index < found.durable.size() ? &found.durable[index] : nullptr;
}

/// Notes what is lost, and the hash of what is visible.
void disk::finish(const file_state& found, crash_state& state) {
  std::size_t at = 0;
  state.hash = mixed(state.size_bytes);
  for (std::size_t first = 0; first < state.size_bytes; first += sector_bytes) {
    const std::size_t index = first / sector_bytes;
    const auto waiting = found.waiting.find(index);
    const sector* const there = sector_in(found, state, index, at);
    if (waiting != found.waiting.end() && there != &waiting->second.back()) {
      state.torn_or_dropped = true;
    }
    const std::size_t visible = std::min(sector_bytes, state.size_bytes - first);
    std::uint64_t hash = there != nullptr ? there->hash : hash_of_zeros;
    if (visible < sector_bytes) {
      hash = hash_of(there != nullptr ? there->data.data() : zeros.data(), visible);
    }
    state.hash = mixed(state.hash ^ hash);
  }
}

bytes disk::contents_of(const crash_state& found) const {
  bytes result(found.size_bytes);
  std::size_t at = 0;
  for (std::size_t first = 0; first < result.size(); first += sector_bytes) {
    const sector* const there = sector_in(files_[found.file], found, first / sector_bytes, at);
    if (there == nullptr) continue;
    std::memcpy(result.data() + first, there->data.data(),
                std::min(sector_bytes, result.size() - first));
  }
  return result;
}

std::string disk::describe(const crash_state& found) const {
  if (found.file == no_file) return "no such file";
  std::ostringstream text;
  text << "file " << found.file << " of " << found.size_bytes << " bytes";
  std::size_t at = 0;
  for (const auto& [index, versions] : files_[found.file].waiting) {
    const std::size_t version = found.versions[at++];
    text << ", sector " << index << ": ";
    if (version + 1 == versions.size()) {
      text << "newest";
    } else if (version == 0) {
      text << "dropped";
    } else {
      text << "version " << version << " of " << versions.size() - 1;
    }
  }
  return text.str();
}

}  // namespace mapvec::test::crash
