// SPDX-License-Identifier: MIT
#include "run_merge.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include <mapvec/detail/threads.hpp>
#include <mapvec/error.hpp>

namespace mapvec::inline v0_1::detail {

// --- the threads --------------------------------------------------------------------------------

run_merge::run_merge(sorted_runs& runs, const sort_plan& plan, const sort_places& places,
                     const element_sorter& sorter, sort_watch& watch)
    : runs_(runs),
      plan_(plan),
      blocks_(runs.blocks()),
      places_(places),
      sorter_(sorter),
      watch_(watch),
      first_place_(places.in_result(plan, 0)),
      order_(blocks_.in_order(sorter)),
      buffer_data_(runs.memory() + plan.chunks * plan.chunk_bytes),
      scratch_data_(buffer_data_ + plan.buffers * plan.buffer_bytes),
      unmerged_(plan.buffers),
      buffer_of_(blocks_.size(), nowhere),
      active_(plan.runs),
      chunks_(plan.chunks) {
  free_buffers_.resize(plan.buffers);
  std::iota(free_buffers_.begin(), free_buffers_.end(), std::size_t{0});
  for (std::size_t i = 0; i < plan.threads; ++i) {
    free_scratch_.push_back(scratch_data_ + i * plan.part_scratch_bytes);
  }
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    chunks_[i].data = runs.memory() + i * plan.chunk_bytes;
    free_chunks_.push_back(&chunks_[i]);
  }
  complete_chunks_.reserve(chunks_.size());
  first_edge_.reserve(direct_bytes);
  last_edge_.reserve(direct_bytes);
}

void run_merge::write(direct_file& result, const std::string& name) {
  result_ = &result;
  result_name_ = name;
  work_ahead();
  write_edges();
}

void run_merge::work_ahead() {
  auto work_here = [this] { work(); };
  auto stop_all = [this] { give_up(); };
  run_on_threads(plan_.slots, thread_work(work_here), thread_work(stop_all));
}

void run_merge::give_up() noexcept {
  {
    const std::lock_guard hold(mutex_);
    is_given_up_ = true;
  }
  changed_.notify_all();
}

bool run_merge::is_done() const noexcept {
  if (placed_ != plan_.count) return false;
  return result_ != nullptr ? free_chunks_.size() == chunks_.size() : merging_ == 0;
}

/// The disk first: it is what the others would wait for.
void run_merge::work() {
  std::unique_lock hold(mutex_);
  while (!is_given_up_ && !is_done()) {
    if (!write_one(hold) && !read_one(hold) && !merge_one(hold)) changed_.wait(hold);
  }
}

bool run_merge::write_one(std::unique_lock<std::mutex>& hold) {
  if (result_ == nullptr || complete_chunks_.empty()) return false;
  chunk& full = *complete_chunks_.back();
  complete_chunks_.pop_back();
  const std::size_t first = full.offset_bytes < first_place_
                                ? round_up(first_place_, direct_bytes) - full.offset_bytes
                                : 0;
  const std::size_t end = round_down(full.end, direct_bytes);
  if (first < end) has_written_ = true;
  hold.unlock();
  if (first < end) {
    const std::size_t offset = full.offset_bytes + first;
    const int failed = result_->write(full.data + first, offset, end - first);
    if (failed != 0) {
      throw_error(failed, "write", result_name_, {offset, end - first});
    }
  }
  hold.lock();
  free_chunks_.push_back(&full);
  changed_.notify_all();
  return true;
}

bool run_merge::read_one(std::unique_lock<std::mutex>& hold) {
  if (next_read_ == order_.size() || free_buffers_.empty()) return false;
  const std::size_t index = next_read_++;
  const std::size_t buffer = free_buffers_.back();
  free_buffers_.pop_back();
  hold.unlock();
  const std::size_t block = order_[index];
  const std::size_t place = places_.in_runs(plan_, blocks_.position_of(block));
  const std::size_t size = blocks_.count_of(block) * plan_.element_bytes;
  const page_range pages(place, size);
  const int failed = runs_.file().read(buffer_data_ + buffer * plan_.buffer_bytes, pages.first,
                                       pages.size, pages.inside + size);
  if (failed != 0) throw_error(failed, "read", runs_.name(), {place, size});
  hold.lock();
  buffer_of_[index] = buffer;
  unmerged_[buffer] = blocks_.count_of(block);
  changed_.notify_all();
  return true;
}

bool run_merge::merge_one(std::unique_lock<std::mutex>& hold) {
  placed_part taken;
  if (merging_ == plan_.threads || !next_part() || !place(taken)) return false;
  ++merging_;
  std::byte* const scratch = free_scratch_.back();
  free_scratch_.pop_back();
  changed_.notify_one();
  hold.unlock();
  merge(taken.part, taken.out, scratch, sorter_);
  watch_.advance(taken.part.count);
  hold.lock();
  --merging_;
  free_scratch_.push_back(scratch);
  for (const run_piece& each : taken.part.pieces) {
    std::size_t& left = unmerged_[each.buffer];
    left -= each.elements.count;
    if (left == 0) free_buffers_.push_back(each.buffer);
  }
  if (--taken.into->missing == 0 && taken.into->is_closed) complete(taken.into);
  changed_.notify_all();
  return true;
}

// --- what is merged next ------------------------------------------------------------------------

