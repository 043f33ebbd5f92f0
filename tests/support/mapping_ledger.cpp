// SPDX-License-Identifier: MIT
//
// What the library has mapped, from its own calls: exact under every sanitizer and allocator, whose
// mappings come and go in /proc/self/maps.
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "support/observers.hpp"
#include "support/real_syscalls.hpp"

namespace mapvec::test {
namespace {

/// Disjoint address ranges: start to end.
class address_ranges {
 public:
  void add(std::uintptr_t start, std::uintptr_t end) {
    remove(start, end);
    ranges_[start] = end;
  }

  void remove(std::uintptr_t start, std::uintptr_t end) {
    auto next = ranges_.lower_bound(start);
    if (next != ranges_.begin() && std::prev(next)->second > start) --next;
    while (next != ranges_.end() && next->first < end) {
      const auto [old_start, old_end] = *next;
      next = ranges_.erase(next);
      if (old_start < start) ranges_[old_start] = start;
      if (old_end > end) ranges_[end] = old_end;
    }
  }

  const std::map<std::uintptr_t, std::uintptr_t>& all() const { return ranges_; }
  void clear() { ranges_.clear(); }

 private:
  std::map<std::uintptr_t, std::uintptr_t> ranges_;
};

struct ledger {
  std::mutex lock;
  address_ranges mapped;
  address_ranges unmap_failed;
  std::vector<std::string> unlink_failed;
};

ledger& the_ledger() {
  // Never destroyed: vectors with static lifetime unmap after main.
  static ledger& instance = *new ledger;
  return instance;
}

std::uintptr_t end_of(std::uintptr_t address, std::uint64_t size_bytes) {
  const std::uint64_t page = real_sys::page_bytes();
  return address + (size_bytes + page - 1) / page * page;
}

}  // namespace

namespace detail {

void note_mapped(std::uintptr_t address, std::uint64_t size_bytes) {
  ledger& book = the_ledger();
  const std::scoped_lock guard(book.lock);
  book.mapped.add(address, end_of(address, size_bytes));
}

void note_unmapped(std::uintptr_t address, std::uint64_t size_bytes) {
  ledger& book = the_ledger();
  const std::scoped_lock guard(book.lock);
  book.mapped.remove(address, end_of(address, size_bytes));
  book.unmap_failed.remove(address, end_of(address, size_bytes));
}

void note_failed_unmap(std::uintptr_t address, std::uint64_t size_bytes) {
  ledger& book = the_ledger();
  const std::scoped_lock guard(book.lock);
  book.unmap_failed.add(address, end_of(address, size_bytes));
}

void note_failed_unlink(const char* path) {
  ledger& book = the_ledger();
  const std::scoped_lock guard(book.lock);
  book.unlink_failed.emplace_back(path);
}

}  // namespace detail

std::uint64_t library_mapped_bytes() {
  ledger& book = the_ledger();
  const std::scoped_lock guard(book.lock);
  std::uint64_t sum = 0;
  for (const auto& [start, end] : book.mapped.all()) sum += end - start;
  return sum;
}

std::size_t library_mapped_ranges() {
  ledger& book = the_ledger();
  const std::scoped_lock guard(book.lock);
  return book.mapped.all().size();
}

std::size_t reclaim_what_faults_left() {
  ledger& book = the_ledger();
  const std::scoped_lock guard(book.lock);
  std::size_t pieces = 0;
  for (const auto& [start, end] : book.unmap_failed.all()) {
    real_sys::munmap(reinterpret_cast<void*>(start), end - start);
    book.mapped.remove(start, end);
    ++pieces;
  }
  book.unmap_failed.clear();
  for (const std::string& path : book.unlink_failed) {
    if (real_sys::unlink(path.c_str()) == 0) ++pieces;
  }
  book.unlink_failed.clear();
  return pieces;
}

}  // namespace mapvec::test
