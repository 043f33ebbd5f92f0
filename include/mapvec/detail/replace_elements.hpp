// SPDX-License-Identifier: MIT
//
// How the elements of a file_vector are changed as a whole: into a new file, which takes the name
// of the old one when it is complete. After a crash either is there.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/options.hpp>
#include <mapvec/temporary.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1::detail {

/// Throws `error` (EINVAL), which says `verb`, if the last row is incomplete: what is changed as a
/// whole is then stored again as rows.
template <class T>
void require_whole_rows(const file_vector<T>& changed, const char* verb) {
  if (changed.size() % changed.row_width() != 0) throw_error(EINVAL, verb, changed.path());
}

/// fill(next) makes the new elements and returns true, or false where the old ones may stay.
template <class T, class Fill>
void replace_elements(file_vector<T>& changed, Fill fill) {
  const storage& old = vector_access::storage_of(std::as_const(changed));
  // Beside the old file, so that the new one can take the name without being copied.
  const std::string path = old.present_path();
  const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  const options& settings = old.settings();
  vector<T> next(options{.builder = segment_builder::unnamed(directory),
                         .reservation_bytes = settings.reservation_bytes,
                         .spill_threshold_bytes = 0,
                         .free_disk_percent = settings.free_disk_percent,
                         .copy_on_write = settings.copy_on_write});
  if (fill(next)) changed.replace(std::move(next));
}

}  // namespace mapvec::inline v0_1::detail
