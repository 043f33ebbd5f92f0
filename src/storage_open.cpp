// SPDX-License-Identifier: MIT
//
// Opening a persistent storage: everything is checked, and nothing is written.
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>

#include "counters.hpp"
#include "file_locks.hpp"
#include "names.hpp"
#include "npy_file.hpp"
#include "posix/syscalls.hpp"
#include "storage_state.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

/// Bytes behind the elements: ours are spare capacity or what was not committed; others may be a
/// second array, which files of numpy.save may have.
void require_own_tail(const file& opened, const npy_contents& found) {
  const std::uint64_t tail_bytes = found.file_bytes - found.end_bytes();
  if (tail_bytes == 0) return;
  std::array<char, 6> beginning{};
  opened.read(beginning.data(), beginning.size(), found.end_bytes());
  const bool another_array = std::string_view(beginning.data(), beginning.size()) == "\x93NUMPY";
  if (found.header.is_canonical() && !another_array) return;
  throw format_error(opened.name(),
                     std::to_string(tail_bytes) + " bytes behind the elements" +
                         (another_array ? ", another array" : ""),
                     "nothing there; options::discard_tail drops it");
}

/// A locked file that is still the one at `path`.
file open_as_writer(const std::string& path) {
  constexpr int attempts = 100;
  for (int attempt = 1;; ++attempt) {
    file opened = open_regular(path, O_RDWR);
    lock_as_writer(opened);
    // Another writer may have replaced the file between our open and our lock.
    struct stat ours{};
    struct stat named{};
    int failed = sys::fstat(opened.descriptor(), ours);
    if (failed == 0) failed = sys::stat_path(path.c_str(), named);
    if (failed == 0 && is_same_file(ours, named)) return opened;
    if (failed == 0 && attempt == attempts) failed = -EBUSY;
    if (failed != 0) throw_error(-failed, "open", path);
  }
}

}  // namespace

storage storage::open_file(path_view path, const element_format& format, const options& settings) {
  storage made{settings};
  state& fresh = *made.state_;
  std::string name = absolute(path.c_str());
  fresh.backing.descriptor = open_as_writer(name);
  fresh.backing.path = std::move(name);
  const file& opened = fresh.backing.descriptor;
  npy_contents found = read_npy(opened, format, settings.row_width);
  growing_header(found.header, fresh.backing.path);
  if (!settings.discard_tail) require_own_tail(opened, found);
  require_valid(opened, format, found.header.size_bytes(), found.used_bytes());
  const file_system_traits traits = opened.file_system();
  fresh.space_guaranteed = traits.allocation_holds && !traits.shares_blocks &&
                           opened.allocated_bytes() >= found.file_bytes;
  const std::size_t used_bytes = found.used_bytes();
  fresh.record =
      std::make_unique<commit_record>(std::move(found.header), found.row_width, format.size_bytes);
  fresh.record->committed_bytes = used_bytes;
  fresh.record->published_end_bytes = found.file_bytes;
  fresh.record->writing = false;
  fresh.record->durable = false;
  fresh.attach_file(found.file_bytes, format.size_bytes);
  add(process_counters.uncommitted_bytes, found.file_bytes - fresh.usable_bytes());
  made.publish();
  return made;
}

}  // namespace mapvec::inline v0_1::detail
