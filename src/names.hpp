// SPDX-License-Identifier: MIT
//
// Names of files: making paths absolute, inventing names, opening what has one, and removing the
// right one.
#pragma once

#include <cstddef>
#include <string>

#include <mapvec/file.hpp>

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {

inline constexpr std::size_t uuid_characters = 36;

/// A random UUID, version 4 (RFC 9562, section 5.4): 122 random bits in 36 characters.
std::string make_uuid();

/// `path` from the root, so that it means the same file after the program changes its directory.
/// Throws `error` (ENOENT) if it is empty, which would else become the directory itself.
std::string absolute(const char* path);

/// REQUIRES: an absolute path.
std::string directory_of(const std::string& path);

/// True for what kernels and file systems without O_TMPFILE answer; a missing directory (ENOENT)
/// and a missing permission (EACCES) are real errors.
bool lacks_unnamed_files(int failed) noexcept;

bool is_same_file(const struct stat& left, const struct stat& right) noexcept;

/// The file at `path`, opened with `access`, O_RDONLY or O_RDWR. Throws `format_error` unless it is
/// a regular one; looks before opening, because opening a device may do something. Throws `error`.
file open_regular(const std::string& path, int access);

/// True while `path` is a name of the open file.
bool still_names(const std::string& path, int fd) noexcept;

/// The directory, open to be synced. Throws `error`.
file open_directory(const std::string& path);
/// Waits until the names in it are on the disk: 0 or -errno.
int sync_directory(const file& directory) noexcept;

/// The path the open file has now, whatever links and renames led there; empty if it has none, or
/// /proc does not tell.
std::string present_path(int fd);

/// Removes `path` while it is a name of the open file. A name that has gone, or that belongs to
/// another file by now, is none of ours; one that cannot be looked at is reported.
void remove_name(const std::string& path, int fd) noexcept;

}  // namespace mapvec::inline v0_1::detail