/// Afterwards, or false: the last of parts_ is what comes next, and small enough.
bool run_merge::next_part() {
  while (parts_.empty()) {
    if (next_active_ == order_.size()) {
      give_out_rest();
      if (parts_.empty()) return false;
    } else if (!activate()) {
      return false;
    }
  }
  cut_last(parts_, plan_.part_elements, sorter_);
  return true;
}

/// Brings the next block into play, and cuts off what comes before it. False if it is not there.
bool run_merge::activate() {
  const std::size_t buffer = buffer_of_[next_active_];
  if (buffer == nowhere) return false;
  const std::size_t block = order_[next_active_];
  const std::size_t run = blocks_.run_of(block);
  merge_part before;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    auto& [elements, its_buffer] = active_[i];
    if (elements.count == 0) continue;
    run_piece piece{elements, i, its_buffer};
    // Of its own run, all that was there comes before it.
    if (i != run) {
      piece.elements.count = count_before(piece, blocks_.first_element(block), run, sorter_);
    }
    before.add(piece);
  }
  for (const run_piece& each : before.pieces) {
    sorted_piece& left = active_[each.run].elements;
    left.first += each.elements.count * plan_.element_bytes;
    left.count -= each.elements.count;
  }
  const std::size_t inside = places_.in_runs(plan_, blocks_.position_of(block)) % direct_bytes;
  active_[run] = {{buffer_data_ + buffer * plan_.buffer_bytes + inside, blocks_.count_of(block)},
                  buffer};
  ++next_active_;
  if (before.count != 0) parts_.push_back(std::move(before));
  return true;
}

/// Once all blocks are in play.
void run_merge::give_out_rest() {
  merge_part rest;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    rest.add({std::exchange(active_[i].elements, {}), i, active_[i].buffer});
  }
  if (rest.count != 0) parts_.push_back(std::move(rest));
}

// --- where it goes ------------------------------------------------------------------------------

/// Takes the last of parts_ and gives it a place, or false where no chunk is free.
bool run_merge::place(placed_part& placed) {
  const std::size_t size = parts_.back().count * plan_.element_bytes;
  if (open_ == nullptr || open_->end + size > plan_.chunk_bytes) {
    if (free_chunks_.empty()) return false;
    open_chunk();
  }
  placed = {std::move(parts_.back()), open_, open_->data + open_->end};
  parts_.pop_back();
  open_->end += size;
  ++open_->missing;
  placed_ += placed.part.count;
  if (placed_ == plan_.count) close_chunk(nullptr);
  return true;
}

void run_merge::open_chunk() {
  chunk* const opened = free_chunks_.back();
  free_chunks_.pop_back();
  const std::size_t place = places_.in_result(plan_, placed_);
  const std::size_t offset = round_down(place, direct_bytes);
  *opened = {
      .data = opened->data, .offset_bytes = offset, .begin = place - offset, .end = place - offset};
  if (open_ != nullptr) {
    ++opened->missing;
    close_chunk(opened);
  }
  open_ = opened;
}

void run_merge::close_chunk(chunk* next) noexcept {
  open_->next = next;
  open_->is_closed = true;
  if (open_->missing == 0) complete(open_);
}

/// All of the chunk's elements are there, and so is the beginning of the next one.
void run_merge::complete(chunk* done) noexcept {
  while (done != nullptr) {
    const std::size_t whole = round_down(done->end, direct_bytes);
    const std::byte* const page = done->data + whole;
    const std::size_t size = done->end - whole;
    const std::size_t before = first_place_ % direct_bytes;
    if (done->offset_bytes < first_place_) {
      first_edge_.assign(done->data + before, done->data + std::min(direct_bytes, done->end));
    }
    if (done->next != nullptr) {
      std::memcpy(done->next->data, page, size);
    } else if (whole != 0 || done->offset_bytes >= first_place_) {
      last_edge_.assign(page, page + size);
    }
    complete_chunks_.push_back(done);
    chunk* const next = done->next;
    done = next != nullptr && --next->missing == 0 && next->is_closed ? next : nullptr;
  }
}

/// The chunks are not complete in their order.
sorted_piece run_merge::take() {
  std::unique_lock hold(mutex_);
  const std::size_t place = places_.in_result(plan_, taken_elements_);
  while (!is_given_up_ && taken_elements_ != plan_.count) {
    const auto next = std::ranges::find_if(complete_chunks_, [&](const chunk* each) {
      return each->offset_bytes + each->begin == place;
    });
    if (next != complete_chunks_.end()) {
      taken_ = *next;
      complete_chunks_.erase(next);
      const sorted_piece elements{taken_->data + taken_->begin,
                                  (taken_->end - taken_->begin) / plan_.element_bytes};
      taken_elements_ += elements.count;
      return elements;
    }
    if (!read_one(hold) && !merge_one(hold)) changed_.wait(hold);
  }
  return {};
}

void run_merge::give_back() noexcept {
  {
    const std::lock_guard hold(mutex_);
    if (taken_ == nullptr) return;
    free_chunks_.push_back(std::exchange(taken_, nullptr));
  }
  changed_.notify_all();
}

void run_merge::write_edges() {
  const auto write = [&](const std::vector<std::byte>& edge, std::size_t offset) {
    const int failed = result_->write_part(edge.data(), offset, edge.size());
    if (failed != 0) throw_error(failed, "write", result_name_, {offset, edge.size()});
  };
  has_written_ = true;
  write(first_edge_, first_place_);
  write(last_edge_, places_.in_result(plan_, plan_.count) - last_edge_.size());
}

}  // namespace mapvec::inline v0_1::detail
