// SPDX-License-Identifier: MIT
//
// Goal: whatever sequence of operations is applied, mapvec::vector<T> and mapvec::file_vector<T>
// hold what std::vector<T> holds. Method: one body that takes every decision from `Choices`, so
// that it is a random test and a fuzz target at once. Spill thresholds of a few pages make the
// spill, growth and shrinking of the file frequent; they are counted from outside. An element type
// with a fuse throws in the midst of operations: the strong guarantee is then compared, the basic
// one adopted. A file_vector is also committed, closed, abandoned and killed, and must find in its
// file what file_shadow.hpp says.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/file_vector.hpp>
#include <mapvec/vector.hpp>

#include "model/file_shadow.hpp"
#include "unit/common/elements.hpp"
#include "unit/common/input_range.hpp"
#include "unit/common/options.hpp"

namespace mapvec_test {

/// The vector and its model differ; says after which operation.
class model_mismatch : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// What a run has done, as seen from outside the vector.
struct model_counts {
  std::size_t operations = 0;
  std::size_t spills = 0;
  std::size_t growths = 0;
  std::size_t shrinks = 0;
  std::size_t comparisons = 0;
  std::size_t failures = 0;   // operations in which an element threw
  std::size_t reopens = 0;    // of a file: after close, abandon or a kill
  std::size_t settlings = 0;  // shorter counts that an operation stored on its own
  std::vector<std::pair<std::string_view, std::size_t>> mix;
};

template <class T>
concept has_a_fuse = requires { T::fuse = 0; };
template <class T>
concept counts_lives = requires { T::counts.live; };

template <class T, class Choices, class Vector = mapvec::vector<T>>
class vector_model {
 public:
  explicit vector_model(Choices choices) : choices_(std::move(choices)) {
    for (const operation& each : operations()) counts_.mix.emplace_back(each.name, 0);
    if constexpr (counts_lives<T>) T::counts = {};
    start_afresh();
    if constexpr (is_persistent) swap_both(), start_afresh();
  }

  /// Throws model_mismatch.
  const model_counts& run() {
    while (choices_.next_operation()) {
      const std::size_t chosen = choose_operation();
      ++counts_.operations;
      ++counts_.mix[chosen].second;
      name_ = operations()[chosen].name;
      (this->*operations()[chosen].apply)();
      require(v_.size() == model_.size(), "size()");
      if constexpr (is_persistent) follow_file();
      require(v_.size() <= v_.capacity() && v_.capacity() <= v_.max_size(), "capacity()");
      if (--operations_until_comparison_ == 0) compare();
    }
    compare();
    return counts_;
  }

 private:
  struct operation {
    std::string_view name;
    unsigned weight;
    void (vector_model::*apply)();
  };
  enum class promise { strong, valid };

  static constexpr bool is_persistent = std::is_same_v<Vector, mapvec::file_vector<T>>;
  static constexpr std::size_t limit_bytes = 32 * mapvec::KiB;
  static constexpr std::size_t limit = limit_bytes / sizeof(T);
  static constexpr std::size_t most_operations_between_comparisons = 64;

  // --- the machine -----------------------------------------------------------------------------

  static const std::vector<operation>& operations() {
    static const std::vector<operation> all = [] {
      std::vector<operation> list = moving_operations();
      if constexpr (std::copyable<T>) {
        for (const operation& each : copying_operations()) list.push_back(each);
      }
      if constexpr (is_persistent) {
        for (const operation& each : file_operations()) list.push_back(each);
      } else if constexpr (std::copyable<T>) {
        for (const operation& each : operations_on_copies()) list.push_back(each);
      }
      return list;
    }();
    return all;
  }

  std::size_t choose_operation() {
    static const unsigned sum = [] {
      unsigned weights = 0;
      for (const operation& each : operations()) weights += each.weight;
      return weights;
    }();
    std::size_t left = choices_.below(sum);
    std::size_t chosen = 0;
    for (; left >= operations()[chosen].weight; ++chosen) left -= operations()[chosen].weight;
    return chosen;
  }

  void require(bool condition, std::string_view what) const {
    if (condition) return;
    throw model_mismatch(std::string(what) + " differs after operation " +
                         std::to_string(counts_.operations) + ", " + std::string(name_));
  }

  /// The same call on both.
  template <class Call>
  void apply(promise given, Call call) {
    apply(given, call, call);
  }

