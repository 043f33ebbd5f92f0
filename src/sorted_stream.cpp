// SPDX-License-Identifier: MIT
//
// Where the pieces come from depends on what the first one finds: from the container if it is
// sorted, from memory if all of it fits there, else from a merge that runs ahead.
#include <mapvec/detail/sorted_stream.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "direct_file.hpp"
#include "memory_sort.hpp"
#include "posix/quiet_thread.hpp"
#include "run_merge.hpp"
#include "sort_plan.hpp"
#include "sorted_input.hpp"
#include "sorted_runs.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

/// Everything in memory.
class memory_stream {
 public:
  memory_stream(const stored_bytes& source, const memory_budget& budget,
                const element_sorter& sorter, std::size_t threads, sort_watch& watch)
      : element_bytes_(sorter.element_bytes()),
        count_(source.size_bytes / element_bytes_),
        held_(take_memory(budget, memory_sort_bytes(count_, sorter, threads))),
        pages_(source.offset_bytes, source.size_bytes),
        memory_(direct_memory(pages_.size)) {
    direct_file from(source.fd, direct_file::purpose::reading);
    load(source, from, pages_, source.size_bytes, memory_.data());
    sort_in_memory(memory_.data() + pages_.inside, count_, sorter, threads, watch);
  }

  sorted_piece next() noexcept {
    const std::size_t most = std::max<std::size_t>(2 * MiB / element_bytes_, 1);
    const std::size_t count = std::min(most, count_ - taken_);
    const sorted_piece piece{memory_.data() + pages_.inside + taken_ * element_bytes_, count};
    taken_ += count;
    return piece;
  }

 private:
  std::size_t element_bytes_;
  std::size_t count_;
  std::size_t taken_ = 0;
  memory_hold held_;
  page_range pages_;  // so many, with the elements at the same place as in the file
  region memory_;
};

/// What is sorted already.
class unchanged_stream {
 public:
  unchanged_stream(const stored_bytes& source, const memory_budget& budget,
                   std::size_t element_bytes, std::size_t memory_bytes)
      : element_bytes_(element_bytes),
        held_(
            take_memory(budget, memory_of_reading(source.size_bytes, element_bytes, memory_bytes))),
        reader_(elements_of(source, element_bytes, memory_bytes)) {}

  sorted_piece next() {
    reader_.release(std::exchange(last_, {}));
    last_ = reader_.next();
    return {last_.data, last_.size_bytes / element_bytes_};
  }

 private:
  std::size_t element_bytes_;
  memory_hold held_;
  block_reader reader_;
  byte_block last_;
};

/// What went through a temporary file.
class merged_stream {
 public:
  merged_stream(const stored_bytes& source, const memory_budget& budget,
                const element_sorter& sorter, const sort_resources& resources, sort_watch& watch)
      : plan_(source.size_bytes / sorter.element_bytes(), sorter.bytes(), resources.memory_bytes,
              resources.threads),
        held_(take_memory(budget, plan_.memory_bytes)),
        runs_(plan_, resources.temporary) {
    const sort_places places{.source_bytes = source.offset_bytes, .result_bytes = 0};
    watch.expect(2 * plan_.count);
    runs_.make(source, places, sorter, watch);
    merge_ = std::make_unique<run_merge>(runs_, plan_, places, sorter, watch);
    try {
      thread_ = sys::start_quiet_thread("mapvec worker", [this] { work_ahead(); });
    } catch (const std::exception&) {
      // Whoever takes elements merges them, too.
    }
  }
  merged_stream(const merged_stream&) = delete;
  merged_stream& operator=(const merged_stream&) = delete;
  ~merged_stream() {
    merge_->give_up();
    if (thread_.joinable()) thread_.join();
  }

  sorted_piece next() {
    merge_->give_back();
    const sorted_piece piece = merge_->take();
    if (piece.count == 0) {
      if (thread_.joinable()) thread_.join();
      if (failure_ != nullptr) std::rethrow_exception(failure_);
    }
    return piece;
  }

 private:
  void work_ahead() noexcept {
    try {
      merge_->work_ahead();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  const sort_plan plan_;
  const memory_hold held_;
  sorted_runs runs_;
  std::unique_ptr<run_merge> merge_;
  std::exception_ptr failure_;  // the thread's, until it has ended
  std::thread thread_;
};

}  // namespace

struct sorted_stream::state {
  stored_bytes source;
  memory_budget budget;
  const element_sorter& sorter;
  sort_resources resources;
  sort_watch& watch;
  std::variant<std::monostate, unchanged_stream, memory_stream, merged_stream> stream;
  std::exception_ptr failure;  // of a step before

  void sort() {
    watch.check();
    const std::size_t count = source.size_bytes / sorter.element_bytes();
    if (count < 2 || is_sorted(source, sorter, resources.memory_bytes, budget, watch)) {
      stream.emplace<unchanged_stream>(source, budget, sorter.element_bytes(),
                                       resources.memory_bytes);
    } else if (source.fd < 0 ||
               memory_sort_bytes(count, sorter, resources.threads) <= resources.memory_bytes) {
      stream.emplace<memory_stream>(source, budget, sorter, resources.threads, watch);
    } else {
      stream.emplace<merged_stream>(source, budget, sorter, resources, watch);
    }
  }
};

sorted_stream::sorted_stream(stored_bytes source, const memory_budget& budget,
                             const element_sorter& sorter, const sort_resources& resources,
                             sort_watch& watch)
    : state_(new state{std::move(source), budget, sorter, resources, watch, {}, {}}) {}

sorted_stream::sorted_stream(sorted_stream&& other) noexcept = default;
sorted_stream& sorted_stream::operator=(sorted_stream&& other) noexcept = default;
sorted_stream::~sorted_stream() = default;

sorted_piece sorted_stream::next() {
  if (state_->failure != nullptr) std::rethrow_exception(state_->failure);
  try {
    if (state_->stream.index() == 0) state_->sort();
    return std::visit(
        [](auto& stream) {
          if constexpr (std::is_same_v<decltype(stream), std::monostate&>) {
            return sorted_piece{};
          } else {
            return stream.next();
          }
        },
        state_->stream);
  } catch (...) {
    state_->failure = std::current_exception();
    throw;
  }
}

}  // namespace mapvec::inline v0_1::detail
