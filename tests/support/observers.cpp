// SPDX-License-Identifier: MIT
//
// Who looks at the system calls, and what they answer. One lock guards the list and the state of
// all observers: they are few and live shortly.
#include "support/observers.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>

namespace mapvec::test {
namespace {

std::recursive_mutex& observers_lock() {
  static std::recursive_mutex lock;
  return lock;
}

std::vector<observer*>& observers() {
  static std::vector<observer*> all;
  return all;
}

std::atomic<std::size_t> observer_count = 0;

struct call_entry {
  std::string_view name;
  std::vector<int> errnos;
};

const call_entry& entry_of(call what) {
  static const std::array<call_entry, call_kinds> entries = {{
      {"open", {EMFILE, EACCES, ENOSPC, EOPNOTSUPP}},
      {"close", {EIO, EINTR}},
      {"fstat", {EIO, ENOMEM}},
      {"lstat", {EACCES, EIO}},
      {"stat_path", {EACCES, ENOENT}},
      {"fstatfs", {EIO, ENOSYS}},
      {"set_no_copy_on_write", {EOPNOTSUPP, EPERM}},
      {"link_descriptor", {EEXIST, ENOSPC, EACCES}},
      {"link", {EEXIST, EPERM}},
      {"rename", {EEXIST, EINVAL, ENOSPC}},
      {"unlink", {EACCES, EIO}},
      {"descriptor_path", {ENOENT, EACCES}},
      {"fchmod", {EPERM, EIO}},
      {"mkdir", {EACCES, ENOSPC}},
      {"getcwd", {ENOENT, EACCES}},
      {"getdents", {EIO, ENOENT}},
      {"lock", {EAGAIN, ENOLCK}},
      {"fallocate", {ENOSPC, EIO, EDQUOT, EOPNOTSUPP}},
      {"ftruncate", {EIO, EPERM}},
      {"pwrite", {ENOSPC, EIO}},
      {"pread", {EIO, EISDIR}},
      {"clone_blocks", {EOPNOTSUPP, ENOSPC}},
      {"fdatasync", {EIO, ENOSPC}},
      {"fsync", {EIO, ENOSPC}},
      {"sync_file_range", {EIO, ENOSPC}},
      {"fadvise_dontneed", {EINVAL}},
      {"mmap", {ENOMEM, EAGAIN, EOVERFLOW}},
      {"munmap", {ENOMEM}},
      {"mremap", {ENOMEM, EAGAIN}},
      {"mprotect", {ENOMEM, EACCES}},
      {"madvise", {ENOMEM, EINVAL, EFAULT, EIO}},
      {"mincore", {ENOMEM, EAGAIN}},
      {"cachestat", {ENOSYS, EPERM}},
      {"getrandom", {ENOSYS, EAGAIN}},
      {"resource_limit", {}},
      {"mapped_address_bytes", {EACCES}},
  }};
  return entries[static_cast<std::size_t>(what)];
}

}  // namespace

std::string_view name_of(call what) { return entry_of(what).name; }

const std::vector<int>& documented_errnos(call what) { return entry_of(what).errnos; }

void observer::start() {
  const std::scoped_lock guard(observers_lock());
  observers().push_back(this);
  ++observer_count;
}

void observer::stop() {
  const std::scoped_lock guard(observers_lock());
  std::erase(observers(), this);
  --observer_count;
}

void call_log::after(const call_record& record) { records_.push_back(record); }

std::vector<call_record> call_log::records() const {
  const std::scoped_lock guard(observers_lock());
  return records_;
}

std::vector<call_record> call_log::records(call what) const {
  std::vector<call_record> result = records();
  std::erase_if(result, [what](const call_record& record) { return record.what != what; });
  return result;
}

void call_log::clear() {
  const std::scoped_lock guard(observers_lock());
  records_.clear();
}

std::string call_log::summary() const {
  std::map<std::string_view, std::size_t> counts;
  for (const call_record& record : records()) ++counts[name_of(record.what)];
  std::ostringstream text;
  for (const auto& [name, count] : counts) {
    text << (text.tellp() == 0 ? "" : ", ") << name << ' ' << count;
  }
  return text.str();
}

fault::fault(std::size_t nth, std::size_t choice, fault_lasts lasts)
    : nth_(nth), choice_(choice), lasts_(lasts) {
  start();
}

fault::fault(call what, std::size_t nth, int errno_value, fault_lasts lasts)
    : what_(what), nth_(nth), errno_value_(errno_value), lasts_(lasts) {
  start();
}

int fault::errno_for(call what) const {
  if (what_) return errno_value_;
  const std::vector<int>& choices = documented_errnos(what);
  return choices[choice_ % choices.size()];
}

std::optional<int> fault::before(const call_record& record) {
  const bool concerned = what_ ? record.what == *what_ : !documented_errnos(record.what).empty();
  if (!concerned) return std::nullopt;
  const std::size_t index = seen_++;
  const bool due = lasts_ == fault_lasts::once ? index == nth_ : index >= nth_;
  if (!due) return std::nullopt;
  const int errno_value = errno_for(record.what);
  if (delivered_++ == 0) {
    first_errno_ = errno_value;
    first_ = "call " + std::to_string(index) + ", " + std::string(name_of(record.what)) + ": " +
             std::generic_category().message(errno_value) +
             (lasts_ == fault_lasts::once ? ", once" : ", for ever");
  }
  return errno_value;
}

std::string fault::description() const {
  const std::scoped_lock guard(observers_lock());
  return first_.empty() ? "no fault was delivered" : first_;
}

std::optional<int> refusal::before(const call_record& record) {
  bool concerned = false;
  switch (what_) {
    case feature::unnamed_files:
      concerned = record.what == call::open && (record.flags & O_TMPFILE) == O_TMPFILE;
      break;
    case feature::allocation:
      concerned = record.what == call::fallocate;
      break;
    case feature::populate_for_write:
      concerned = record.what == call::madvise && record.flags == MADV_POPULATE_WRITE;
      break;
  }
  if (!concerned) return std::nullopt;
  ++delivered_;
  return errno_value_;
}

namespace detail {

bool somebody_observes() { return observer_count.load(std::memory_order_relaxed) != 0; }

std::optional<int> ask_observers(const call_record& record) {
  const std::scoped_lock guard(observers_lock());
  for (observer* each : observers()) {
    if (const std::optional<int> answer = each->before(record)) return answer;
  }
  return std::nullopt;
}

void tell_observers(const call_record& record) {
  const std::scoped_lock guard(observers_lock());
  for (observer* each : observers()) each->after(record);
}

}  // namespace detail
}  // namespace mapvec::test
