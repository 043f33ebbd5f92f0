// SPDX-License-Identifier: MIT
#include "append_window.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "fork_word.hpp"
#include "posix/quiet_thread.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {

bool map_window(std::byte* mapped, byte_range window) noexcept {
  return sys::madvise(mapped + window.offset_bytes, window.size_bytes, MADV_POPULATE_WRITE) !=
         -EINVAL;
}

/// The thread. It lives as long as somebody holds it, so that no thread outlasts the vectors.
class window_helper {
 public:
  window_helper();
  window_helper(const window_helper&) = delete;
  window_helper& operator=(const window_helper&) = delete;
  ~window_helper();

  /// The one of the process.
  static std::shared_ptr<window_helper> get();

  /// In a forked child the thread does not exist.
  bool is_inherited() const noexcept { return *word_ == nullptr; }
  void start(window_ahead& wanted, std::size_t first, std::size_t goal) noexcept;
  std::size_t reach(window_ahead& wanted, std::size_t first, std::size_t goal) noexcept;
  std::size_t finish(window_ahead& wanted) noexcept;

 private:
  using stage = window_ahead::stage;

  struct give_back {
    void operator()(std::byte** word) const noexcept { release_fork_word(word); }
  };

  void run() noexcept;
  void add(window_ahead& wanted) noexcept;
  void take_back(window_ahead& waiting) noexcept;

  const std::unique_ptr<std::byte*, give_back> word_;
  std::mutex mutex_;  // for all below, and for the windows
  std::condition_variable wanted_;
  std::condition_variable moved_;
  window_ahead* first_ = nullptr;  // of those that wait
  bool ends_ = false;
  std::thread thread_;
};

window_helper::window_helper() : word_(acquire_fork_word()) {
  *word_ = reinterpret_cast<std::byte*>(word_.get());
  thread_ = sys::start_quiet_thread("mapvec windows", [this] { run(); });
}

window_helper::~window_helper() {
  {
    const std::lock_guard hold(mutex_);
    ends_ = true;
  }
  wanted_.notify_one();
  thread_.join();
}

std::shared_ptr<window_helper> window_helper::get() {
  struct current {
    std::mutex mutex;
    std::weak_ptr<window_helper> helper;
  };
  // Never destroyed: vectors with static storage may still grow while the program ends.
  static current* const instance = new current;
  const std::lock_guard hold(instance->mutex);
  std::shared_ptr<window_helper> found = instance->helper.lock();
  if (found == nullptr || found->is_inherited()) {
    found = std::make_shared<window_helper>();
    instance->helper = found;
  }
  return found;
}

void window_helper::start(window_ahead& wanted, std::size_t first, std::size_t goal) noexcept {
  {
    const std::lock_guard hold(mutex_);
    wanted.goal_ = goal;
    if (wanted.now_ != stage::idle) return;
    wanted.position_ = first;
    add(wanted);
  }
  wanted_.notify_one();
}

std::size_t window_helper::reach(window_ahead& wanted, std::size_t first,
                                 std::size_t goal) noexcept {
  std::unique_lock hold(mutex_);
  if (wanted.now_ == stage::running) wanted.goal_ = goal;
  moved_.wait(hold, [&] { return wanted.now_ != stage::running || wanted.position_ > first; });
  return std::max(wanted.position_, first);
}

std::size_t window_helper::finish(window_ahead& wanted) noexcept {
  std::unique_lock hold(mutex_);
  wanted.goal_ = 0;
  if (wanted.now_ == stage::waiting) take_back(wanted);
  moved_.wait(hold, [&] { return wanted.now_ == stage::idle; });
  return std::exchange(wanted.position_, 0);
}

void window_helper::add(window_ahead& wanted) noexcept {
  wanted.now_ = stage::waiting;
  wanted.next_ = nullptr;
  window_ahead** last = &first_;
  while (*last != nullptr) last = &(*last)->next_;
  *last = &wanted;
}

void window_helper::take_back(window_ahead& waiting) noexcept {
  window_ahead** link = &first_;
  while (*link != &waiting) link = &(*link)->next_;
  *link = waiting.next_;
  waiting.now_ = stage::idle;
}

void window_helper::run() noexcept {
  std::unique_lock hold(mutex_);
  for (;;) {
    wanted_.wait(hold, [&] { return ends_ || first_ != nullptr; });
    if (ends_) return;
    window_ahead& next = *first_;
    take_back(next);
    next.now_ = stage::running;
    const byte_range window{next.position_, next.window_bytes_};
    hold.unlock();
    bool is_prepared = false;
    try {
      next.target_.write_zeros(window.offset_bytes, window.size_bytes);
      is_prepared = map_window(next.mapped_, window);
    } catch (const std::exception&) {
    }
    hold.lock();
    next.now_ = stage::idle;
    if (is_prepared) next.position_ += window.size_bytes;
    if (is_prepared && next.position_ < next.goal_) add(next);
    moved_.notify_all();
  }
}

window_ahead::window_ahead(std::shared_ptr<window_helper> helper, file& target, std::byte* mapped,
                           std::size_t window_bytes) noexcept
    : helper_(std::move(helper)), target_(target), mapped_(mapped), window_bytes_(window_bytes) {}

std::unique_ptr<window_ahead> window_ahead::make(file& target, std::byte* mapped,
                                                 std::size_t window_bytes) noexcept {
  try {
    if (sys::usable_processors() < 2) return nullptr;
    return std::unique_ptr<window_ahead>(
        new window_ahead(window_helper::get(), target, mapped, window_bytes));
  } catch (const std::exception&) {
    return nullptr;
  }
}

void window_ahead::start(std::size_t first, std::size_t goal) noexcept {
  helper_->start(*this, first, goal);
}

std::size_t window_ahead::reach(std::size_t first, std::size_t goal) noexcept {
  return helper_->reach(*this, first, goal);
}

std::size_t window_ahead::finish() noexcept { return helper_->finish(*this); }

}  // namespace mapvec::inline v0_1::detail