  template <class OnVector, class OnModel>
  void apply(promise given, OnVector on_vector, OnModel on_model) {
    const T* const address = std::as_const(v_).data();
    const std::size_t capacity = v_.capacity();
    const bool in_memory = address != nullptr && v_.disk_size_bytes() == 0;
    held_ = elements_outside();
    light_fuse();
    bool completed = false;
    try {
      on_vector(v_);
      completed = true;
    } catch (const planned_failure&) {
      ++counts_.failures;
    }
    put_out_fuse();
    require(address == nullptr || std::as_const(v_).data() == address, "data()");
    if (in_memory && v_.disk_size_bytes() != 0) ++counts_.spills;
    if (v_.capacity() > capacity) ++counts_.growths;
    if (v_.capacity() < capacity) ++counts_.shrinks;
    if (completed) {
      on_model(model_);
    } else if (given == promise::strong) {
      compare();
    } else {
      adopt();
    }
    held_ = 0;
  }

  /// Living elements that are in none of the four vectors: arguments of the operation.
  long elements_outside() const {
    if constexpr (counts_lives<T>) {
      const std::size_t inside = v_.size() + model_.size() + other_.size() + other_model_.size();
      return T::counts.live - static_cast<long>(inside);
    }
    return 0;
  }

  void light_fuse() {
    if constexpr (has_a_fuse<T>) {
      if (choices_.below(8) == 0) T::fuse = static_cast<long>(choices_.below(12));
    }
  }
  static void put_out_fuse() {
    if constexpr (has_a_fuse<T>) T::fuse = -1;
  }

  /// After a failure that may leave any valid state, that state is the model.
  void adopt() {
    if constexpr (has_a_fuse<T>) model_.assign(v_.begin(), v_.end());
    compare();
  }

  void compare() {
    ++counts_.comparisons;
    operations_until_comparison_ = 1 + choices_.below(most_operations_between_comparisons);
    // A file_vector notes when somebody might change its elements: looking must not count.
    const Vector& v = v_;
    const Vector& other = other_;
    require(v.size() == model_.size(), "size()");
    require(std::equal(v.begin(), v.end(), model_.begin(), model_.end()), "an element");
    require(std::equal(v.rbegin(), v.rend(), model_.rbegin(), model_.rend()), "an element");
    require(other.size() == other_model_.size(), "size() of the other");
    require(std::equal(other.begin(), other.end(), other_model_.begin()), "the other");
    require((v_ == other_) == (model_ == other_model_), "==");
    require((v_ <=> other_) == (model_ <=> other_model_), "<=>");
    require(reinterpret_cast<std::uintptr_t>(v.data()) % alignof(T) == 0, "alignment");
    if constexpr (counts_lives<T>) {
      require(elements_outside() == held_, "the number of living elements");
      require(T::counts.misplaced == 0, "the place of an element");
    }
  }

  void start_afresh() {
    if constexpr (is_persistent) {
      start_with_a_new_file();
    } else {
      start_with_a_new_threshold();
    }
    model_.clear();
  }

  void start_with_a_new_threshold() {
    constexpr std::array<std::size_t, 8> thresholds_pages{1, 2, 3, 4, 1, 2, 4, 0};
    const std::size_t pages = thresholds_pages[choices_.below(thresholds_pages.size())];
    v_ = Vector(spill_after(pages * 4 * mapvec::KiB));
  }

  // --- decisions -------------------------------------------------------------------------------

  /// Few different numbers, so that equal elements occur.
  int number() { return static_cast<int>(choices_.below(200)); }
  /// Elements to add: mostly few, never more than there is room for.
  std::size_t some() {
    const std::size_t most = choices_.below(4) == 0 ? limit / 8 + 2 : 6;
    return std::min(choices_.below(most), limit - std::min(limit, model_.size()));
  }
  bool full() const { return model_.size() >= limit; }
  std::size_t any_size() { return choices_.below(choices_.below(2) == 0 ? limit : limit / 4); }
  std::ptrdiff_t any_place() {
    return static_cast<std::ptrdiff_t>(choices_.below(model_.size() + 1));
  }
  std::ptrdiff_t any_element() {
    return static_cast<std::ptrdiff_t>(choices_.below(model_.size()));
  }

  /// `count` values made one by one, an input range for the algorithms of C++17.
  static auto values(int first, std::size_t count) {
    return std::views::iota(first, first + static_cast<int>(count)) |
           std::views::transform([](int each) { return make_value<T>(each); });
  }

  // --- operations that every type has ------------------------------------------------------------

