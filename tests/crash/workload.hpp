// SPDX-License-Identifier: MIT
//
// A program that uses one file_vector, beside it temporary vectors, views and copies, and that is
// killed or loses its power now and then. What it does is decided by a seed; what it may rely on
// afterwards it notes in the trace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "crash/disk.hpp"
#include "crash/recorder.hpp"
#include "crash/trace.hpp"
#include "support/captured_errors.hpp"

namespace mapvec::test::crash {

/// Where the first file comes from.
enum class origin : unsigned char { created, persisted, numpy };

struct workload_kind {
  origin from = origin::created;
  std::size_t row_width = 0;
  bool has_unnamed_files = true;  ///< false: as on a file system without O_TMPFILE
  bool has_allocation = true;     ///< false: as on one without fallocate
  bool changes_in_place = false;
  /// A failed sync leaves the kernel believing that pages are clean which are not on the disk. The
  /// count of a failed commit is stored again; what else was stored, nobody can know of later.
  bool disk_fails = true;
};

enum class step : unsigned char {
  append,
  append_pages,
  append_range,
  resize_for_overwrite,
  shorten,
  shorten_pages,
  clear,
  reserve,
  cut,
  commit,
  refused,
  close,
  destroy,
  abandon,
  replace,
  snapshot,
  evict,
  view,
  die,
  stop,
  overwrite,
  write,
  erase,
  insert,
  assign,
};

/// No crash is needed to see that the library is wrong.
class broken_promise : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How files of this workload are opened, by itself and by who looks at its crashes.
options settings_of(const workload_kind& what);

/// What is left of a workload when it has ended.
struct recording {
  workload_kind what;
  trace events;
  content_table contents;
  std::uint64_t first_number = 0;  ///< of the values it made
  std::uint64_t end_number = 0;
  std::string failure{};  ///< what the library did wrong before any crash

  /// False for what no step put into a vector.
  bool made(element value) const {
    const std::uint64_t number = number_of(value);
    return first_number <= number && number < end_number;
  }
};

class workload {
 public:
  /// Makes its files in `directory`. Each seed has values of its own.
  workload(std::string directory, const workload_kind& what, std::uint64_t seed);
  ~workload();
  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;

  /// So many steps of any kind; or exactly these.
  recording run(std::size_t steps);
  recording run(std::span<const step> steps);

 private:
  template <class Steps>
  recording record(Steps steps);
  step any_step();
  void begin_file();
  void take(step next);
  void append();
  void append_pages();
  void append_range();
  void resize_for_overwrite();
  void shorten();
  void shorten_pages();
  void clear();
  void reserve();
  void cut();
  void commit();
  void refused();
  void check_refused(std::size_t size_before);
  void close();
  void destroy();
  void abandon();
  void replace();
  void snapshot();
  void evict();
  void view();
  void die();
  void stop();
  void overwrite();
  void write();
  void erase();
  void insert();
  void assign();

  const trace& events() const { return recorder_.events(); }
  void create();
  void persist();
  void begin_with_numpy();
  void open();
  void append(std::size_t count);
  void shorten_by(std::size_t count);
  void complete_row();
  void begin_change();
  void note_state();
  void acknowledge();
  void end_process(bool power_fails);
  std::size_t last_moment();
  bool has_synced() const;

  element next_value();
  elements next_values(std::size_t count);
  std::size_t amount();
  std::size_t whole_rows(std::size_t count) const;
  std::size_t content_now();
  vector<element> temporary_with(const elements& values);

  std::string directory_;
  std::string path_;
  options settings_;
  random_numbers random_;
  recording made_;
  recorder recorder_;
  std::optional<refusal> no_unnamed_files_;
  std::optional<refusal> no_allocation_;
  captured_errors reported_;  // such as that of a descriptor that was not closed
  std::size_t name_ = 0;
  std::size_t first_events_ = 0;  // that no death undoes
  std::size_t copies_ = 0;
  file_vector<element> vector_;
  elements expected_;
  std::size_t opened_at_ = 0;  // how many events there were
  file_view<element> view_;
};

}  // namespace mapvec::test::crash
