// SPDX-License-Identifier: MIT
//
// Where temporary files live and what they are called. By default a vector's file has no name at
// all, so the kernel frees it with the process, kill -9 included.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/file.hpp>

namespace mapvec::inline v0_1 {

namespace detail {
struct temporary_file_access;
}

/// Creates the files of temporary vectors. A value: copies are independent and behave the same.
///
/// The default builder makes unnamed files in the first usable of $MAPVEC_DIR, $TMPDIR, /var/tmp,
/// $XDG_CACHE_HOME/mapvec and ~/.cache/mapvec (these two are created). A $MAPVEC_DIR that cannot be
/// used is an error. The others are passed over when missing, not writable, in memory (tmpfs) or on
/// a network file system. In set-user-id programs the environment is ignored.
///
/// Files are created with mode 0600.
///
///  - Errors: `mapvec::error`, thrown when the first file is needed, except where named() says
///    otherwise; and std::bad_alloc.
///  - Invalidation: none; vectors keep a copy of their builder.
///  - Cost: constant, but named() reads the directory.
class MAPVEC_API segment_builder {
 public:
  segment_builder() noexcept = default;

  /// Files without a name in `directory`. Naming a directory is permission to use it, memory and
  /// network file systems included. Where the file system has no unnamed files (O_TMPFILE), a
  /// random name exists for the microseconds between creating and unlinking.
  static segment_builder unnamed(path_view directory);

  /// Files `mapvec-<uuid v4>.seg` in `directory`, locked, and removed with the vector. Sweeps the
  /// directory now: files of that form whose owner is dead are removed, whoever made them.
  /// Throws `error` if the directory cannot be opened.
  static segment_builder named(path_view directory);

  /// Files at the paths that `make_path` returns, one call a file; it may be called from any thread
  /// that uses the builder. The path must not exist yet (EEXIST otherwise); the file is locked, and
  /// removed with the vector.
  template <class MakePath>
    requires(!std::same_as<std::remove_cvref_t<MakePath>, segment_builder>) &&
                std::convertible_to<decltype(std::declval<std::decay_t<MakePath>&>()().c_str()),
                                    const char*>
  explicit segment_builder(MakePath&& make_path)
      : kind_(kind::callable),
        callable_(std::make_shared<std::decay_t<MakePath>>(std::forward<MakePath>(make_path))),
        call_([](void* callable) -> std::string {
          return (*static_cast<std::decay_t<MakePath>*>(callable))().c_str();
        }) {}

  /// True where the files have a name, so that a vector has a path() from its first element on.
  bool makes_names() const noexcept { return kind_ == kind::named || kind_ == kind::callable; }

 private:
  friend struct detail::temporary_file_access;
  enum class kind : unsigned char { automatic, unnamed, named, callable };

  kind kind_ = kind::automatic;
  std::string directory_;
  std::shared_ptr<void> callable_;
  std::string (*call_)(void*) = nullptr;
};

namespace detail {

/// A file that a builder made, and its path, empty while it has none.
struct temporary_file {
  file descriptor;
  std::string path;
};

/// Makes an empty file as `builder` says. Throws `error`; nothing is left behind then.
MAPVEC_API temporary_file make_temporary_file(const segment_builder& builder);

/// Removes the name, if it still belongs to the file. Errors go to the error handler.
MAPVEC_API void remove_temporary_file(const temporary_file& removed) noexcept;

}  // namespace detail
}  // namespace mapvec::inline v0_1
