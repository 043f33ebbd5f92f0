// SPDX-License-Identifier: MIT
#include "sorted_runs.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <numeric>

#include <mapvec/detail/threads.hpp>
#include <mapvec/error.hpp>

#include "posix/syscalls.hpp"
#include "read_ahead_pause.hpp"
#include "sorted_input.hpp"

namespace mapvec::inline v0_1::detail {

// --- the first elements of the blocks -----------------------------------------------------------

block_table::block_table(const sort_plan& plan)
    : plan_(plan),
      // The last run has fewer.
      size_((plan.runs - 1) * plan.run_blocks +
            divide_up(plan.run_end(plan.runs - 1) - plan.run_begin(plan.runs - 1),
                      plan.block_elements)),
      elements_(direct_memory(size_ * plan.element_bytes)) {}

std::size_t block_table::position_of(std::size_t block) const noexcept {
  return plan_.run_begin(run_of(block)) + block % plan_.run_blocks * plan_.block_elements;
}

std::size_t block_table::count_of(std::size_t block) const noexcept {
  return std::min(plan_.block_elements, plan_.run_end(run_of(block)) - position_of(block));
}

void block_table::note_run(std::size_t run, const std::byte* elements) noexcept {
  const std::size_t first = plan_.run_begin(run);
  for (std::size_t block = run * plan_.run_blocks; block != size_ && run_of(block) == run;
       ++block) {
    std::memcpy(elements_.data() + block * plan_.element_bytes,
                elements + (position_of(block) - first) * plan_.element_bytes, plan_.element_bytes);
  }
}

std::vector<std::size_t> block_table::in_order(const element_sorter& sorter) const {
  std::vector<std::size_t> order(size_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t left, std::size_t right) {
    if (sorter.less(first_element(left), first_element(right))) return true;
    return left < right && !sorter.less(first_element(right), first_element(left));
  });
  return order;
}

// --- the runs -----------------------------------------------------------------------------------

namespace {

/// The first pass.
class run_maker {
 public:
  run_maker(const stored_bytes& source, direct_file& to, const std::string& to_name,
            const sort_plan& plan, const sort_places& places, const element_sorter& sorter,
            std::byte* memory, block_table& blocks, sort_watch& watch)
      : source_(source),
        from_(source.fd, direct_file::purpose::reading),
        to_(to),
        to_name_(to_name),
        plan_(plan),
        places_(places),
        sorter_(sorter),
        memory_(memory),
        blocks_(blocks),
        watch_(watch) {}

  void run() {
    auto work = [this] { make_runs(); };
    auto give_up = [this] {
      {
        const std::lock_guard hold(mutex_);
        next_run_ = plan_.runs;
      }
      changed_.notify_all();
    };
    run_on_threads(std::min(plan_.slots, plan_.runs), thread_work(work), thread_work(give_up));
  }

 private:
  void make_runs() {
    std::unique_lock hold(mutex_);
    std::byte* const slot = memory_ + next_slot_++ * plan_.slot_bytes;
    while (next_run_ < plan_.runs) {
      const std::size_t run = next_run_++;
      hold.unlock();
      make_run(run, slot);
      hold.lock();
    }
  }

  void make_run(std::size_t run, std::byte* slot) {
    watch_.check();
    const std::size_t position = plan_.run_begin(run);
    const std::size_t count = plan_.run_end(run) - position;
    const std::size_t size = count * plan_.element_bytes;
    const page_range pages(places_.in_source(plan_, position), size);
    load(source_, from_, pages, size, slot);
    std::byte* const sorted = sort(slot, pages.inside, count);
    blocks_.note_run(run, sorted);
    const std::size_t place = places_.in_runs(plan_, position);
    const int failed = to_.write(sorted - pages.inside, place - pages.inside, pages.size);
    if (failed != 0) throw_error(failed, "write", to_name_, {place, size});
    watch_.advance(count);
  }

  /// On as many threads as there are to be; the others wait with what they have read.
  std::byte* sort(std::byte* slot, std::size_t inside, std::size_t count) {
    const permit own(*this);
    watch_.check();
    return sorter_.sort(slot + inside, count, slot + plan_.run_stride_bytes + inside);
  }

  struct permit {
    explicit permit(run_maker& of) : maker(of) {
      std::unique_lock hold(maker.mutex_);
      maker.changed_.wait(hold, [&] { return maker.sorting_ < maker.plan_.threads; });
      ++maker.sorting_;
    }
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    ~permit() {
      {
        const std::lock_guard hold(maker.mutex_);
        --maker.sorting_;
      }
      maker.changed_.notify_one();
    }
    run_maker& maker;
  };

  const stored_bytes& source_;
  direct_file from_;
  direct_file& to_;
  const std::string& to_name_;
  const sort_plan& plan_;
  const sort_places& places_;
  const element_sorter& sorter_;
  std::byte* const memory_;
  block_table& blocks_;
  sort_watch& watch_;
  std::mutex mutex_;  // for all below
  std::condition_variable changed_;
  std::size_t next_slot_ = 0;
  std::size_t next_run_ = 0;
  std::size_t sorting_ = 0;
};

}  // namespace

run_file::run_file(const segment_builder& builder, std::size_t size_bytes)
    : made_(make_temporary_file(builder)) {
  try {
    // Else blocks that are written again could find the disk full.
    if (made_.descriptor.file_system().copies_on_write) {
      sys::set_no_copy_on_write(made_.descriptor.descriptor());
    }
    made_.descriptor.extend(0, size_bytes);
  } catch (...) {
    remove_temporary_file(made_);
    throw;
  }
}

sorted_runs::sorted_runs(const sort_plan& plan, const segment_builder& builder)
    : plan_(plan),
      made_(builder, plan.temporary_bytes()),
      memory_(direct_memory(plan.needed_bytes())),
      file_(made_.descriptor(), direct_file::purpose::writing),
      blocks_(plan) {}

void sorted_runs::make(const stored_bytes& source, const sort_places& places,
                       const element_sorter& sorter, sort_watch& watch) {
  const read_ahead_pause pause(source);
  run_maker(source, file_, name(), plan_, places, sorter, memory(), blocks_, watch).run();
}

}  // namespace mapvec::inline v0_1::detail