  static std::vector<operation> moving_operations() {
    using m = vector_model;
    return {
        {"push_back moved", 80, &m::push_back_moved},
        {"emplace_back", 80, &m::emplace_back},
        {"try_push_back", 30, &m::try_push_back},
        {"append_range", 40, &m::append_range},
        {"append input range", 30, &m::append_input_range},
        {"pop_back", 40, &m::pop_back},
        {"pop", 20, &m::pop},
        {"insert moved", 30, &m::insert_moved},
        {"emplace", 20, &m::emplace},
        {"insert iterators", 20, &m::insert_iterators},
        {"insert_range", 20, &m::insert_range},
        {"erase one", 30, &m::erase_one},
        {"erase range", 20, &m::erase_some},
        {"erase value", 5, &m::erase_value},
        {"erase_if", 5, &m::erase_if_less},
        {"assign iterators", 6, &m::assign_iterators},
        {"assign_range", 6, &m::assign_range},
        {"resize", 20, &m::resize},
        {"reserve", 20, &m::reserve},
        {"shrink_to_fit", 40, &m::shrink_to_fit},
        {"clear", 4, &m::clear},
        {"truncate", 10, &m::truncate},
        {"truncate_front", 10, &m::truncate_front},
        {"set an element", 20, &m::set_element},
        {"swap", 6, &m::swap_both},
        {"move construct", 4, &m::move_construct},
        {"move assign", 6, &m::move_assign},
        {"new vector", 16, &m::start_afresh},
        {"advice", 8, &m::give_advice},
    };
  }

