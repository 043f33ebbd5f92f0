// SPDX-License-Identifier: MIT
#include <mapvec/detail/gather_requests.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <mapvec/units.hpp>

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

// So many pages are asked for before as many are used that were asked for `batches_ahead` times
// before: the disk has about 500 requests to choose from, all the time.
constexpr std::size_t batch_pages = 32;
constexpr std::size_t batches_ahead = 16;

// A disk reads pages one by one at an eighth of the speed at which it reads them in a row, or
// slower: from one page in eight on, reading all is no loss.
constexpr std::size_t dense_share = 8;

// As blocks take it by default.
constexpr block_plan whole_blocks{.block_bytes = 2 * MiB - block_reader::margin_bytes,
                                  .buffers = 4,
                                  .threads = 2,
                                  .in_place = false};

constexpr std::size_t no_budget = std::numeric_limits<std::size_t>::max();

class page_requests {
 public:
  page_requests(const stored_bytes& source, std::size_t element_bytes,
                std::span<gather_request> requests) noexcept
      : source_(source), element_bytes_(element_bytes), requests_(requests) {}

  bool are_resident() const noexcept;
  void sort() noexcept { std::ranges::sort(requests_, {}, &gather_request::index); }
  std::size_t distinct_pages() const noexcept;
  std::size_t covered_pages() const noexcept;

  /// Asks for the pages of the requests from `first` on, up to batch_pages of them; returns where
  /// the next batch begins.
  std::size_t ask_for_batch(std::size_t first) const noexcept;
  /// Lets go of the pages from the first of requests [first, end) to the last, whoever had them.
  void drop(std::size_t first, std::size_t end) const noexcept;

  std::size_t first_page(std::size_t i) const noexcept { return page_of(requests_[i].index, 0); }
  std::size_t last_page(std::size_t i) const noexcept {
    return page_of(requests_[i].index, element_bytes_ - 1);
  }

 private:
  // Of the file: the mapping begins at a page of it.
  std::size_t page_of(std::size_t index, std::size_t offset) const noexcept {
    return (source_.offset_bytes + index * element_bytes_ + offset) / sys::page_bytes();
  }

  const stored_bytes& source_;
  std::size_t element_bytes_;
  std::span<gather_request> requests_;
};

/// Whether it looks as if all were in memory: 64 of them are, from all over.
bool page_requests::are_resident() const noexcept {
  if (source_.fd < 0) return true;
  const std::size_t step = std::max<std::size_t>(requests_.size() / 64, 1);
  for (std::size_t i = 0; i < requests_.size(); i += step) {
    if (!is_resident(source_, requests_[i].index * element_bytes_, 1)) return false;
  }
  return true;
}

std::size_t page_requests::distinct_pages() const noexcept {
  std::size_t count = 0;
  std::size_t behind = 0;  // pages before this one are counted
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const std::size_t first = std::max(first_page(i), behind);
    behind = std::max(behind, last_page(i) + 1);
    count += behind - std::min(first, behind);
  }
  return count;
}

std::size_t page_requests::covered_pages() const noexcept {
  return last_page(requests_.size() - 1) - first_page(0) + 1;
}

std::size_t page_requests::ask_for_batch(std::size_t first) const noexcept {
  const std::size_t page = sys::page_bytes();
  auto* const file_start = const_cast<std::byte*>(source_.data) - source_.offset_bytes;
  std::size_t asked = 0;
  std::size_t i = first;
  while (i < requests_.size() && asked < batch_pages) {
    // Neighbours are one call.
    const std::size_t from = first_page(i);
    std::size_t to = last_page(i) + 1;
    for (++i; i < requests_.size() && first_page(i) <= to && to - from < batch_pages; ++i) {
      to = std::max(to, last_page(i) + 1);
    }
    sys::madvise(file_start + from * page, (to - from) * page, MADV_WILLNEED);
    asked += to - from;
  }
  return i;
}

void page_requests::drop(std::size_t first, std::size_t end) const noexcept {
  const std::size_t page = sys::page_bytes();
  const std::size_t from_bytes = first_page(first) * page;
  const std::size_t size_bytes = (last_page(end - 1) + 1) * page - from_bytes;
  auto* const file_start = const_cast<std::byte*>(source_.data) - source_.offset_bytes;
  sys::madvise(file_start + from_bytes, size_bytes, MADV_DONTNEED);
  sys::fadvise_dontneed(source_.fd, from_bytes, size_bytes);
}

