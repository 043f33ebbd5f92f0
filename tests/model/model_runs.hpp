// SPDX-License-Identifier: MIT
//
// Runs of the model: by a random seed, as a test that demands its counts; by bytes, for fuzzing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "model/choices.hpp"
#include "model/model.hpp"
#include "unit/common/elements.hpp"

namespace mapvec_test {

/// Its elements end anywhere in the eight bytes that AddressSanitizer looks at together.
struct three_bytes {
  three_bytes() = default;
  explicit three_bytes(int number)
      : low(static_cast<unsigned char>(number)),
        middle(static_cast<unsigned char>(number >> 8)),
        high(static_cast<unsigned char>(number >> 16)) {}
  unsigned char low = 0;
  unsigned char middle = 0;
  unsigned char high = 0;
  friend auto operator<=>(const three_bytes&, const three_bytes&) = default;
};

}  // namespace mapvec_test

template <>
inline constexpr bool mapvec::store_as_bytes<mapvec_test::three_bytes> = true;
template <>
inline constexpr bool mapvec::store_as_bytes<mapvec_test::over_aligned<256>> = true;

namespace mapvec_test {

/// How long a run is. Of spills, growths and shrinks there must be `rare_events` each.
struct run_length {
  std::size_t operations;
  std::size_t rare_events;
};
inline constexpr run_length quick_run{20'000, 100};
inline constexpr run_length full_run{220'000, 1'000};
inline constexpr run_length long_run{2'200'000, 10'000};
inline constexpr run_length file_quick_run{10'000, 100};
inline constexpr run_length file_full_run{60'000, 600};
inline constexpr run_length file_long_run{300'000, 3'000};
static_assert(5 * full_run.operations >= 1'000'000, "over the five element types together");

/// A test: the seed is $MAPVEC_SEED, or a new one that is printed.
template <class T>
void expect_model_holds(run_length length);

extern template void expect_model_holds<int>(run_length);
extern template void expect_model_holds<std::string>(run_length);
extern template void expect_model_holds<move_only>(run_length);
extern template void expect_model_holds<over_aligned<256>>(run_length);
extern template void expect_model_holds<throwing>(run_length);

/// The same for file_vector; `rare_events` is also asked of reopens and of settled counts.
template <class T>
void expect_file_model_holds(run_length length);

extern template void expect_file_model_holds<int>(run_length);
extern template void expect_file_model_holds<three_bytes>(run_length);
extern template void expect_file_model_holds<over_aligned<256>>(run_length);

/// The first byte chooses the element type, the others decide the operations.
inline void run_model_on_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  const byte_choices choices(bytes.subspan(1));
  switch (bytes.front() % 5) {
    case 0:
      vector_model<int, byte_choices>(choices).run();
      break;
    case 1:
      vector_model<std::string, byte_choices>(choices).run();
      break;
    case 2:
      vector_model<move_only, byte_choices>(choices).run();
      break;
    case 3:
      vector_model<over_aligned<256>, byte_choices>(choices).run();
      break;
    default:
      vector_model<throwing, byte_choices>(choices).run();
      break;
  }
}

}  // namespace mapvec_test
