// SPDX-License-Identifier: MIT
//
// Who looks at a sort while it runs, and may end it. Any thread of the sort may call advance().
#pragma once

#include <cerrno>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/error.hpp>

namespace mapvec::inline v0_1::detail {

class sort_watch {
 public:
  sort_watch(std::function<void(double)> progress, std::stop_token stop)
      : progress_(std::move(progress)), stop_(std::move(stop)) {}

  /// So many times advance(1) is all of it.
  void expect(std::size_t total) noexcept { total_ = total; }

  /// Throws `error` (ECANCELED) when a stop is requested.
  void check() const {
    if (stop_.stop_requested()) throw_error(ECANCELED, "go on: a stop was requested", "");
  }
  /// Throws that, and what the observer throws.
  void advance(std::size_t done) {
    check();
    if (progress_ == nullptr) return;
    const std::lock_guard hold(mutex_);
    done_ += done;
    progress_(static_cast<double>(done_) / static_cast<double>(total_));
  }

 private:
  std::function<void(double)> progress_;
  std::stop_token stop_;
  std::mutex mutex_;  // for what is below, and so that one call comes after the other
  std::size_t done_ = 0;
  std::size_t total_ = 1;
};

}  // namespace mapvec::inline v0_1::detail
