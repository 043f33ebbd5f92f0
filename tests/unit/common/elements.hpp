// SPDX-License-Identifier: MIT
//
// Element types that watch their container: they count their lives, notice when their bytes were
// carried elsewhere without a move constructor, and throw when a fuse has burnt down.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mapvec_test {

struct life_counts {
  long live = 0;
  long copies = 0;
  long moves = 0;
  long misplaced = 0;  // destroyed, assigned or read somewhere else than where it was constructed
};

/// Thrown by a counted_element whose fuse has burnt down.
struct planned_failure {};

/// An int with a life. Every constructor and assignment that may throw takes one unit off `fuse`
/// and throws at zero; a negative fuse never burns.
template <bool MoveMayThrow>
class counted_element {
 public:
  static inline life_counts counts;
  static inline long fuse = -1;

  counted_element() : counted_element(0) {}
  counted_element(int value) : value_(value) {
    burn();
    ++counts.live;
  }
  counted_element(const counted_element& other) : value_(other.value()) {
    burn();
    ++counts.live;
    ++counts.copies;
  }
  counted_element(counted_element&& other) noexcept(!MoveMayThrow) : value_(other.value()) {
    if constexpr (MoveMayThrow) burn();
    other.value_ = moved_from;
    ++counts.live;
    ++counts.moves;
  }
  counted_element& operator=(const counted_element& other) {
    check_place();
    burn();
    value_ = other.value();
    ++counts.copies;
    return *this;
  }
  counted_element& operator=(counted_element&& other) noexcept(!MoveMayThrow) {
    check_place();
    if constexpr (MoveMayThrow) burn();
    value_ = std::exchange(other.value_, moved_from);
    ++counts.moves;
    return *this;
  }
  ~counted_element() {
    check_place();
    place_ = nullptr;
    --counts.live;
  }

  int value() const {
    check_place();
    return value_;
  }
  friend bool operator==(const counted_element& a, const counted_element& b) {
    return a.value() == b.value();
  }
  friend std::strong_ordering operator<=>(const counted_element& a, const counted_element& b) {
    return a.value() <=> b.value();
  }
  friend void PrintTo(const counted_element& element, std::ostream* out) {
    *out << element.value();
  }

 private:
  static constexpr int moved_from = -1;

  static void burn() {
    if (fuse < 0) return;
    if (fuse == 0) throw planned_failure{};
    --fuse;
  }
  void check_place() const {
    if (place_ != this) ++counts.misplaced;
  }

  int value_;
  const counted_element* place_ = this;
};

using tracked = counted_element<false>;
using throwing = counted_element<true>;

class move_only {
 public:
  move_only() : move_only(0) {}
  explicit move_only(int value) : value_(std::make_unique<int>(value)) {}
  int value() const { return value_ ? *value_ : -1; }
  friend bool operator==(const move_only& a, const move_only& b) { return a.value() == b.value(); }
  friend auto operator<=>(const move_only& a, const move_only& b) {
    return a.value() <=> b.value();
  }

 private:
  std::unique_ptr<int> value_;
};

/// Neither copied nor moved; destroying it locked would be noticed by the thread checkers.
struct immovable {
  explicit immovable(int number = 0) : value(number) {}
  std::mutex mutex;
  int value;
};

template <std::size_t Alignment>
struct alignas(Alignment) over_aligned {
  over_aligned() = default;
  explicit over_aligned(int number) : value(number) {}
  int value = 0;
  friend auto operator<=>(const over_aligned&, const over_aligned&) = default;
};

/// Bigger than a page.
struct eight_kib {
  eight_kib() = default;
  explicit eight_kib(int number) {
    for (int& part : parts) part = number;
  }
  int parts[2048] = {};
  friend auto operator<=>(const eight_kib&, const eight_kib&) = default;
};
static_assert(sizeof(eight_kib) == 8192);

struct empty_class {
  friend auto operator<=>(const empty_class&, const empty_class&) = default;
};

/// A value of T that shows its number; strings alternate between the short and the long kind.
template <class T>
T make_value(int number) {
  if constexpr (std::is_same_v<T, std::string>) {
    return (number % 2 != 0 ? "a string that does not fit into the object " : "") +
           std::to_string(number);
  } else if constexpr (std::is_empty_v<T>) {
    return T{};
  } else {
    return T(number);
  }
}

/// The numbers [first, first + count) as values.
template <class T>
std::vector<T> make_values(std::size_t count, int first = 0) {
  std::vector<T> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(make_value<T>(first + static_cast<int>(i)));
  }
  return values;
}

}  // namespace mapvec_test
