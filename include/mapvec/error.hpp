// SPDX-License-Identifier: MIT
//
// What goes wrong, as types. The caller's mistake is an assertion (config.hpp) or the exception
// std::vector throws; what the system refuses is `error`, and `bad_alloc` where a container asked
// its allocator; a file that is not ours to open is `format_error`. Destructors never throw: they
// hand their errors to a handler.
//
//  - Errors: making an exception may throw std::bad_alloc; nothing else here throws.
//  - Invalidation: texts are valid as long as the exception or a copy of it.
//  - Cost: texts are put together when the exception is made; all else is constant.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1 {

/// A range of a file, in bytes.
struct byte_range {
  std::size_t offset_bytes = 0;
  std::size_t size_bytes = 0;
};

/// The system said no. `code()` holds errno in std::generic_category(); `what()` is one line with
/// the verb, the byte range, the path and the meaning of errno. Copying never throws.
class MAPVEC_API error : public std::system_error {
 public:
  error(int errno_value, std::string_view verb, std::string_view path, byte_range range = {});

  /// What was being done: "allocate", "map", "create a file in" …
  const std::string& verb() const noexcept;
  /// The file or directory, empty where there is none; "(unnamed file in DIR)" for files without
  /// a name.
  const std::string& path() const noexcept;
  /// The byte range of the file that was asked for; both 0 where none applies.
  std::size_t offset_bytes() const noexcept;
  std::size_t size_bytes() const noexcept;

 private:
  struct context;
  std::shared_ptr<const context> context_;
};

/// An allocator could not have the memory: what containers expect, and why. Copying never throws.
class MAPVEC_API bad_alloc : public std::bad_alloc {
 public:
  // NOLINTNEXTLINE(bugprone-throw-keyword-missing): a member, which is not to be thrown
  explicit bad_alloc(const error& reason) noexcept : reason_(reason) {}

  /// What the system said no to.
  const error& reason() const noexcept { return reason_; }
  /// That of reason().
  const char* what() const noexcept override { return reason_.what(); }

 private:
  error reason_;
};

/// The file exists but does not hold what was asked for; nothing was written to it.
class MAPVEC_API format_error : public std::runtime_error {
 public:
  format_error(std::string_view path, std::string_view stored, std::string_view asked);

  /// The file, what it holds, and what it would have to hold.
  const std::string& path() const noexcept;
  const std::string& stored() const noexcept;
  const std::string& asked() const noexcept;

 private:
  struct context;
  std::shared_ptr<const context> context_;
};

/// Receives the errors of destructors, and of what undoes something after another error. May run on
/// any thread that uses the library. Must not use a vector or a memory_resource: it may be called
/// in the middle of a change of the one in question.
using error_handler = void (*)(const error&) noexcept;

/// Installs `handler` for the whole process and returns the one before it. nullptr brings back the
/// default, which prints `what()` to stderr.
MAPVEC_API error_handler set_error_handler(error_handler handler) noexcept;

namespace detail {

// Every throw of the library, out of line, so that the callers stay small.
[[noreturn]] MAPVEC_API void throw_error(int errno_value, std::string_view verb,
                                         std::string_view path, byte_range range = {});
[[noreturn]] MAPVEC_API void throw_length_error(std::size_t asked, std::size_t max_size);
[[noreturn]] MAPVEC_API void throw_out_of_range(std::size_t position, std::size_t size);

/// For destructors and clean-up: hands the error to the handler. A failure to build the error
/// itself (no memory) is dropped.
MAPVEC_API void report_error(int errno_value, std::string_view verb, std::string_view path,
                             byte_range range = {}) noexcept;

}  // namespace detail
}  // namespace mapvec::inline v0_1
