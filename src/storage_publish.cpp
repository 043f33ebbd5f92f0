// SPDX-License-Identifier: MIT
//
// Files that get their name when they are complete: new ones, copies, and those of temporary
// storages that are to last.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>

#include "counters.hpp"
#include "file_locks.hpp"
#include "names.hpp"
#include "npy_file.hpp"
#include "pending_name.hpp"
#include "posix/syscalls.hpp"
#include "storage_state.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

constexpr unsigned owner_only = 0600;

/// What a file is to hold.
struct contents {
  npy_header header;
  std::size_t row_width = 1;
  std::size_t element_bytes = 1;
  const std::byte* data = nullptr;
  std::size_t used_bytes = 0;
  int share_with_fd = -1;  // a file that has the same bytes and may share its blocks
  bool is_shared = false;  // it does now

  std::size_t end_bytes() const noexcept { return header.size_bytes() + used_bytes; }
  std::uint64_t count() const noexcept { return used_bytes / (row_width * element_bytes); }
};

contents contents_of(const element_format& format, const options& settings,
                     std::size_t used_bytes) {
  const std::size_t widest = PTRDIFF_MAX / format.size_bytes;
  const std::size_t width = settings.row_width == any_row_width ? 0 : settings.row_width;
  if (width > widest) throw_length_error(width, widest);
  return {.header = npy_header::canonical(array_of(format, width), format.alignment_bytes),
          .row_width = std::max<std::size_t>(width, 1),
          .element_bytes = format.size_bytes,
          .used_bytes = used_bytes};
}

/// How a file gets its name.
struct naming {
  explicit naming(const char* path) : name(path) {}

  void publish(const file& complete, const std::string& present_name = {}) {
    if (!replaces) return name.publish(complete, present_name);
    directory_result = name.publish_over(complete, present_name);
  }

  pending_name name;
  bool replaces = false;         // whatever has the name
  std::optional<unsigned> mode;  // instead of what the options and the umask say
  int directory_result = 0;      // of syncing it after a replacement
};

void set_mode(const file& changed, unsigned mode) {
  const int failed = sys::fchmod(changed.descriptor(), mode);
  if (failed != 0) throw_error(-failed, "set the permissions of", changed.name());
}

void fill(file& empty, contents& wanted) {
  wanted.is_shared =
      wanted.share_with_fd >= 0 && sys::clone_blocks(empty.descriptor(), wanted.share_with_fd) == 0;
  if (wanted.is_shared) {
    empty.cut(wanted.end_bytes());
  } else {
    empty.extend(0, wanted.end_bytes());
    empty.write(wanted.data, wanted.used_bytes, wanted.header.size_bytes());
  }
  write_header(empty, wanted.header);
}

/// Where the kernel does not tell the present name of `ours` (of a file that was made without one
/// it never does), it has to be the one at `path`, or to have none.
void require_replaceable(const std::string& path, const struct stat& ours) {
  struct stat there{};
  const int failed = sys::lstat(path.c_str(), there);
  if (failed == 0 && S_ISLNK(there.st_mode)) {
    throw_error(ELOOP, "replace, without /proc, what is opened through the link", path);
  }
  if (failed == 0 && !is_same_file(there, ours)) {
    throw_error(EEXIST, "replace what is another file by now,", path);
  }
  if (failed != 0 && ours.st_nlink != 0) {
    throw_error(-failed, "replace what has another name by now,", path);
  }
}

}  // namespace

struct storage::publisher {
  /// A new file with these contents. Its storage holds the lock before there is a name.
  static storage write(contents& wanted, naming& named, const options& settings,
                       const state* source = nullptr) {
    storage made{settings};
    state& fresh = *made.state_;
    fresh.backing = {named.name.make(settings.permissions), named.name.path()};
    file& opened = fresh.backing.descriptor;
    if (named.mode) set_mode(opened, *named.mode);
    const bool guaranteed = opened.guarantee_space(fresh.settings.copy_on_write);
    lock_as_writer(opened);
    fill(opened, wanted);
    if (source != nullptr) source->require_intact();  // also meanwhile
    fresh.space_guaranteed = guaranteed && !wanted.is_shared;
    fresh.wait_for_disk(sys::fsync(opened.descriptor()), {});
    fresh.record = record_of(wanted);
    fresh.attach_file(wanted.end_bytes(), wanted.element_bytes);
    named.publish(opened);
    made.publish();
    return made;
  }

  static std::unique_ptr<commit_record> record_of(const contents& written) {
    auto made =
        std::make_unique<commit_record>(written.header, written.row_width, written.element_bytes);
    made->committed_bytes = written.used_bytes;
    made->published_end_bytes = written.end_bytes();
    return made;
  }

  /// The bytes of `temporary` under a name: its own file where that can be linked there and has
  /// room for the header, else a copy. `temporary` is empty afterwards.
  static storage name_bytes(storage& temporary, contents wanted, naming& named,
                            const options& settings) {
    temporary.require_owner();
    if (temporary.data_ != nullptr) temporary.state_->require_intact();
    wanted.data = temporary.data_;
    wanted.used_bytes -= wanted.used_bytes % (wanted.row_width * wanted.element_bytes);
    if (can_be_linked(temporary, named.name.path())) {
      auto header = npy_header::canonical_of_size(wanted.header.array(), wanted.count(),
                                                  temporary.state_->element.header_bytes);
      if (header && link(temporary, *header, wanted, named, settings)) return std::move(temporary);
    }
    wanted.header.set_count(wanted.count());
    storage empty{temporary.settings()};
    storage made = write(wanted, named, settings, temporary.state_);
    temporary = std::move(empty);
    return made;
  }

