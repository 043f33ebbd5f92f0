// SPDX-License-Identifier: MIT
//
// The name of a file that gets it when it is complete, so that nobody ever sees half of it.
#pragma once

#include <string>

#include <mapvec/file.hpp>

namespace mapvec::inline v0_1::detail {

class pending_name {
 public:
  /// Throws `error` where the current directory of a relative path cannot be found.
  explicit pending_name(const char* path);
  pending_name(const pending_name&) = delete;
  pending_name& operator=(const pending_name&) = delete;
  /// Removes the hidden name that make() may have needed, unless it was published.
  ~pending_name();

  const std::string& path() const noexcept { return path_; }

  /// Throws `error` (EEXIST) if the name is taken, before a byte is copied; publish() looks again.
  void require_free() const;

  /// An empty file for reading and writing beside the path: without a name where the file system
  /// has such files, else under a hidden random one. Its mode is `permissions` without what the
  /// umask forbids. Throws `error`.
  file make(unsigned permissions);

  /// Gives `complete` its name, in place of `present_name` if it has one already (empty otherwise),
  /// and syncs the directory. The name must be free (EEXIST). Throws `error`; the file then has the
  /// name it had before, or none. A directory that may not be read cannot be synced, and is
  /// refused.
  void publish(const file& complete, const std::string& present_name = {});

  /// The same, and takes the name from whatever has it, at one instant. Throws `error` and changes
  /// nothing; or returns what syncing the directory said (0 or -errno), when nobody can go back.
  int publish_over(const file& complete, const std::string& present_name = {});

 private:
  std::string path_;
  std::string directory_;  // all that a publication needs, so that nothing is allocated after it
  std::string hidden_;     // to be removed; empty where there is none
};

}  // namespace mapvec::inline v0_1::detail
