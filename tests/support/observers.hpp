// SPDX-License-Identifier: MIT
//
// The inside of the instrumented system calls: the list of observers, and the ledger of what is
// mapped. Only the files of tests/support include this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "support/instrumented_syscalls.hpp"

namespace mapvec::test::detail {

/// False while nobody looks: then a call takes no lock, which could hide a data race.
bool somebody_observes();
/// The errno of the first observer that answers in place of the kernel.
std::optional<int> ask_observers(const call_record& record);
void tell_observers(const call_record& record);

void note_mapped(std::uintptr_t address, std::uint64_t size_bytes);
void note_unmapped(std::uintptr_t address, std::uint64_t size_bytes);
void note_failed_unmap(std::uintptr_t address, std::uint64_t size_bytes);
void note_failed_unlink(const char* path);

/// The largest pwrite that is allowed now.
std::size_t write_limit_bytes();
/// Around a pwrite: its construction takes as long as late_writes holds this thread back, if it
/// does.
class late_write {
 public:
  late_write();
  ~late_write();
  late_write(const late_write&) = delete;
  late_write& operator=(const late_write&) = delete;

 private:
  bool is_late_;
};

/// Behind madvise(MADV_REMOVE): takes as long as late_removals says.
void after_removal();

}  // namespace mapvec::test::detail
