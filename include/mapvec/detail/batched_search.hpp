// SPDX-License-Identifier: MIT
//
// Many binary searches in sorted elements that may not be in memory, all at once. The values are
// sorted, so those that have to look at the same element are neighbours; each level of the search
// asks for the elements in the middle of all ranges together. The last levels are within a page.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <mapvec/blocks.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/gather_requests.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

/// Which elements begin in which page of the file. Where elements are larger than a page, a page is
/// as many of the kernel's as hold one.
class element_pages {
 public:
  element_pages(const stored_bytes& source, std::size_t element_bytes) noexcept
      : element_bytes_(element_bytes),
        count_(source.size_bytes / element_bytes),
        before_bytes_(source.offset_bytes % least_bytes),
        page_bytes_((element_bytes + least_bytes - 1) / least_bytes * least_bytes) {}

  std::size_t elements() const noexcept { return count_; }
  /// REQUIRES: elements() != 0.
  std::size_t pages() const noexcept {
    return (before_bytes_ + (count_ - 1) * element_bytes_) / page_bytes_ + 1;
  }
  /// Smaller than that of the next page: pages are no smaller than elements.
  std::size_t first_element(std::size_t page) const noexcept {
    if (page == 0) return 0;
    return std::min((page * page_bytes_ - before_bytes_ + element_bytes_ - 1) / element_bytes_,
                    count_);
  }

 private:
  static constexpr std::size_t least_bytes = 4 * KiB;

  std::size_t element_bytes_;
  std::size_t count_;
  std::size_t before_bytes_;
  std::size_t page_bytes_;
};

/// Which one is searched, and the page that it has come to: the first element of that is known to
/// be before what is searched, unless it is page 0.
struct page_search {
  std::uint64_t page;
  std::uint64_t number;
};

/// before(element, number): whether what search `number` looks for is behind this element. The
/// searches ascend: what is before the one is before all behind it. found(number, index) gets the
/// first element for which before() is false, or the number of elements.
template <class T, class Before, class Found>
class batched_search {
 public:
  batched_search(const stored_bytes& source, std::span<page_search> searches, const Before& before,
                 const Found& found)
      : source_(source),
        grid_(source, sizeof(T)),
        searches_(searches),
        before_(before),
        found_(found) {}

  /// Throws `error` when reading fails, and what before() throws. REQUIRES: there are elements and
  /// searches, which stand at page 0.
  void run() {
    const std::size_t pages = grid_.pages();
    for (step_ = std::bit_ceil(pages) / 2; step_ != 0; step_ /= 2) {
      const std::size_t ranges = ask_for_each_range([&](std::size_t page) {
        return page + step_ < pages ? grid_.first_element(page + step_) : grid_.elements();
      });
      const std::size_t end = std::min<std::size_t>(searches_.back().page + 2 * step_, pages);
      if (is_dense(ranges, end - searches_.front().page)) return read_to(end);
      look([](const std::byte* elements, std::size_t first_index, requests wanted, void* self) {
        static_cast<batched_search*>(self)->choose_halves(typed_at(elements), first_index, wanted);
      });
    }
    ask_for_each_range([&](std::size_t page) { return grid_.first_element(page + 1) - 1; });
    look([](const std::byte* elements, std::size_t first_index, requests wanted, void* self) {
      static_cast<batched_search*>(self)->look_into_pages(typed_at(elements), first_index, wanted);
    });
  }

 private:
  using requests = std::span<const gather_request>;

  /// From here on, the rest of the levels would take about as long as to read all: half of them is
  /// 7 pages for each range, and a page alone takes as long as 8 in a row. For few ranges threads
  /// and buffers are not worth it.
  static bool is_dense(std::size_t ranges, std::size_t pages) noexcept {
    return ranges >= 64 && ranges * 64 >= pages;
  }

  static const T* typed_at(const std::byte* elements) noexcept {
    return reinterpret_cast<const T*>(elements);
  }
  /// The searches from `first` on that stand at the same page.
  std::span<page_search> range_at(std::size_t first) const noexcept {
    const std::uint64_t page = searches_[first].page;
    const auto begin = searches_.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, std::find_if(begin, searches_.end(),
                                [&](const page_search& each) { return each.page != page; })};
  }

  /// One request for each range, of element(page) if there is one; returns how many ranges.
  template <class Element>
  std::size_t ask_for_each_range(const Element& element) {
    requests_.clear();
    std::size_t ranges = 0;
    for (std::size_t first = 0; first < searches_.size(); first += range_at(first).size()) {
      const std::size_t index = element(searches_[first].page);
      if (index < grid_.elements()) requests_.push_back({index, first});
      ++ranges;
    }
    return ranges;
  }

  void look(copy_elements use) {
    if (!gather_in_memory(source_, sizeof(T), requests_, use, this)) {
      gather_by_page(source_, sizeof(T), requests_, use, this);
    }
  }

  void choose_halves(const T* elements, std::size_t first_index, requests wanted) {
    for (const gather_request& each : wanted) {
      const T& middle = elements[each.index - first_index];
      const std::span<page_search> range = range_at(each.slot);
      const auto behind = std::partition_point(
          range.begin(), range.end(),
          [&](const page_search& search) { return !before_(middle, search.number); });
      std::for_each(behind, range.end(), [&](page_search& search) { search.page += step_; });
    }
  }

  void look_into_pages(const T* elements, std::size_t first_index, requests wanted) {
    for (const gather_request& each : wanted) {
      const std::span<page_search> range = range_at(each.slot);
      std::size_t first = grid_.first_element(range.front().page);
      const T* const begin = elements + (first - first_index);
      finish(range, {begin, each.index + 1 - first}, first);
    }
  }

  /// REQUIRES: the searches end within the elements, the first of which has this index, or directly
  /// behind them.
  void finish(std::span<page_search> searches, std::span<const T> elements, std::size_t index) {
    auto at = elements.begin();
    for (const page_search& each : searches) {
      at = std::partition_point(at, elements.end(),
                                [&](const T& element) { return before_(element, each.number); });
      found_(each.number, index + static_cast<std::size_t>(at - elements.begin()));
    }
  }

  /// All pages that are left, from end to end.
  void read_to(std::size_t end_page) {
    const std::size_t first = grid_.first_element(searches_.front().page);
    const std::size_t end = grid_.first_element(end_page);
    stored_bytes wanted = source_;
    wanted.data += first * sizeof(T);
    wanted.offset_bytes += first * sizeof(T);
    wanted.size_bytes = (end - first) * sizeof(T);
    block_reader reader = reader_of<T>(std::move(wanted), {});
    std::span<page_search> left = searches_;
    while (!left.empty()) {
      const byte_block next = reader.next();
      if (next.data == nullptr) break;
      const released_block held{reader, next};
      const block<const T> elements = typed<T>(next);
      const auto behind = std::partition_point(
          left.begin(), left.end(),
          [&](const page_search& search) { return !before_(elements.back(), search.number); });
      const auto here = static_cast<std::size_t>(behind - left.begin());
      finish(left.first(here), elements, first + elements.position());
      left = left.subspan(here);
    }
    for (const page_search& each : left) found_(each.number, end);
  }

  const stored_bytes& source_;
  const element_pages grid_;
  const std::span<page_search> searches_;
  const Before& before_;
  const Found& found_;
  std::size_t step_ = 0;
  std::vector<gather_request> requests_;
};

}  // namespace mapvec::inline v0_1::detail