  void push_back_moved() {
    if (full()) return;
    apply(promise::strong, [n = number()](auto& c) { c.push_back(make_value<T>(n)); });
  }
  void emplace_back() {
    if (full()) return;
    apply(promise::strong, [n = number()](auto& c) { c.emplace_back(make_value<T>(n)); });
  }
  void try_push_back() {
    const int n = number();
    const bool fits = v_.size() < v_.capacity();
    apply(
        promise::strong,
        [&](auto& v) {
          const T* const place = v.try_push_back(make_value<T>(n));
          require((place != nullptr) == fits, "what try_push_back returns");
        },
        [&](auto& c) {
          if (fits) c.push_back(make_value<T>(n));
        });
  }
  void append_range() {
    const auto all = values(number(), some());
    apply(
        promise::strong, [&](auto& v) { v.append_range(all); },
        [&](auto& c) { c.insert(c.end(), all.begin(), all.end()); });
  }
  /// Of unknown length, and every fourth time it breaks off: then nothing was appended.
  void append_input_range() {
    const int first = number();
    const std::size_t count = some();
    const std::size_t stop = choices_.below(4) == 0 ? count / 2 : count;
    apply(
        promise::strong, [&](auto& v) { v.append_range(input_range<T>(first, count, stop)); },
        [&](auto& c) {
          const auto all = values(first, count);
          c.insert(c.end(), all.begin(), all.end());
        });
  }
  void pop_back() {
    if (!model_.empty()) apply(promise::strong, [](auto& c) { c.pop_back(); });
  }
  void pop() {
    const bool any = !model_.empty();
    apply(
        promise::valid,
        [&](auto& v) {
          const auto last = v.pop();
          require(last.has_value() == any && (!any || *last == model_.back()), "what pop returns");
        },
        [&](auto& c) {
          if (any) c.pop_back();
        });
  }
  void insert_moved() {
    if (full()) return;
    apply(promise::valid, [at = any_place(), n = number()](auto& c) {
      c.insert(c.begin() + at, make_value<T>(n));
    });
  }
  void emplace() {
    if (full()) return;
    apply(promise::valid, [at = any_place(), n = number()](auto& c) {
      c.emplace(c.begin() + at, make_value<T>(n));
    });
  }
  void insert_iterators() {
    apply(promise::valid, [at = any_place(), all = values(number(), some())](auto& c) {
      c.insert(c.begin() + at, all.begin(), all.end());
    });
  }
  void insert_range() {
    const auto at = any_place();
    const auto all = values(number(), some());
    apply(
        promise::valid, [&](auto& v) { v.insert_range(v.begin() + at, all); },
        [&](auto& c) { c.insert(c.begin() + at, all.begin(), all.end()); });
  }
  void erase_one() {
    if (model_.empty()) return;
    apply(promise::valid, [at = any_element()](auto& c) { c.erase(c.begin() + at); });
  }
  void erase_some() {
    const auto [first, last] = std::minmax<std::ptrdiff_t>({any_place(), any_place()});
    apply(promise::valid, [from = first, to = std::min(last, first + 40)](auto& c) {
      c.erase(c.begin() + from, c.begin() + to);
    });
  }
  void erase_value() {
    const T value = make_value<T>(number());
    apply(promise::valid, [&](auto& c) { erase(c, value); });
  }
  void erase_if_less() {
    const int n = number();
    apply(promise::valid, [&](auto& c) {
      const T bound = make_value<T>(n);
      erase_if(c, [&](const T& each) { return each < bound; });
    });
  }
  void assign_iterators() {
    apply(promise::valid,
          [all = values(number(), any_size())](auto& c) { c.assign(all.begin(), all.end()); });
  }
  void assign_range() {
    const auto all = values(number(), any_size());
    apply(
        promise::valid, [&](auto& v) { v.assign_range(all); },
        [&](auto& c) { c.assign(all.begin(), all.end()); });
  }
  void resize() {
    apply(promise::strong, [n = any_size()](auto& c) { c.resize(n); });
  }
  void reserve() {
    apply(promise::strong, [n = choices_.below(2 * limit)](auto& c) { c.reserve(n); });
  }
  void shrink_to_fit() {
    apply(promise::strong, [](auto& c) { c.shrink_to_fit(); });
  }
  void clear() {
    apply(promise::strong, [](auto& c) { c.clear(); });
  }
  void truncate() {
    const std::size_t count = model_.size() - std::min(model_.size(), some());
    apply(
        promise::strong, [&](auto& v) { v.truncate(count); },
        [&](auto& c) { c.erase(c.begin() + static_cast<std::ptrdiff_t>(count), c.end()); });
  }
  void truncate_front() {
    const std::size_t count = std::min(model_.size(), some());
    apply(
        promise::valid, [&](auto& v) { v.truncate_front(count); },
        [&](auto& c) { c.erase(c.begin(), c.begin() + static_cast<std::ptrdiff_t>(count)); });
  }
  void set_element() {
    if (model_.empty()) return;
    apply(promise::valid, [at = static_cast<std::size_t>(any_element()), n = number()](auto& c) {
      c[at] = make_value<T>(n);
    });
  }
  void swap_both() {
    swap(v_, other_);
    swap(model_, other_model_);
    if constexpr (is_persistent) std::swap(file_, other_file_);
  }
  void move_construct() {
    Vector moved(std::move(v_));
    require(v_.empty() && v_.data() == nullptr, "a moved-from vector");
    v_ = std::move(moved);
  }
  void move_assign() {
    const std::string path = other_.path();
    const std::vector<T> ended = std::exchange(other_model_, std::move(model_));
    other_ = std::move(v_);
    if constexpr (is_persistent) {
      other_file_.reader = {};
      other_file_ = std::move(file_);
      expect_stored(path, ended);  // as by a destructor, which commits
      std::filesystem::remove(path);
    }
    start_afresh();
  }
  void give_advice() {
    const std::size_t position = choices_.below(limit);
    const std::size_t count = choices_.below(limit);
    const auto how = choices_.below(2) == 0 ? mapvec::access::normal : mapvec::access::random;
    const bool waits_for_the_disk = choices_.below(128) == 0;
    apply(
        promise::strong,
        [&](auto& v) {
          v.advise(how);
          v.prefetch(position, count);
          if (waits_for_the_disk) v.evict(position, count);
          v.prefault(0, v.size());
        },
        [](auto&) {});
  }

  // --- operations that copy --------------------------------------------------------------------

  static std::vector<operation> copying_operations() {
    using m = vector_model;
    return {
        {"push_back copied", 60, &m::push_back_copied},
        {"push_back own", 30, &m::push_back_own},
        {"emplace_back own", 20, &m::emplace_back_own},
        {"insert copied", 20, &m::insert_copied},
        {"insert own", 20, &m::insert_own},
        {"emplace own", 20, &m::emplace_own},
        {"insert copies", 15, &m::insert_copies},
        {"insert copies of own", 15, &m::insert_copies_of_own},
        {"insert list", 10, &m::insert_list},
        {"append vector", 15, &m::append_vector},
        {"assign copies", 4, &m::assign_copies},
        {"assign copies of own", 4, &m::assign_copies_of_own},
        {"resize with a value", 10, &m::resize_with_a_value},
        {"resize with own", 10, &m::resize_with_own},
    };
  }

