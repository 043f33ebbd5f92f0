// SPDX-License-Identifier: MIT
#include "external_sort.hpp"

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include <mapvec/advice.hpp>
#include <mapvec/detail/threads.hpp>
#include <mapvec/error.hpp>
#include <mapvec/region.hpp>

#include "direct_file.hpp"
#include "posix/syscalls.hpp"
#include "run_merge.hpp"

namespace mapvec::detail {
namespace {

/// The file of the runs, gone with the object.
class run_file {
 public:
  run_file(const segment_builder& builder, std::size_t size_bytes)
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
  run_file(const run_file&) = delete;
  run_file& operator=(const run_file&) = delete;
  ~run_file() { remove_temporary_file(made_); }

  int descriptor() const noexcept { return made_.descriptor.descriptor(); }
  const std::string& name() const noexcept { return made_.descriptor.name(); }

 private:
  temporary_file made_;
};

/// The first pass.
class run_maker {
 public:
  run_maker(const stored_bytes& source, direct_file& from, direct_file& to,
            const std::string& to_name, const sort_plan& plan, const sort_places& places,
            const element_sorter& sorter, std::byte* memory, block_table& blocks, sort_watch& watch)
      : source_(source),
        from_(from),
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
    load(pages, size, slot);
    std::byte* const sorted = sort(slot, pages.inside, count);
    blocks_.note_run(run, sorted);
    const std::size_t place = places_.in_runs(plan_, position);
    const int failed = to_.write(sorted - pages.inside, place - pages.inside, pages.size);
    if (failed != 0) throw_error(failed, "write", to_name_, {place, size});
    watch_.advance(count);
  }

  /// What is in memory is copied: the disk would have to be brought up to date first.
  void load(const page_range& pages, std::size_t size, std::byte* slot) {
    const std::size_t offset = pages.first + pages.inside - source_.offset_bytes;
    auto* const mapped = const_cast<std::byte*>(source_.data) + offset;
    if (resident_bytes(mapped, size) >= size) {
      std::memcpy(slot + pages.inside, mapped, size);
      return;
    }
    const int failed = from_.read(slot, pages.first, pages.size, pages.inside + size);
    if (failed != 0) throw_error(failed, "read", source_.name, {pages.first, pages.size});
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
  direct_file& from_;
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

/// Puts the runs where their elements came from, as many as can be; 0 or an errno.
int copy_back(const sort_plan& plan, const sort_places& places, direct_file& from, direct_file& to,
              std::byte* memory) noexcept {
  int first_failed = 0;
  for (std::size_t run = 0; run < plan.runs; ++run) {
    const std::size_t position = plan.run_begin(run);
    const std::size_t size = (plan.run_end(run) - position) * plan.element_bytes;
    const page_range pages(places.in_runs(plan, position), size);
    int failed = from.read(memory, pages.first, pages.size, pages.inside + size);
    if (failed == 0) {
      failed = to.write_part(memory + pages.inside, places.in_source(plan, position), size);
    }
    if (first_failed == 0) first_failed = failed;
  }
  return first_failed;
}

}  // namespace

void sort_through_file(const stored_bytes& source, const stored_bytes& result,
                       const sort_plan& plan, const element_sorter& sorter,
                       const segment_builder& builder, sort_watch& watch, bool& is_lost) {
  const run_file runs(builder, plan.temporary_bytes());
  const region memory =
      region::reserve_memory(plan.needed_bytes(), plan.needed_bytes(), plan.needed_bytes());
  sys::madvise(memory.data(), plan.needed_bytes(), MADV_HUGEPAGE);
  // A page that is copied because of a fork might not be the one that the disk writes to.
  sys::madvise(memory.data(), plan.needed_bytes(), MADV_DONTFORK);
  direct_file run_bytes(runs.descriptor(), direct_file::purpose::writing);
  direct_file from(source.fd, direct_file::purpose::reading);
  direct_file to(result.fd, direct_file::purpose::writing);
  const sort_places places{source.offset_bytes, result.offset_bytes};
  block_table blocks(plan);
  watch.expect(2 * plan.count);
  run_maker(source, from, run_bytes, runs.name(), plan, places, sorter, memory.data(), blocks,
            watch)
      .run();
  run_merge merge(plan, blocks, sorter, memory.data(),
                  {run_bytes, runs.name(), to, result.name, places}, watch);
  try {
    merge.run();
  } catch (...) {
    if (source.fd == result.fd && merge.has_written()) {
      is_lost = copy_back(plan, places, run_bytes, to, memory.data()) != 0;
    }
    throw;
  }
}

}  // namespace mapvec::detail
