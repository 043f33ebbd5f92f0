// SPDX-License-Identifier: MIT
//
// A range that can be read once, one element after the other, and that may break off: the hardest
// thing to append from, because nobody knows in advance how long it is.
#pragma once

#include <cstddef>
#include <iterator>
#include <limits>

#include "elements.hpp"

namespace mapvec_test {

template <class T>
class input_range {
 public:
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  /// `count` values from `first` on; reading the value number `stop` throws planned_failure.
  input_range(int first, std::size_t count, std::size_t stop = never)
      : first_(first), count_(count), stop_(stop) {}

  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    explicit iterator(const input_range& owner) : owner_(&owner) {}
    iterator(iterator&&) = default;
    iterator& operator=(iterator&&) = default;

    T operator*() const {
      if (position_ == owner_->stop_) throw planned_failure{};
      return make_value<T>(owner_->first_ + static_cast<int>(position_));
    }
    iterator& operator++() {
      ++position_;
      return *this;
    }
    void operator++(int) { ++position_; }
    bool operator==(std::default_sentinel_t) const { return position_ == owner_->count_; }

   private:
    const input_range* owner_;
    std::size_t position_ = 0;
  };

  iterator begin() const { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  int first_;
  std::size_t count_;
  std::size_t stop_;
};

}  // namespace mapvec_test