  /// Of the whole vector, which a file_vector does not have.
  static std::vector<operation> operations_on_copies() {
    using m = vector_model;
    return {
        {"assign list", 2, &m::assign_list},
        {"copy construct", 4, &m::copy_construct},
        {"copy assign", 6, &m::copy_assign},
    };
  }

  void push_back_copied() {
    if (full()) return;
    const T value = make_value<T>(number());
    apply(promise::strong, [&](auto& c) { c.push_back(value); });
  }
  void push_back_own() {
    if (full() || model_.empty()) return;
    const auto own = static_cast<std::size_t>(any_element());
    apply(promise::strong, [&](auto& c) { c.push_back(c[own]); });
  }
  void emplace_back_own() {
    if (full() || model_.empty()) return;
    const auto own = static_cast<std::size_t>(any_element());
    apply(promise::strong, [&](auto& c) { c.emplace_back(c[own]); });
  }
  void insert_copied() {
    if (full()) return;
    const T value = make_value<T>(number());
    apply(promise::valid, [&, at = any_place()](auto& c) { c.insert(c.begin() + at, value); });
  }
  void insert_own() {
    if (full() || model_.empty()) return;
    const auto own = static_cast<std::size_t>(any_element());
    apply(promise::valid, [&, at = any_place()](auto& c) { c.insert(c.begin() + at, c[own]); });
  }
  void emplace_own() {
    if (full() || model_.empty()) return;
    const auto own = static_cast<std::size_t>(any_element());
    apply(promise::valid, [&, at = any_place()](auto& c) { c.emplace(c.begin() + at, c[own]); });
  }
  void insert_copies() {
    const T value = make_value<T>(number());
    apply(promise::valid, [&, at = any_place(), count = some()](auto& c) {
      c.insert(c.begin() + at, count, value);
    });
  }
  void insert_copies_of_own() {
    if (model_.empty()) return;
    const auto own = static_cast<std::size_t>(any_element());
    apply(promise::valid, [&, at = any_place(), count = some()](auto& c) {
      c.insert(c.begin() + at, count, c[own]);
    });
  }
  void insert_list() {
    if (full()) return;
    const T value = make_value<T>(number());
    apply(promise::valid,
          [&, at = any_place()](auto& c) { c.insert(c.begin() + at, {value, value, value}); });
  }
  void append_vector() {
    const std::vector<T> all = make_values<T>(some(), number());
    apply(
        promise::strong, [&](auto& v) { v.append_range(all); },
        [&](auto& c) { c.insert(c.end(), all.begin(), all.end()); });
  }
  void assign_copies() {
    const T value = make_value<T>(number());
    apply(promise::valid, [&, count = any_size()](auto& c) { c.assign(count, value); });
  }
  void assign_copies_of_own() {
    if (model_.empty()) return;
    const auto own = static_cast<std::size_t>(any_element());
    const T copy = model_[own];
    apply(
        promise::valid, [&, count = any_size()](auto& v) { v.assign(count, v[own]); },
        [&](auto& c) { c.assign(v_.size(), copy); });
  }
  void assign_list() {
    const T value = make_value<T>(number());
    apply(promise::valid, [&](auto& c) { c = {value, value, value}; });
  }
  void resize_with_a_value() {
    const T value = make_value<T>(number());
    apply(promise::strong, [&, count = any_size()](auto& c) { c.resize(count, value); });
  }
  void resize_with_own() {
    if (model_.empty()) return;
    const auto own = static_cast<std::size_t>(any_element());
    apply(promise::strong, [&, count = any_size()](auto& c) { c.resize(count, c[own]); });
  }
  void copy_construct() {
    mapvec::vector<T> copy(v_);
    require(copy == v_, "a copy");
    copy.push_back(make_value<T>(1));
    other_ = std::move(copy);
    other_model_ = model_;
    other_model_.push_back(make_value<T>(1));
  }
  void copy_assign() {
    apply(promise::valid, [&](auto& v) { v = other_; }, [&](auto& c) { c = other_model_; });
  }

  // --- operations on the file ------------------------------------------------------------------

  static std::vector<operation> file_operations() {
    using m = vector_model;
    return {
        {"commit", 60, &m::commit},
        {"write", 20, &m::write},
        {"look", 20, &m::look},
        {"stop looking", 10, &m::stop_looking},
        {"close and reopen", 10, &m::close_and_reopen},
        {"destroy and reopen", 6, &m::destroy_and_reopen},
        {"abandon and reopen", 10, &m::abandon_and_reopen},
        {"kill and reopen", 10, &m::kill_and_reopen},
        {"replace", 6, &m::replace},
        {"snapshot", 4, &m::snapshot},
    };
  }

