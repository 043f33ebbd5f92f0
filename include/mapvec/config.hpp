// SPDX-License-Identifier: MIT
//
// The platform we need, the version, assertions, and what the compiler tells about sanitizers.
// Every other header may include this one; it includes nothing but <version>.
#pragma once

#include <version>

#if !defined(__linux__) || !defined(__LP64__)
#error "mapvec needs 64-bit Linux"
#elif __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "mapvec needs a little-endian machine: its files hold the elements as they are in memory"
#elif __cplusplus < 202002L
#error "mapvec needs C++20"
#endif

// All is in the inline namespace v<major>_<minor>, so that binaries of two versions with different
// layouts do not find each other's functions. Programs do not name it, and do not declare our names
// themselves: they include headers.
#define MAPVEC_VERSION_MAJOR 0
#define MAPVEC_VERSION_MINOR 1
#define MAPVEC_VERSION_PATCH 0

/// Marks what the shared library exports; everything else is hidden.
#define MAPVEC_API __attribute__((visibility("default")))

/// Checks what the caller promised (`REQUIRES:`). On in debug builds, and in every build that
/// defines MAPVEC_HARDENED; a failed check prints the condition and aborts.
#if defined(MAPVEC_HARDENED) || !defined(NDEBUG)
#define MAPVEC_ASSERT(condition) \
  (static_cast<bool>(condition)  \
       ? static_cast<void>(0)    \
       : ::mapvec::detail::assertion_failed(#condition, __FILE__, __LINE__))
#else
#define MAPVEC_ASSERT(condition) static_cast<void>(0)
#endif

#if defined(__SANITIZE_ADDRESS__)
#define MAPVEC_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAPVEC_ASAN 1
#endif
#endif
#if !defined(MAPVEC_ASAN)
#define MAPVEC_ASAN 0
#endif

namespace mapvec::inline v0_1::detail {
// In C++23 the compilers that have it also call it std::float16_t. GCC 12 for aarch64 has it in C
// only.
#if defined(__FLT16_MANT_DIG__) && \
    !(defined(__aarch64__) && !defined(__clang__) && defined(__GNUC__) && __GNUC__ < 13)
__extension__ typedef _Float16 float16;
#else
struct float16;
#endif

/// Prints "file:line: mapvec: REQUIRES condition" to stderr and aborts.
[[noreturn]] MAPVEC_API void assertion_failed(const char* condition, const char* file,
                                              int line) noexcept;
}  // namespace mapvec::inline v0_1::detail
