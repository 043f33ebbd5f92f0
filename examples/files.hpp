// SPDX-License-Identifier: MIT
//
// The files that a program is to read.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

/// Adds `path`, or, if it is a directory, the regular files below it that are not empty. Calls
/// skipped(path, reason) for a directory that cannot be read.
template <class Skipped>
void list_files(std::vector<std::string>& files, const std::filesystem::path& path,
                const Skipped& skipped) {
  namespace fs = std::filesystem;
  std::error_code failure, gone;  // what disappears meanwhile has never been there
  if (fs::is_regular_file(path, failure)) return files.push_back(path);
  fs::directory_iterator entry(path, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    if (entry->is_symlink(gone)) continue;  // it might lead in circles
    if (entry->is_directory(gone)) list_files(files, entry->path(), skipped);
    if (!entry->is_regular_file(gone) || entry->file_size(gone) == 0) continue;
    files.push_back(entry->path());  // of size 0 are files of the kernel that never end
  }
  if (failure) skipped(path, failure);
}
