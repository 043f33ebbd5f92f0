// SPDX-License-Identifier: MIT
//
// Writes the trace of what the library does to the files of one directory. Elements are stored
// through a mapping, which no system call tells of: so all of each open file is read and compared
// before and after every call, and whenever the workload asks. What happened in between counts as
// one moment.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "crash/disk.hpp"
#include "crash/trace.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test::crash {

class recorder final : public observer {
 public:
  explicit recorder(std::string directory);
  ~recorder();

  std::optional<int> before(const call_record& record) override;
  void after(const call_record& record) override;

  const trace& events() const { return events_; }
  std::size_t number_of_name(const std::string& path);

  /// What the events from now on belong to.
  void begin(operation what);
  /// Whatever is begun until the next call counts as operation::refused, or not any more.
  void refuse_from_now_on(bool refused) { refused_ = refused; }
  /// Notes what was stored since the last look.
  void look();
  void note(event_kind what, std::size_t name, std::size_t content = 0);

  /// The program dies: of the trace `events` remain, and descriptors are forgotten. The path is
  /// given a file with what the page cache then held, or none; for the disk it is the same file.
  void die_at(std::size_t events, const std::string& path);
  /// The machine stops as well: the path is given a file with `image`, or none.
  void stop_at(std::size_t events, const std::string& path, const std::optional<bytes>& image);

 private:
  struct known_file {
    int fd = -1;  // our own, so that no other file gets the same inode number
    dev_t device = 0;
    ino_t inode = 0;
    bytes content;             // as of the last look
    std::size_t openings = 0;  // descriptors of the library
  };
  static constexpr std::size_t the_directory = no_file - 1;

  void add(event made);
  /// True if something had changed.
  bool look_at(std::size_t file, bool stores_count);
  void note_write(const call_record& record);
  void note_opening(int fd, const std::string& path);
  void note_sync(const call_record& record);
  void note_name(const std::string& path);
  bool is_inside(const std::string& path) const;
  std::size_t file_of(int fd);
  std::size_t put_new_file(const std::string& path, const bytes& content);
  void rewind(std::size_t events);

  std::string directory_;
  trace events_;
  operation during_ = operation::start;
  bool refused_ = false;
  std::size_t step_ = 0;
  std::vector<known_file> files_;
  std::map<int, std::size_t> opened_;  // by the library: which file, or the directory
  std::map<std::string, std::size_t> names_;
};

/// Replaces what is at `path` by a new file, or by nothing.
void put_file(const std::string& path, const std::optional<bytes>& content);

}  // namespace mapvec::test::crash
