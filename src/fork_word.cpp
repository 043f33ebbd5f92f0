// SPDX-License-Identifier: MIT
#include "fork_word.hpp"

#include <mutex>
#include <vector>

#include <mapvec/error.hpp>

#include "counters.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

// The list of free words lies outside of them: inside, fork would wipe it too.
struct word_pool {
  std::mutex mutex;
  std::vector<std::byte**> free_words;
  std::size_t word_count = 0;
};

// Never destroyed: vectors with static storage may still use it while the program ends.
word_pool& pool() {
  static word_pool* const instance = new word_pool;
  return *instance;
}

/// Maps one more page of words. They stay mapped for good: 4 KiB per 512 live vectors.
void add_page(word_pool& words) {
  const std::size_t page = sys::page_bytes();
  const std::size_t count = page / sizeof(std::byte*);
  // Room for every word there is, so that giving one back cannot fail.
  words.free_words.reserve(words.word_count + count);
  const std::intptr_t address =
      sys::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address < 0 && address > -4096) {
    add(process_counters.map_failures, 1);
    throw_error(static_cast<int>(-address), "map a page that fork wipes", "");
  }
  auto** first = reinterpret_cast<std::byte**>(address);
  const int failed = sys::madvise(first, page, MADV_WIPEONFORK);
  if (failed != 0) {
    add(process_counters.map_failures, 1);
    sys::munmap(first, page);
    throw_error(-failed, "have fork wipe a page", "");
  }
  for (std::size_t i = count; i-- > 0;) words.free_words.push_back(first + i);
  words.word_count += count;
}

}  // namespace

std::byte** acquire_fork_word() {
  word_pool& words = pool();
  const std::lock_guard lock(words.mutex);
  if (words.free_words.empty()) add_page(words);
  std::byte** word = words.free_words.back();
  words.free_words.pop_back();
  *word = nullptr;
  return word;
}

void release_fork_word(std::byte** word) noexcept {
  word_pool& words = pool();
  const std::lock_guard lock(words.mutex);
  words.free_words.push_back(word);
}

}  // namespace mapvec::inline v0_1::detail
