// SPDX-License-Identifier: MIT
//
// Goal: see and break every system call of the library, without a change to the library.
// Method: tests link their own definition of mapvec::sys (instrumented_syscalls.cpp). Each call is
// described by a call_record and shown to the observers that are alive: a call_log keeps it, a
// fault or a refusal answers it with an errno instead of the kernel. Without an observer a call
// goes straight through. Observers may be made and used from any thread; they see the calls of all
// threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mapvec::test {

/// One name for each function of mapvec::sys that asks the kernel something.
enum class call : unsigned char {
  open,
  close,
  fstat,
  lstat,
  stat_path,
  fstatfs,
  set_no_copy_on_write,
  link_descriptor,
  link,
  rename,
  unlink,
  descriptor_path,
  fchmod,
  mkdir,
  getcwd,
  getdents,
  lock,
  fallocate,
  ftruncate,
  pwrite,
  pread,
  clone_blocks,
  fdatasync,
  fsync,
  sync_file_range,
  fadvise_dontneed,
  mmap,
  munmap,
  mremap,
  mprotect,
  madvise,
  mincore,
  cachestat,
  getrandom,
  resource_limit,
  mapped_address_bytes,
};
inline constexpr std::size_t call_kinds = static_cast<std::size_t>(call::mapped_address_bytes) + 1;

std::string_view name_of(call what);

/// One call: the arguments that it has, and what came back (-errno for a failure).
struct call_record {
  call what{};
  int fd = -1;
  std::uintptr_t address = 0;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  int flags = 0;  ///< of open, mmap, …; the kind of lock; the advice of madvise; the protection
  std::string path{};
  std::int64_t result = 0;
  bool injected = false;
};

/// Sees every call from its construction to its destruction.
class observer {
 public:
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;

  /// An errno answers the call in place of the kernel.
  virtual std::optional<int> before(const call_record&) { return std::nullopt; }
  virtual void after(const call_record&) {}

 protected:
  observer() = default;
  ~observer() = default;
  /// The first statement of a constructor's body and of a destructor: a call of another thread may
  /// reach the object between the two.
  void start();
  void stop();
};

/// Keeps all calls.
class call_log final : public observer {
 public:
  call_log() { start(); }
  ~call_log() { stop(); }
  void after(const call_record& record) override;

  std::vector<call_record> records() const;
  std::vector<call_record> records(call what) const;
  std::size_t count() const { return records().size(); }
  std::size_t count(call what) const { return records(what).size(); }
  void clear();
  /// "open 1, mmap 2", for messages.
  std::string summary() const;

 private:
  std::vector<call_record> records_;
};

/// Whether a fault goes away after one call.
enum class fault_lasts : bool { once, for_ever };

/// The errnos that the documentation of a call lists and that a program can meet; empty where the
/// call cannot fail.
const std::vector<int>& documented_errnos(call what);

/// Fails the n-th call (from 0) that can fail at all, or the n-th of one name. A fault that lasts
/// for ever fails every call from there on, of that name or of all names, each with an errno of its
/// own documentation. A failing fallocate first takes half of what was asked, as ext4 does. A
/// failing close still closes, as Linux does.
class fault final : public observer {
 public:
  /// `choice` picks from documented_errnos(), modulo their number.
  fault(std::size_t nth, std::size_t choice, fault_lasts lasts);
  fault(call what, std::size_t nth, int errno_value, fault_lasts lasts);
  ~fault() { stop(); }
  std::optional<int> before(const call_record& record) override;

  /// How many calls were failed.
  std::size_t delivered() const { return delivered_.load(); }
  /// The first call that was failed, and with what.
  std::string description() const;
  int first_errno() const { return first_errno_.load(); }

 private:
  int errno_for(call what) const;

  std::optional<call> what_;
  std::size_t nth_;
  std::size_t choice_ = 0;
  int errno_value_ = 0;
  fault_lasts lasts_;
  std::size_t seen_ = 0;
  std::string first_;
  std::atomic<std::size_t> delivered_ = 0;
  std::atomic<int> first_errno_ = 0;
};

/// What some file systems and kernels do not have.
enum class feature : unsigned char {
  unnamed_files,      ///< open with O_TMPFILE
  allocation,         ///< fallocate
  populate_for_write  ///< madvise(MADV_POPULATE_WRITE)
};

/// Answers every use of the feature with `errno_value`.
class refusal final : public observer {
 public:
  refusal(feature what, int errno_value) : what_(what), errno_value_(errno_value) { start(); }
  ~refusal() { stop(); }
  std::optional<int> before(const call_record& record) override;
  std::size_t delivered() const { return delivered_.load(); }

 private:
  feature what_;
  int errno_value_;
  std::atomic<std::size_t> delivered_ = 0;
};

/// No pwrite or pread moves more than `limit_bytes` at once.
class short_writes {
 public:
  explicit short_writes(std::size_t limit_bytes);
  ~short_writes();
  short_writes(const short_writes&) = delete;
  short_writes& operator=(const short_writes&) = delete;
};

/// Holds every pwrite of other threads back for 20 ms, so that whoever has to wait for it and does
/// not is there first.
class late_writes {
 public:
  late_writes();
  ~late_writes();
  late_writes(const late_writes&) = delete;
  late_writes& operator=(const late_writes&) = delete;
  /// True while one is held back or being done.
  static bool is_one_held();
  static void wait_until_done();
};

/// Returns from each madvise(MADV_REMOVE) 100 ms after the pages are gone, so that whoever has to
/// wait for the caller and does not is there first.
class late_removals {
 public:
  late_removals();
  ~late_removals();
  late_removals(const late_removals&) = delete;
  late_removals& operator=(const late_removals&) = delete;
  static void wait_for_one();
};

/// The addresses that mapvec::sys has mapped and not unmapped, as one sum. It always counts.
std::uint64_t library_mapped_bytes();
/// The pieces they are in.
std::size_t library_mapped_ranges();

/// A munmap or unlink that was failed on purpose leaves something behind by right. Removes it, and
/// returns how many pieces that were.
std::size_t reclaim_what_faults_left();

}  // namespace mapvec::test
