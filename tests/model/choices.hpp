// SPDX-License-Identifier: MIT
//
// Where the model test takes its decisions from: a seeded generator, or the bytes of a fuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mapvec_test {

/// `operations` operations, all decided by `seed` (splitmix64: small, and the same everywhere).
class random_choices {
 public:
  random_choices(std::uint64_t seed, std::size_t operations)
      : state_(seed), operations_left_(operations) {}

  bool next_operation() { return operations_left_-- != 0; }
  /// A number below `bound`, which is not 0.
  std::size_t below(std::size_t bound) {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return static_cast<std::size_t>((mixed ^ (mixed >> 31)) % bound);
  }

 private:
  std::uint64_t state_;
  std::size_t operations_left_;
};

/// Operations until the bytes are used up; what is decided after the last byte is 0.
class byte_choices {
 public:
  explicit byte_choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool next_operation() const { return !bytes_.empty(); }
  std::size_t below(std::size_t bound) {
    std::size_t value = next_byte();
    if (bound > 256) value = value << 8 | next_byte();
    return value % bound;
  }

 private:
  std::size_t next_byte() {
    if (bytes_.empty()) return 0;
    const std::size_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace mapvec_test
