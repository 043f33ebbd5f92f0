// SPDX-License-Identifier: MIT
#include <mapvec/error.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace mapvec::inline v0_1 {
namespace {

std::string describe(std::string_view verb, std::string_view path, byte_range range) {
  std::string text = "mapvec: cannot ";
  text += verb;
  if (range.size_bytes != 0) {
    text += ' ';
    text += std::to_string(range.size_bytes);
    text += " bytes at ";
    text += std::to_string(range.offset_bytes);
    if (!path.empty()) text += " of";
  }
  if (!path.empty()) {
    text += ' ';
    text += path;
  }
  return text;
}

void print_to_stderr(const error& failure) noexcept {
  std::fprintf(stderr, "%s\n", failure.what());
}

std::atomic<error_handler> current_handler{print_to_stderr};

}  // namespace

struct error::context {
  std::string verb;
  std::string path;
  byte_range range;
};

error::error(int errno_value, std::string_view verb, std::string_view path, byte_range range)
    : std::system_error(errno_value, std::generic_category(), describe(verb, path, range)),
      context_(
          std::make_shared<const context>(context{std::string(verb), std::string(path), range})) {}

const std::string& error::verb() const noexcept { return context_->verb; }
const std::string& error::path() const noexcept { return context_->path; }
std::size_t error::offset_bytes() const noexcept { return context_->range.offset_bytes; }
std::size_t error::size_bytes() const noexcept { return context_->range.size_bytes; }

struct format_error::context {
  std::string path;
  std::string stored;
  std::string asked;
};

format_error::format_error(std::string_view path, std::string_view stored, std::string_view asked)
    : std::runtime_error("mapvec: " + std::string(path) + " holds " + std::string(stored) +
                         ", asked for " + std::string(asked)),
      context_(std::make_shared<const context>(
          context{std::string(path), std::string(stored), std::string(asked)})) {}

const std::string& format_error::path() const noexcept { return context_->path; }
const std::string& format_error::stored() const noexcept { return context_->stored; }
const std::string& format_error::asked() const noexcept { return context_->asked; }

error_handler set_error_handler(error_handler handler) noexcept {
  return current_handler.exchange(handler != nullptr ? handler : print_to_stderr);
}

namespace detail {

void throw_error(int errno_value, std::string_view verb, std::string_view path, byte_range range) {
  throw error(errno_value, verb, path, range);
}

void throw_length_error(std::size_t asked, std::size_t max_size) {
  throw std::length_error("mapvec: " + std::to_string(asked) + " elements asked, at most " +
                          std::to_string(max_size) +
                          " fit into the reservation; options::reservation_bytes sets it");
}

void throw_out_of_range(std::size_t position, std::size_t size) {
  throw std::out_of_range("mapvec: position " + std::to_string(position) + " of " +
                          std::to_string(size) + " elements");
}

void report_error(int errno_value, std::string_view verb, std::string_view path,
                  byte_range range) noexcept {
  try {
    const error failure(errno_value, verb, path, range);
    current_handler.load()(failure);
  } catch (const std::exception&) {
    // No memory to build the message: there is nobody left to tell.
  }
}

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: mapvec: REQUIRES %s\n", file, line, condition);
  std::abort();
}

}  // namespace detail
}  // namespace mapvec::inline v0_1