  static bool can_be_linked(const storage& temporary, const std::string& path) {
    if (temporary.data_ == nullptr || temporary.state_->in_memory()) return false;
    struct stat ours{};
    struct stat directory{};
    return sys::fstat(temporary.state_->backing.descriptor.descriptor(), ours) == 0 &&
           sys::stat_path(directory_of(path).c_str(), directory) == 0 &&
           ours.st_dev == directory.st_dev;
  }

  /// What a file has that is linked: the mode and the lock of a temporary again, unless it was.
  struct linking {
    explicit linking(file& linked) : own(linked) { lock_as_writer(own); }
    ~linking() {
      if (done) return;
      unlock_writer(own);
      sys::fchmod(own.descriptor(), owner_only);
    }
    file& own;
    bool done = false;
  };

  /// Gives the temporary's own file a header and a name. False, changing nothing, where the kernel
  /// cannot link it: it had a name once and lost it, or there is no /proc.
  static bool link(storage& temporary, const npy_header& header, contents wanted, naming& named,
                   const options& settings) {
    state& now = *temporary.state_;
    file& own = now.backing.descriptor;
    now.settle_ahead();
    // All that can fail comes before there is a name.
    wanted.header = header;
    const std::size_t end_bytes = wanted.end_bytes();
    auto record = record_of(wanted);
    options chosen = settings;
    std::string new_name = named.name.path();
    std::string new_path = new_name;
    std::unique_ptr<budget_share> share;
    try {
      linking made(own);
      write_header(own, header);
      set_mode(own, named.mode.value_or(settings.permissions & ~sys::file_mode_mask()));
      now.wait_for_disk(sys::fsync(own.descriptor()), {});
      share = now.share_under(settings, now.prepared_bytes);
      named.publish(own, now.backing.path);
      made.done = true;
    } catch (const error& failure) {
      const int reason = failure.code().value();
      if (now.failed_errno == 0 && (reason == ENOENT || reason == EXDEV)) return false;
      throw;
    }
    // The lock of a named temporary is on all of the file.
    sys::lock(own.descriptor(), F_UNLCK, 0, writer_lock_offset);
    sys::lock(own.descriptor(), F_UNLCK, reader_lock_offset, 0);
    own.set_name(std::move(new_name));
    now.backing.path = std::move(new_path);
    now.settings = std::move(chosen);
    now.record = std::move(record);
    now.share = std::move(share);
    now.ahead.reset();  // the options may not want it
    now.window_count = 0;
    // Of a vector that had given all of its file back, the header is the first there is.
    if (now.size_bytes < end_bytes) now.set_size(end_bytes);
    now.set_prepared(end_bytes);
    if (now.share != nullptr) now.share->find_loose();
    now.drop_large_folios(end_bytes);
    temporary.publish();
    return true;
  }
};

storage storage::create_file(path_view path, const element_format& format,
                             const options& settings) {
  naming named(path.c_str());
  named.name.require_free();
  contents empty = contents_of(format, settings, 0);
  return publisher::write(empty, named, settings);
}

storage storage::persist(storage& temporary, std::size_t used_bytes, path_view path,
                         const element_format& format, const options& settings) {
  naming named(path.c_str());
  named.name.require_free();
  return publisher::name_bytes(temporary, contents_of(format, settings, used_bytes), named,
                               settings);
}

std::string storage::present_path() const { return state_->found_path(); }

int storage::replace(storage& temporary, std::size_t used_bytes) {
  if (data_ == nullptr) throw_error(EBADF, "replace a vector without a file", "");
  require_owner();
  const state& old = *state_;
  struct stat status{};
  const int failed = sys::fstat(old.backing.descriptor.descriptor(), status);
  if (failed != 0) throw_error(-failed, "ask for the permissions of", old.backing.path);
  const std::string present = old.found_path();
  require_replaceable(present, status);
  naming named(present.c_str());
  named.replaces = true;
  named.mode = status.st_mode & 07777;
  const npy_header& header = old.record->header;
  // The header of before has the right size for a copy; so has its count until there is another.
  contents wanted{.header = growing_header(header, old.backing.path),
                  .row_width = old.record->row_width,
                  .element_bytes = old.element.size_bytes,
                  .used_bytes = used_bytes};
  storage made = publisher::name_bytes(temporary, std::move(wanted), named, old.settings);
  if (old.advised != access::normal) made.advise(old.advised);
  made.state_->failed_errno = -named.directory_result;
  if (named.directory_result != 0) add(process_counters.sync_failures, 1);
  swap(made);
  return named.directory_result;
}

void storage::snapshot(path_view path, std::size_t used_bytes, const snapshot_options& how) const {
  if (data_ == nullptr) throw_error(EBADF, "copy a vector without a file", path.c_str());
  require_owner();
  naming named(path.c_str());
  named.name.require_free();
  const state& now = *state_;
  struct stat status{};
  const int failed = sys::fstat(now.backing.descriptor.descriptor(), status);
  if (failed != 0) throw_error(-failed, "ask for the permissions of", now.backing.path);
  named.mode = status.st_mode & 0777;
  contents wanted{.header = growing_header(now.record->header, now.backing.path),
                  .row_width = now.record->row_width,
                  .element_bytes = now.element.size_bytes,
                  .data = data_,
                  .used_bytes = used_bytes - used_bytes % now.record->row_bytes};
  wanted.header.set_count(wanted.count());
  if (how.share_blocks) wanted.share_with_fd = now.backing.descriptor.descriptor();
  publisher::write(wanted, named, now.settings, state_);
  if (wanted.is_shared) state_->space_guaranteed = false;
}

}  // namespace mapvec::inline v0_1::detail
