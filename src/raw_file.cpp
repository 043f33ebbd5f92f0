// SPDX-License-Identifier: MIT
#include <mapvec/raw_file.hpp>

#include <string>

#include "names.hpp"
#include "pending_name.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {

raw_input::raw_input(path_view path, const raw_layout& layout, std::size_t element_bytes)
    : file_(open_regular(absolute(path.c_str()), O_RDONLY)),
      next_bytes_(layout.offset_bytes),
      end_bytes_(file_.size_bytes()) {
  const auto in_words = [](std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; };
  if (end_bytes_ < next_bytes_) {
    throw format_error(file_.name(), in_words(end_bytes_), "at least " + in_words(next_bytes_));
  }
  if (left_bytes() % element_bytes != 0) {
    throw format_error(file_.name(), in_words(left_bytes()) + " of elements",
                       "a multiple of " + in_words(element_bytes));
  }
}

void raw_input::read(void* into, std::size_t size_bytes) {
  if (file_.read(into, size_bytes, next_bytes_) != size_bytes) {
    throw format_error(file_.name(), "fewer bytes than before",
                       std::to_string(end_bytes_) + " bytes");
  }
  next_bytes_ += size_bytes;
}

void raw_input::refuse_bool() const {
  throw format_error(file_.name(), "a bool that is neither 0 nor 1", "bools");
}

struct raw_output::state {
  explicit state(const char* path) : name(path) {}

  pending_name name;
  file made;
  std::uint64_t written_bytes = 0;
};

raw_output::raw_output(path_view path, std::uint64_t size_bytes)
    : state_(std::make_unique<state>(path.c_str())) {
  constexpr unsigned shared_by_umask = 0666;
  state_->name.require_free();
  state_->made = state_->name.make(shared_by_umask);
  if (size_bytes != 0) state_->made.extend(0, size_bytes);
}

raw_output::~raw_output() = default;

void raw_output::write(const void* data, std::size_t size_bytes) {
  state_->made.write(data, size_bytes, state_->written_bytes);
  state_->written_bytes += size_bytes;
}

void raw_output::publish() {
  const int failed = sys::fsync(state_->made.descriptor());
  if (failed != 0) throw_error(-failed, "sync", state_->name.path());
  state_->name.publish(state_->made);
}

}  // namespace mapvec::inline v0_1::detail
