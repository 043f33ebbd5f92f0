// SPDX-License-Identifier: MIT
//
// Elements by reference: a few bytes that say which file they are in, for handing them to another
// process instead of sending them.
//
//   queue.send(to_text(mapvec::reference_to(rows)));
//   auto view = mapvec::open_reference<row>(from_text(queue.receive()));
//
// to_text and from_text are the program's own, for example json(reference).dump() and back.
// The adapters in serialize/ write references as they write any struct of their library.
//
//  - Errors: open_reference says what it throws, the others std::bad_alloc.
//  - Invalidation: none; a reference is a value.
//  - Cost: constant, opening as file_view::open().
#pragma once

#include <cstdint>
#include <string>

#include <mapvec/config.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/options.hpp>

namespace mapvec::inline v0_1 {

struct file_reference {
  std::string path;         ///< from the root
  std::uint64_t count = 0;  ///< elements that are committed
  std::string dtype;        ///< as in the file's header: '<f8', [('id', '<i4')]

  friend bool operator==(const file_reference&, const file_reference&) = default;
};

/// To what is committed; commit() first if that is not all. It holds as long as the file has its
/// name and is not cut. REQUIRES: elements.is_open().
template <class T>
file_reference reference_to(const file_vector<T>& elements) {
  MAPVEC_ASSERT(elements.is_open());
  return {elements.path(), elements.committed_size(), detail::format_of<T>().dtype};
}
/// To what the view shows. REQUIRES: elements.is_open().
template <class T>
file_reference reference_to(const file_view<T>& elements) {
  MAPVEC_ASSERT(elements.is_open());
  return {elements.path(), elements.size(), detail::format_of<T>().dtype};
}

/// A view of at least the elements that were meant: of more, if the file has grown since. Throws
/// `error`; `format_error` where they are no T, the file has become shorter, or the path holds a
/// zero byte, before which the kernel would stop; and what file_view::open() throws.
template <class T>
file_view<T> open_reference(const file_reference& to, const options& settings = {}) {
  const std::string dtype = detail::format_of<T>().dtype;
  if (to.path.find('\0') != std::string::npos) {
    throw format_error(to.path, "a zero byte in the path", "none");
  }
  if (to.dtype != dtype) throw format_error(to.path, "elements " + to.dtype, dtype);
  auto view = file_view<T>::open(to.path, settings);
  if (view.size() < to.count) {
    throw format_error(to.path, std::to_string(view.size()) + " elements",
                       std::to_string(to.count));
  }
  return view;
}

}  // namespace mapvec::inline v0_1