  auto requiring() const {
    return [this](bool condition, std::string_view what) { require(condition, what); };
  }

  void follow_file() {
    const std::size_t counted = file_.counted;
    file_.follow(v_, requiring());
    if (file_.counted != counted) ++counts_.settlings;
  }

  void start_with_a_new_file() {
    const std::string path = v_.path();
    v_ = Vector::create(directory_.next_path());
    if (!path.empty()) {
      expect_stored(path, model_);
      std::filesystem::remove(path);
    }
    file_ = {};
  }

  void expect_stored(const std::string& path, const std::vector<T>& expected) const {
    const auto found = mapvec::file_view<T>::open(path);
    require(std::equal(found.begin(), found.end(), expected.begin(), expected.end()), "the file");
  }

  /// Nobody holds `path`; the elements of the vector are `expected` from now on.
  void reopen(const std::string& path, const std::vector<T>& expected) {
    v_ = Vector::open(path);
    ++counts_.reopens;
    require(std::ranges::equal(std::as_const(v_), expected), "what a reopen finds");
    model_ = expected;
    file_.committed(v_, requiring());
  }

  void commit() {
    v_.commit();
    file_.committed(v_, requiring());
  }
  void write() {
    const auto at = static_cast<std::size_t>(any_place());
    const std::size_t most = std::min(model_.size() - at, std::size_t{40});
    const std::vector<T> all = make_values<T>(choices_.below(most + 1), number());
    apply(
        promise::strong, [&](auto& v) { v.write(at, all); },
        [&](auto& c) { std::copy(all.begin(), all.end(), c.begin() + static_cast<long>(at)); });
  }
  void look() { file_.look(v_.path(), requiring()); }
  void stop_looking() { file_.reader = {}; }

  void close_and_reopen() {
    const std::string path = v_.path();
    // Bytes of a crash stay where nothing was written, and what a reader may look at stays too.
    const bool is_cut = v_.capacity() != v_.size() && !file_.reader.is_open();
    v_.close();
    require(v_.size() == 0 && v_.path().empty(), "a closed vector");
    if (is_cut) {
      require(is_cut_to_the_byte<T>(path, model_.size()), "the size of the file");
    }
    reopen(path, std::vector<T>(model_));
  }
  void destroy_and_reopen() {
    const std::string path = v_.path();
    v_ = Vector();
    reopen(path, std::vector<T>(model_));
  }
  void abandon_and_reopen() {
    const std::string path = v_.path();
    const std::vector<T> stored = file_.stored();
    v_.abandon();
    reopen(path, stored);
  }
  /// The file as it is at this moment is what a kill leaves behind.
  void kill_and_reopen() {
    const std::string path = v_.path();
    const std::string left = directory_.next_path();
    std::filesystem::copy_file(path, left);
    file_.reader = {};
    const std::vector<T> stored = file_.stored();
    v_.abandon();
    std::filesystem::remove(path);
    reopen(left, stored);
  }
  void replace() {
    const std::vector<T> all = make_values<T>(any_size(), number());
    mapvec::vector<T> next(choices_.below(2) == 0 ? file_from_the_start() : mapvec::options{});
    next.append_range(all);
    v_.replace(std::move(next));
    require(next.empty(), "what replaced the elements");
    model_ = all;
    file_.reader = {};  // it would go on with the old file
    file_.committed(v_, requiring());
  }
  void snapshot() {
    const std::string path = directory_.next_path();
    v_.snapshot(path);
    expect_stored(path, model_);
    require(is_cut_to_the_byte<T>(path, model_.size()), "the size of a snapshot");
    std::filesystem::remove(path);
  }

  Choices choices_;
  struct nothing {};
  template <class Part>
  using of_files = std::conditional_t<is_persistent, Part, nothing>;
  of_files<file_directory> directory_;  // outlives the files in it
  Vector v_;
  std::vector<T> model_;
  Vector other_;
  std::vector<T> other_model_;
  of_files<file_shadow<T>> file_;
  of_files<file_shadow<T>> other_file_;
  std::size_t operations_until_comparison_ = most_operations_between_comparisons;
  std::string_view name_ = "none";
  model_counts counts_;
  long held_ = 0;  // what elements_outside() has to be
};

}  // namespace mapvec_test
