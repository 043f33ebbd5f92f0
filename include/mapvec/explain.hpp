// SPDX-License-Identifier: MIT
//
// What a vector or a memory_resource is and holds at this moment, in words, for people who wonder
// where memory and disk have gone:
//
//   std::puts(mapvec::explain(rows).c_str());
//
//   mapvec::file_vector
//   name: "/data/rows.npy"
//   elements: 1000000 of 16 bytes, 16000000 bytes
//   committed: 990000 elements
//   capacity: 1048568 elements
//   reservation: 274877906944 bytes
//   advice: normal
//   budget: none
//   file system: ext4 (or ext2, ext3)
//   on disk: 16777216 bytes; overwriting never runs out of space
//   in memory: 16777216 bytes; dirty: 163840 bytes; being written back: 0 bytes
//   mapped by this process: 16384000 bytes, 14680064 of them by pages of 2 MiB
//   locks: the writer's
//
//  - What the kernel does not tell is "not known", with the reason. Nothing fails but memory.
//  - A memory_resource has "blocks", its used_bytes(), instead of elements, committed and capacity.
//    In a forked child it says that it is inherited, and nothing more.
//  - Memory is that of the page cache, whoever brought it in; on overlayfs, what mincore(2) finds.
//    A folio that is smaller than 2 MiB shows in no count of the kernel; nor does one of 2 MiB that
//    is mapped page by page.
//  - The lines are for people: their words may change.
//  - Errors: std::bad_alloc.
//  - Invalidation: none; for whoever may call const functions.
//  - Cost: some seven system calls, and reading /proc/self/smaps: the kernel walks through all page
//    tables of the process for it, some 30 ms for a gigabyte that is mapped by pages of 4 KiB.
//    Before Linux 6.5 one call more for each 16 MiB.
#pragma once

#include <cstddef>
#include <string>

#include <mapvec/config.hpp>
#include <mapvec/detail/vector_base.hpp>
#include <mapvec/detail/view_storage.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/memory_resource.hpp>
#include <mapvec/storage.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

struct explained_elements {
  std::size_t count;
  std::size_t size_bytes;  // of each
};

MAPVEC_API std::string explain(const storage& held, explained_elements elements, lifetime how_long);
MAPVEC_API std::string explain(const view_storage& held, explained_elements elements);

}  // namespace detail

/// What a vector is and holds now, a line for each fact.
template <class T>
std::string explain(const vector<T>& elements) {
  return detail::explain(detail::vector_access::storage_of(elements), {elements.size(), sizeof(T)},
                         detail::lifetime::temporary);
}
template <class T>
std::string explain(const file_vector<T>& elements) {
  return detail::explain(detail::vector_access::storage_of(elements), {elements.size(), sizeof(T)},
                         detail::lifetime::persistent);
}
template <class T>
std::string explain(const file_view<T>& elements) {
  return detail::explain(detail::vector_access::storage_of(elements), {elements.size(), sizeof(T)});
}
MAPVEC_API std::string explain(const memory_resource& memory);

}  // namespace mapvec::inline v0_1