/// From end to end, for those who want nearly all of it.
void gather_dense(const stored_bytes& source, std::size_t element_bytes, bool in_place,
                  std::span<const gather_request> requests, copy_elements copy, void* out) {
  const std::size_t first_index = requests.front().index;
  const std::size_t count = requests.back().index - first_index + 1;
  stored_bytes wanted = source;
  wanted.data += first_index * element_bytes;
  wanted.offset_bytes += first_index * element_bytes;
  wanted.size_bytes = count * element_bytes;
  block_plan plan = whole_blocks;
  plan.block_bytes = std::min(plan.block_bytes, source.budget_bytes / (2 * plan.buffers));
  plan.block_bytes = std::max<std::size_t>(plan.block_bytes / element_bytes, 1) * element_bytes;
  plan.in_place = in_place;
  block_reader reader(std::move(wanted), plan);
  while (!requests.empty()) {
    const byte_block block = reader.next();
    const std::size_t begin = first_index + block.offset_bytes / element_bytes;
    const std::size_t end = begin + block.size_bytes / element_bytes;
    const auto behind = std::ranges::partition_point(
        requests, [&](const gather_request& each) { return each.index < end; });
    const auto here = static_cast<std::size_t>(behind - requests.begin());
    copy(block.data, begin, requests.first(here), out);
    requests = requests.subspan(here);
    reader.release(block);
  }
}

}  // namespace

bool gather_in_memory(const stored_bytes& source, std::size_t element_bytes,
                      std::span<gather_request> requests, copy_elements copy, void* out) {
  const page_requests pages(source, element_bytes, requests);
  if (!requests.empty() && !pages.are_resident()) return false;
  copy(source.data, 0, requests, out);
  return true;
}

void gather(const stored_bytes& source, std::size_t element_bytes, bool in_place,
            std::span<gather_request> requests, copy_elements copy, void* out) {
  page_requests pages(source, element_bytes, requests);
  pages.sort();
  if (pages.distinct_pages() * dense_share >= pages.covered_pages()) {
    gather_dense(source, element_bytes, in_place, requests, copy, out);
  } else {
    gather_by_page(source, element_bytes, requests, copy, out);
  }
}

void gather_by_page(const stored_bytes& source, std::size_t element_bytes,
                    std::span<gather_request> requests, copy_elements copy, void* out) {
  const page_requests pages(source, element_bytes, requests);
  std::array<std::size_t, batches_ahead> ends{};  // of batch i at i % size
  std::size_t asked = 0;
  for (std::size_t& end : ends) end = asked = pages.ask_for_batch(asked);
  std::size_t first = 0;
  for (std::size_t batch = 0; first < requests.size(); ++batch) {
    const std::size_t end = std::exchange(ends[batch % batches_ahead], pages.ask_for_batch(asked));
    asked = ends[batch % batches_ahead];
    copy(source.data, 0, requests.subspan(first, end - first), out);
    if (source.budget_bytes != no_budget) pages.drop(first, end);
    first = end;
  }
}

bool is_in_memory(const stored_bytes& source) noexcept {
  if (source.fd < 0) return true;
  // At steps of the golden ratio: a search leaves what it has read at even ones.
  double place = 0.5;
  for (int i = 0; i < 64; ++i) {
    place += 0.6180339887498949;
    if (place >= 1) place -= 1;
    const auto offset = static_cast<std::size_t>(place * static_cast<double>(source.size_bytes));
    if (offset < source.size_bytes && !is_resident(source, offset, 1)) return false;
  }
  return true;
}

void prefetch(const stored_bytes& source, std::size_t element_bytes,
              std::span<gather_request> requests) noexcept {
  page_requests pages(source, element_bytes, requests);
  if (requests.empty() || pages.are_resident()) return;
  pages.sort();
  for (std::size_t first = 0; first < requests.size();) first = pages.ask_for_batch(first);
}

}  // namespace mapvec::inline v0_1::detail
