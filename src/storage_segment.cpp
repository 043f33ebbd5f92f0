// SPDX-License-Identifier: MIT
//
// Storages over raw files of a fixed size: what segment<T> is a skin over.
#include <cerrno>
#include <string>

#include <mapvec/error.hpp>

#include "counters.hpp"
#include "fork_word.hpp"
#include "names.hpp"
#include "posix/syscalls.hpp"
#include "storage_state.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

constexpr unsigned shared_by_umask = 0666;

}  // namespace

/// Maps the file as it is: no header, no windows, no growth.
void storage::state::attach_segment(std::size_t new_bytes, std::size_t element_bytes) {
  element = {element_bytes, 0};
  keeps_file = true;
  word = acquire_fork_word();
  mapped = region::reserve_file(new_bytes, new_bytes, backing.descriptor);
  own_mapping();
  set_size(new_bytes);
}

storage storage::create_segment(path_view path, std::size_t size_bytes, std::size_t element_bytes) {
  storage made{options{}};
  temporary_file named{{}, path.c_str()};
  std::string name = named.path;
  const int fd =
      sys::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, shared_by_umask);
  if (fd < 0) throw_error(-fd, "create", path.c_str());
  state& fresh = *made.state_;
  named.descriptor = file(fd, std::move(name));
  fresh.backing = std::move(named);
  try {
    fresh.space_guaranteed = fresh.backing.descriptor.file_system().allocation_holds;
    fresh.backing.descriptor.extend(0, size_bytes);
    fresh.attach_segment(size_bytes, element_bytes);
  } catch (...) {
    remove_temporary_file(fresh.backing);
    throw;
  }
  made.publish();
  return made;
}

storage storage::open_segment(path_view path, std::size_t element_bytes) {
  storage made{options{}};
  state& fresh = *made.state_;
  fresh.backing = {open_regular(path.c_str(), O_RDWR), path.c_str()};
  const std::size_t size_bytes = fresh.backing.descriptor.size_bytes();
  if (size_bytes % element_bytes != 0) {
    throw format_error(path.c_str(), std::to_string(size_bytes) + " bytes",
                       "elements of " + std::to_string(element_bytes) + " bytes");
  }
  fresh.space_guaranteed = false;  // it may have holes
  if (size_bytes == 0) return made;
  fresh.attach_segment(size_bytes, element_bytes);
  made.publish();
  return made;
}

}  // namespace mapvec::inline v0_1::detail
