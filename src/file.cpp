// SPDX-License-Identifier: MIT
#include <mapvec/file.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include <mapvec/error.hpp>
#include <mapvec/units.hpp>

#include "counters.hpp"
#include "file_systems.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
file::~file() {
  if (!is_open()) return;
  const int failed = sys::close(fd_);
  if (failed != 0) report_error(-failed, "close", name_);
}

namespace {

struct statfs status_of_file_system(const file& asked) {
  struct statfs status{};
  const int failed = sys::fstatfs(asked.descriptor(), status);
  if (failed != 0) throw_error(-failed, "ask for the file system of", asked.name());
  return status;
}

}  // namespace

file_system_traits file::file_system() const {
  const known_file_system* const found = find_file_system(status_of_file_system(*this).f_type);
  return found != nullptr ? found->traits : file_system_traits{};
}

bool file::hides_pages() const noexcept {
  struct statfs status{};
  if (sys::fstatfs(fd_, status) != 0) return false;
  const known_file_system* const found = find_file_system(status.f_type);
  return found != nullptr && found->traits.hides_pages;
}

bool file::guarantee_space(bool copy_on_write) const {
  const file_system_traits traits = file_system();
  if (!traits.copies_on_write || copy_on_write) return traits.allocation_holds;
  // Only an empty file takes the flag. A refusal is no error: space_guaranteed() tells.
  return sys::set_no_copy_on_write(fd_) == 0;
}

namespace {

struct stat status_of(const file& asked) {
  struct stat status{};
  const int failed = sys::fstat(asked.descriptor(), status);
  if (failed != 0) throw_error(-failed, "ask for the size of", asked.name());
  return status;
}

}  // namespace

bool file::is_regular() const { return S_ISREG(status_of(*this).st_mode); }

std::uint64_t file::size_bytes() const {
  return static_cast<std::uint64_t>(status_of(*this).st_size);
}

std::uint64_t file::allocated_bytes() const {
  return static_cast<std::uint64_t>(status_of(*this).st_blocks) * 512;  // the unit, stat(2)
}

int file::try_extend(std::uint64_t old_size_bytes, std::uint64_t new_size_bytes) noexcept {
  // The kernel would send SIGXFSZ before it returned EFBIG, and that kills the process.
  if (new_size_bytes > sys::resource_limit(RLIMIT_FSIZE)) return -EFBIG;
  if (allocates_ == allocation::is_refused) return -EOPNOTSUPP;
  const int failed = sys::fallocate(fd_, old_size_bytes, new_size_bytes - old_size_bytes);
  if (failed == 0) allocates_ = allocation::works;
  if (failed == -EOPNOTSUPP) allocates_ = allocation::is_refused;
  return failed;
}

void file::require_free(std::uint64_t size_bytes, unsigned percent) const {
  if (percent == 0) return;
  const struct statfs status = status_of_file_system(*this);
  const auto unit_bytes =
      static_cast<std::uint64_t>(status.f_frsize != 0 ? status.f_frsize : status.f_bsize);
  const std::uint64_t free_bytes = status.f_bavail * unit_bytes;
  const std::uint64_t kept_bytes = status.f_blocks * std::min(percent, 100U) / 100 * unit_bytes;
  if (free_bytes >= kept_bytes && free_bytes - kept_bytes >= size_bytes) return;
  add(process_counters.allocate_failures, 1);
  throw_error(ENOSPC, "leave the asked share of the disk free beside", name_, {0, size_bytes});
}

void file::extend(std::uint64_t old_size_bytes, std::uint64_t new_size_bytes) {
  const byte_range range{old_size_bytes, new_size_bytes - old_size_bytes};
  int failed = try_extend(old_size_bytes, new_size_bytes);
  if (failed == 0) return;
  try {
    if (failed != -EOPNOTSUPP) throw_error(-failed, "allocate", name_, range);
    // Not posix_fallocate: its emulation races with other writers.
    write_zeros(old_size_bytes, range.size_bytes);
  } catch (...) {
    add(process_counters.allocate_failures, 1);
    // Nothing was taken, and what begins behind the end, as blocks may, would be a signal here.
    if (old_size_bytes > sys::resource_limit(RLIMIT_FSIZE)) throw;
    // ext4 keeps the blocks that a failed fallocate took, and the new size with them.
    failed = sys::ftruncate(fd_, old_size_bytes);
    if (failed != 0) report_error(-failed, "give back", name_, range);
    throw;
  }
}

void file::cut(std::uint64_t size_bytes) {
  const int failed = sys::ftruncate(fd_, size_bytes);
  if (failed == 0) return;
  add(process_counters.allocate_failures, 1);
  throw_error(-failed, "cut", name_, {size_bytes, 0});
}

void file::fill_holes(std::uint64_t offset_bytes, std::uint64_t size_bytes) {
  int failed = sys::fallocate(fd_, offset_bytes, size_bytes);
  if (failed == 0) return;
  if (failed == -EOPNOTSUPP) {
    // A write past the limit would be SIGXFSZ; allocating what lies within the file is not.
    failed = -EFBIG;
    if (offset_bytes + size_bytes <= sys::resource_limit(RLIMIT_FSIZE)) {
      return write_zeros(offset_bytes, size_bytes);
    }
  }
  add(process_counters.allocate_failures, 1);
  throw_error(-failed, "allocate", name_, {offset_bytes, size_bytes});
}

std::size_t file::read(void* data, std::size_t size_bytes, std::uint64_t offset_bytes) const {
  auto* bytes = static_cast<std::byte*>(data);
  std::size_t done = 0;
  while (done < size_bytes) {
    const std::int64_t got = sys::pread(fd_, bytes + done, size_bytes - done, offset_bytes + done);
    if (got < 0) {
      throw_error(static_cast<int>(-got), "read", name_, {offset_bytes + done, size_bytes - done});
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void file::write(const void* data, std::size_t size_bytes, std::uint64_t offset_bytes) {
  const auto* bytes = static_cast<const std::byte*>(data);
  std::size_t done = 0;
  while (done < size_bytes) {
    const std::int64_t written =
        sys::pwrite(fd_, bytes + done, size_bytes - done, offset_bytes + done);
    if (written <= 0) {
      // pwrite returns 0 only where nothing fits any more.
      throw_error(written < 0 ? static_cast<int>(-written) : ENOSPC, "write", name_,
                  {offset_bytes + done, size_bytes - done});
    }
    done += static_cast<std::size_t>(written);
  }
}

void file::write_zeros(std::uint64_t offset_bytes, std::uint64_t size_bytes) {
  // Whole aligned pieces of 2 MiB, because the page cache then takes folios of that size. Not
  // const: never written, the array is the kernel's one page of zeros over and over, which stays in
  // the processor's nearest cache; const would make it 2 MiB of the library's file.
  static std::array<std::byte, 2 * MiB> zeros;
  const std::uint64_t end_bytes = offset_bytes + size_bytes;
  for (std::uint64_t done = offset_bytes; done < end_bytes;) {
    const std::uint64_t next = std::min(round_down(done, zeros.size()) + zeros.size(), end_bytes);
    write(zeros.data(), next - done, done);
    done = next;
  }
}

}  // namespace mapvec::inline v0_1::detail
