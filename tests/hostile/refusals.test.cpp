// SPDX-License-Identifier: MIT
//
// Goal: what is no file of ours to open or to make is refused at once, with a message that says
// why, and is left as it was; what only looks odd opens. Method: each is tried in a child that an
// alarm would kill; owner, mode, size, time, bytes and the directory are compared afterwards. How
// long the slowest took is printed at the end.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "hostile/base_files.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

/// All there is to see of an entry of a directory.
struct entry_looks {
  std::string name;
  mode_t mode;
  uid_t owner;
  std::array<std::int64_t, 5> numbers;  // inode, size, blocks, time
  std::string content;

  friend bool operator==(const entry_looks&, const entry_looks&) = default;
};

std::vector<entry_looks> everything_in(const std::string& directory) {
  std::vector<entry_looks> seen;
  for (const std::string& name : names_in(directory)) {
    const std::string path = directory + '/' + name;
    struct stat found{};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    std::string content;
    if (S_ISREG(found.st_mode)) content = contents_of(path);
    if (S_ISLNK(found.st_mode)) content = std::filesystem::read_symlink(path).string();
    seen.push_back({name,
                    found.st_mode,
                    found.st_uid,
                    {static_cast<std::int64_t>(found.st_ino), found.st_size, found.st_blocks,
                     found.st_mtim.tv_sec, found.st_mtim.tv_nsec},
                    content});
  }
  return seen;
}

/// How long refusals took, also those of the children: the memory is shared. For printing alone, as
/// a clock proves nothing on a busy machine. Taken names have a figure of their own: it would be
/// the slowest by far if they showed only when the new file, complete and on the disk, is to get
/// one.
class refusal_times final : public ::testing::Environment {
  struct totals {
    std::atomic<std::size_t> count = 0;
    std::atomic<std::int64_t> slowest_ns = 0;

    double slowest_ms() const { return static_cast<double>(slowest_ns) / 1e6; }
  };
  struct both_totals {
    totals taken_names;
    totals others;
  };

 public:
  void note(std::chrono::nanoseconds taken, int errno_value = 0) {
    totals& sum = errno_value == EEXIST ? all_->taken_names : all_->others;
    ++sum.count;
    std::int64_t slowest = sum.slowest_ns;
    while (slowest < taken.count() &&
           !sum.slowest_ns.compare_exchange_weak(slowest, taken.count())) {
    }
  }
  void TearDown() override {
    std::printf("slowest of %zu refusals: %.1f ms; of %zu for a taken name: %.1f ms\n",
                all_->others.count.load(), all_->others.slowest_ms(),
                all_->taken_names.count.load(), all_->taken_names.slowest_ms());
  }

 private:
  both_totals* all_ = new (::mmap(nullptr, sizeof(both_totals), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0)) both_totals;
};

auto* const times = new refusal_times;  // which GoogleTest deletes
[[maybe_unused]] auto* const registered = ::testing::AddGlobalTestEnvironment(times);

/// What an attempt came to: "error ENOENT …", "format_error …", or "" for a success.
std::string outcome_of(const std::function<void()>& attempt) {
  const auto start = std::chrono::steady_clock::now();
  const auto note = [&](int errno_value = 0) {
    times->note(std::chrono::steady_clock::now() - start, errno_value);
  };
  try {
    attempt();
  } catch (const format_error& thrown) {
    note();
    return std::string("format_error ") + thrown.what();
  } catch (const error& thrown) {
    note(thrown.code().value());
    return "error " + std::to_string(thrown.code().value()) + ' ' + thrown.what();
  } catch (const std::length_error& thrown) {
    note();
    return std::string("exception ") + thrown.what();
  } catch (const std::exception& thrown) {
    return std::string("exception ") + thrown.what();
  }
  return {};
}

std::string errno_text(int value) { return "error " + std::to_string(value) + ' '; }

class refusals : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_ / name; }

  std::string make(const std::string& name, const std::string& bytes) const {
    write_contents(path(name), bytes);
    return path(name);
  }

  /// The attempt ends in what begins with `kind` and tells of `reason`, soon, and changes nothing.
  void expect_refused(const std::function<void()>& attempt, const std::string& kind,
                      const std::string& reason) const {
    const auto before = everything_in(directory_.path());
    EXPECT_EQ(in_child([&] {
                ::alarm(10);
                const std::string outcome = outcome_of(attempt);
                require(outcome.starts_with(kind), "'" + outcome + "' is no " + kind);
                require(outcome.find(reason) != outcome.npos,
                        "'" + outcome + "' without " + reason);
              }),
              "exit 0")
        << kind << ": " << reason;
    EXPECT_TRUE(everything_in(directory_.path()) == before) << "something was touched: " << reason;
  }

  /// Neither a writer nor a view takes it for a file of T.
  template <class T>
  void expect_no_file_of(const std::string& name, const std::string& kind,
                         const std::string& reason, const options& settings = {}) const {
    expect_refused([&] { file_vector<T>::open(path(name), settings); }, kind, reason);
    expect_refused([&] { file_view<T>::open(path(name), settings); }, kind, reason);
  }

  /// As before, and the message says what was found and what was asked for.
  template <class T>
  void expect_format_error(const std::string& name, const std::string& stored,
                           const std::string& asked, const options& settings = {}) const {
    expect_no_file_of<T>(name, "format_error mapvec: " + path(name), stored, settings);
    expect_no_file_of<T>(name, "format_error", asked, settings);
  }

  scratch_directory directory_;
};

// --- what is no file ---------------------------------------------------------------------------

TEST_F(refusals, a_fifo_is_not_waited_for) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0666), 0);
  expect_format_error<double>("fifo", "something else", "a regular file");
}

TEST_F(refusals, a_directory) {
  ASSERT_EQ(::mkdir(path("directory").c_str(), 0777), 0);
  expect_format_error<double>("directory", "something else", "a regular file");
  expect_format_error<double>("directory/", "something else", "a regular file");
}

TEST_F(refusals, a_socket) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  expect_format_error<double>("socket", "something else", "a regular file");
  ::close(fd);
}

TEST_F(refusals, a_device_is_not_even_opened) {
  std::vector<std::string> devices = {"/dev/null", "/dev/zero", "/dev/tty"};
  const auto make_node = [&](const char* name, mode_t kind, unsigned major, unsigned minor) {
    if (::mknod(path(name).c_str(), kind | 0666, makedev(major, minor)) != 0) return;
    devices.push_back(path(name));
  };
  make_node("character", S_IFCHR, 1, 5);
  make_node("block", S_IFBLK, 7, 0);
  make_node("no_driver", S_IFCHR, 240, 77);
  EXPECT_EQ(devices.size(), is_root() ? 6U : 3U);
  for (const std::string& device : devices) {
    const auto try_both = [&] {
      const call_log log;
      const std::string by_writer = outcome_of([&] { file_vector<double>::open(device); });
      const std::string by_view = outcome_of([&] { file_view<double>::open(device); });
      require(log.count(call::open) == 0, "it was opened");
      require(by_writer == by_view, by_writer);
      throw std::runtime_error(by_writer.substr(by_writer.find("mapvec")));
    };
    expect_refused(try_both, "exception", "something else, asked for a regular file");
  }
}

/// Puts something else in a file's place between the look at it and its opening.
class swaps_at_open final : public observer {
 public:
  swaps_at_open(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {
    start();
  }
  ~swaps_at_open() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what == call::open) ::rename(from_.c_str(), to_.c_str());
    return std::nullopt;
  }

 private:
  std::string from_;
  std::string to_;
};

TEST_F(refusals, what_becomes_a_fifo_just_before_it_is_opened) {
  for (const bool by_view : {false, true}) {
    make("file", header_of({}) + numbered_bytes(80));
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0666), 0);
    EXPECT_EQ(in_child([&] {
                ::alarm(10);
                const swaps_at_open swap(path("fifo"), path("file"));
                const std::string outcome = outcome_of([&] {
                  if (by_view) {
                    file_view<double>::open(path("file"));
                  } else {
                    file_vector<double>::open(path("file"));
                  }
                });
                require(outcome.starts_with("format_error"), outcome);
              }),
              "exit 0");
    EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{"file"});
    std::filesystem::remove(path("file"));
  }
}

TEST_F(refusals, files_that_the_kernel_makes_up) {
  for (const std::string name : {"/proc/self/status", "/proc/self/mem", "/proc/kmsg"}) {
    if (::access(name.c_str(), R_OK) != 0) continue;  // kmsg is for root, and would keep us waiting
    EXPECT_EQ(in_child([&] {
                ::alarm(10);
                require(!outcome_of([&] { file_view<double>::open(name); }).empty(), "a view");
                require(!outcome_of([&] { file_vector<double>::open(name); }).empty(), "a vector");
              }),
              "exit 0")
        << name;
  }
}

TEST_F(refusals, paths_that_lead_nowhere) {
  make("file", header_of({}));
  ASSERT_EQ(::symlink("nothing", path("dangling").c_str()), 0);
  ASSERT_EQ(::symlink("circle", path("circle").c_str()), 0);
  expect_no_file_of<double>("nothing", errno_text(ENOENT), "cannot open");
  expect_no_file_of<double>("dangling", errno_text(ENOENT), path("dangling"));
  expect_no_file_of<double>("circle", errno_text(ELOOP), path("circle"));
  expect_no_file_of<double>("file/below", errno_text(ENOTDIR), path("file/below"));
  expect_no_file_of<double>(std::string(300, 'x'), errno_text(ENAMETOOLONG), "cannot open");
  expect_refused([] { file_vector<double>::open(""); }, errno_text(ENOENT), "without a name");
  expect_refused([] { file_view<double>::open(""); }, errno_text(ENOENT), "without a name");
  expect_refused([] { file_vector<double>::create(""); }, errno_text(ENOENT), "without a name");
}

// --- making ------------------------------------------------------------------------------------

TEST_F(refusals, creating_over_whatever_has_the_name) {
  make("file", "somebody's");
  make("array", header_of({}) + numbered_bytes(80));
  ASSERT_EQ(::symlink("file", path("link").c_str()), 0);
  ASSERT_EQ(::symlink("nothing", path("dangling").c_str()), 0);
  ASSERT_EQ(::symlink("/nowhere/at/all", path("far").c_str()), 0);
  ASSERT_EQ(::mkdir(path("directory").c_str(), 0777), 0);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0666), 0);
  for (const char* name : {"file", "array", "link", "dangling", "far", "directory", "fifo"}) {
    expect_refused([&] { file_vector<double>::create(path(name)); }, errno_text(EEXIST), name);
    expect_refused(
        [&] {
          vector<double> elements(5);
          persist(std::move(elements), path(name));
        },
        errno_text(EEXIST), name);
    expect_refused(
        [&] {
          const auto held = file_vector<double>::open(path("array"));
          held.snapshot(path(name));
        },
        errno_text(EEXIST), name);
  }
  expect_refused([&] { file_vector<double>::create(path("no/such/folder")); }, errno_text(ENOENT),
                 path("no/such/folder"));
  expect_refused([&] { file_vector<double>::open_or_create(path("fifo")); }, "format_error",
                 "a regular file");
  expect_refused([&] { file_vector<double>::open_or_create(path("file")); }, "format_error",
                 "no .npy header");
  expect_refused([&] { file_vector<double>::open_or_create(path("dangling")); }, errno_text(EEXIST),
                 "dangling");
}

// --- a second writer ---------------------------------------------------------------------------

TEST_F(refusals, a_second_writer_in_the_same_process) {
  auto writer = file_vector<double>::create(path("file"));
  writer.push_back(1);
  writer.commit();
  const std::string me = "(process " + std::to_string(::getpid()) + ")";
  for (const bool create : {false, true}) {
    const auto before = everything_in(directory_.path());
    const std::string outcome = outcome_of([&] {
      if (create) {
        file_vector<double>::open_or_create(path("file"));
      } else {
        file_vector<double>::open(path("file"));
      }
    });
    EXPECT_TRUE(outcome.starts_with(errno_text(EBUSY))) << outcome;
    EXPECT_NE(outcome.find(me), outcome.npos) << outcome;
    EXPECT_TRUE(everything_in(directory_.path()) == before) << "something was touched";
  }
  writer.push_back(2);
  writer.commit();
  EXPECT_EQ(file_view<double>::open(path("file")).size(), 2U);
  writer.close();
  EXPECT_EQ(file_vector<double>::open(path("file")).size(), 2U) << "and the lock is gone";
}

TEST_F(refusals, a_second_writer_in_another_process) {
  const std::string file = path("file");
  running_child first([&](const std::function<void()>& ready) {
    auto writer = file_vector<double>::create(file);
    writer.push_back(1);
    writer.commit();
    ready();
    for (;;) ::pause();
  });
  ASSERT_TRUE(first.wait_until_ready());
  const std::string holder = "(process " + std::to_string(first.pid()) + ")";
  expect_refused([&] { file_vector<double>::open(file); }, errno_text(EBUSY), holder);
  ASSERT_EQ(::symlink("file", path("link").c_str()), 0);
  ASSERT_EQ(::link(file.c_str(), path("twin").c_str()), 0);
  expect_refused([&] { file_vector<double>::open(path("link")); }, errno_text(EBUSY), holder);
  expect_refused([&] { file_vector<double>::open(path("twin")); }, errno_text(EBUSY), holder);
  EXPECT_EQ(file_view<double>::open(file).size(), 1U) << "readers may";
  first.kill_now();
  EXPECT_EQ(file_vector<double>::open(file).size(), 1U) << "its death sets the file free";
}

// --- files of others ---------------------------------------------------------------------------

TEST_F(refusals, two_arrays_in_one_file) {
  const std::string one = header_of({}) + numbered_bytes(80);
  const std::string two = header_of({.dtype = "'<i4'", .shape = "(2,)"}) + numbered_bytes(8);
  make("both", one + two);
  const std::string ours = [&] {
    {
      file_vector<double>::create(path("ours")).push_back(1.5);
    }
    return contents_of(path("ours"));
  }();
  make("ours", ours + two);
  make("foreign", one + "tail");
  for (const std::string name : {"both", "ours", "foreign"}) {
    const std::string before = contents_of(path(name));
    expect_refused([&] { file_vector<double>::open(path(name)); }, "format_error",
                   " bytes behind the elements");
    expect_refused([&] { file_vector<double>::open(path(name)); }, "format_error",
                   "options::discard_tail");
    const std::size_t count = name == "ours" ? 1 : 10;
    EXPECT_EQ(file_view<double>::open(path(name)).size(), count) << "as NumPy does";
    {
      const auto opened = file_vector<double>::open(path(name), {.discard_tail = true});
      EXPECT_EQ(opened.size(), count);
      EXPECT_EQ(opened.capacity(), count) << "the tail is nothing to write into";
    }
    EXPECT_EQ(contents_of(path(name)), before) << "opened and closed, not written";
    {
      auto opened = file_vector<double>::open(path(name), {.discard_tail = true});
      opened.push_back(2.5);
    }
    EXPECT_EQ(contents_of(path(name)).size(), 128 + (count + 1) * 8) << "dropped by the write";
    const auto view = file_view<double>::open(path(name));
    EXPECT_EQ(view.size(), count + 1);
    EXPECT_EQ(view.back(), 2.5);
  }
}

TEST_F(refusals, a_bool_that_is_two) {
  std::string bools = numbered_bytes(100'000, true);
  bools[99'999] = 2;
  make("bools", header_of({.dtype = "'|b1'", .shape = "(100000,)"}) + bools);
  expect_format_error<bool>("bools", "a bool that is neither 0 nor 1", "values of their type");
  std::string counted = bools;
  make("behind", header_of({.dtype = "'|b1'", .shape = "(99999,)"}) + bools);
  EXPECT_EQ(file_view<bool>::open(path("behind")).size(), 99'999U) << "the 2 is no element";

  std::string structs = measurements(3000);
  structs[2999 * sizeof(measurement) + offsetof(measurement, valid)] = '\xFF';
  make("structs", header_of({.dtype = measurement_dtype, .shape = "(3000,)"}) + structs);
  expect_format_error<measurement>("structs", "a bool that is neither 0 nor 1",
                                   "values of their type");

  bools = numbered_bytes(60, true);
  bools[33] = 2;
  make("arrays", header_of({.dtype = "'|b1'", .shape = "(20, 3)"}) + bools);
  expect_format_error<std::array<bool, 3>>("arrays", "a bool that is neither 0 nor 1",
                                           "values of their type");
  expect_format_error<bool>("arrays", "a bool that is neither 0 nor 1", "values of their type",
                            {.row_width = 3});
}

TEST_F(refusals, a_file_that_is_too_short) {
  make("file", header_of({.shape = "(11,)"}) + numbered_bytes(87));
  expect_format_error<double>("file", "87 bytes of elements", "11 times 8 bytes");
  make("rows", header_of({.shape = "(4, 3)"}) + numbered_bytes(95));
  expect_format_error<std::array<double, 3>>("rows", "95 bytes of elements", "4 times 24 bytes");
  make("wraps", header_of({.shape = "(2305843009213693952,)"}) + numbered_bytes(80));
  expect_format_error<double>("wraps", "80 bytes of elements", "2305843009213693952 times 8 bytes");
}

TEST_F(refusals, other_elements_than_asked_for) {
  make("doubles", header_of({}) + numbered_bytes(80));
  expect_format_error<float>("doubles", "'<f8'", "'<f4'");
  expect_format_error<std::int64_t>("doubles", "'<f8'", "'<i8'");
  expect_format_error<std::array<char, 8>>("doubles", "'<f8'", "'|S8'");
  expect_format_error<measurement>("doubles", "'<f8'", std::string(measurement_dtype));
  expect_format_error<double>("doubles", "shape (N,)", "shape (N, 1)", {.row_width = 1});
  make("rows", header_of({.shape = "(5, 2)"}) + numbered_bytes(80));
  expect_format_error<double>("rows", "shape (N, 2)", "shape (N,)");
  expect_format_error<double>("rows", "shape (N, 2)", "shape (N, 3)", {.row_width = 3});
  expect_format_error<std::array<double, 1>>("rows", "shape (N, 2)", "shape (N, 1)");
  expect_format_error<std::array<std::array<double, 1>, 2>>("rows", "shape (N, 2)",
                                                            "shape (N, 2, 1)");
  make("deep", header_of({.shape = "(5, 2, 1)"}) + numbered_bytes(80));
  expect_format_error<double>("deep", "shape (N, 2, 1)", "rows", {.row_width = any_row_width});
  make("scalar", header_of({.shape = "()"}) + numbered_bytes(8));
  expect_format_error<double>("scalar", "the shape ()", "one extent or more");
  make("times", header_of({.dtype = "'<M8[us]'"}) + numbered_bytes(80));
  expect_format_error<std::chrono::sys_time<std::chrono::nanoseconds>>("times", "'<M8[us]'",
                                                                       "'<M8[ns]'");
  make("fields", header_of({.dtype = "[('id', '<i4'), ('value', '<f8')]"}) + numbered_bytes(120));
  expect_format_error<measurement>("fields", "('id', '<i4'), ('value', '<f8')", "('valid', '|b1')");
}

TEST_F(refusals, elements_no_program_here_can_use) {
  make("big", header_of({.dtype = "'>f8'"}) + numbered_bytes(80));
  expect_format_error<double>("big", "big-endian elements (dtype '>f8')", "little-endian");
  make("big_field", header_of({.dtype = "[('id', '>i4')]"}) + numbered_bytes(80));
  expect_format_error<std::int32_t>("big_field", "big-endian", "little-endian");
  make("fortran", header_of({.shape = "(5, 2)", .fortran_order = "True"}) + numbered_bytes(80));
  expect_format_error<std::array<double, 2>>("fortran", "Fortran order", "ascontiguousarray");
  expect_format_error<double>("fortran", "Fortran order", "C order", {.row_width = 2});
  make("objects", header_of({.dtype = "'|O'"}) + numbered_bytes(80));
  expect_format_error<double>("objects", "Python objects", "plain values");
  make("misaligned", header_of({.multiple_bytes = 1, .room_digits = 0}) + numbered_bytes(80));
  expect_format_error<double>("misaligned", "elements from byte 69", "a multiple of 8");
}

TEST_F(refusals, a_header_without_room_to_grow) {
  // What np.save of NumPy 1.13 writes: padded to a multiple of 16, which here leaves nothing.
  const header_parts tight{.multiple_bytes = 16, .room_digits = 0};
  ASSERT_EQ(header_of(tight).size(), 80U);
  make("old", header_of(tight) + numbered_bytes(80));
  expect_refused([&] { file_vector<double>::open(path("old")); }, "format_error",
                 "a header without room");
  expect_refused([&] { file_vector<double>::open(path("old")); }, "format_error", "room for it");
  EXPECT_EQ(file_view<double>::open(path("old")).size(), 10U) << "it can be read";
}

TEST_F(refusals, what_is_no_array_at_all) {
  make("empty", "");
  expect_format_error<double>("empty", "only 0 bytes of a .npy header", "at least 10");
  make("text", "id,value\n1,2.5\n2,3.5\n");
  expect_format_error<double>("text", "no .npy header", "a file that begins with \\x93NUMPY");
  make("zip", "PK\x03\x04" + std::string(100, 'x'));
  expect_format_error<double>("zip", "no .npy header", "a file that begins with \\x93NUMPY");
  make("magic", "\x93NUMPY");
  expect_format_error<double>("magic", "only 6 bytes of a .npy header", "at least 10");
  make("zeros", std::string(4096, '\0'));
  expect_format_error<double>("zeros", "no .npy header", "a file that begins with \\x93NUMPY");
  make("version", std::string("\x93NUMPY\x04\x00v\x00", 10) + header_of({}).substr(10));
  expect_format_error<double>("version", "version 4.0 of the .npy format", "1.0, 2.0 or 3.0");
  make("long", header_of({.multiple_bytes = 10'112}));
  expect_format_error<double>("long", "a .npy header of 10102 bytes", "at most 10000");
}

TEST_F(refusals, a_file_larger_than_the_reservation) {
  make("file", header_of({.shape = "(300000,)"}) + std::string(2'400'000, '\0'));
  const options small{.reservation_bytes = 2 * MiB};
  expect_no_file_of<double>("file", "exception", "options::reservation_bytes", small);
}

TEST_F(refusals, making_a_file_larger_than_the_reservation) {
  // On another file system than the vectors, so that the elements have to be copied.
  const scratch_directory in_memory("/dev/shm");
  const options small{.reservation_bytes = 2 * MiB};
  EXPECT_EQ(in_child([&] {
              vector<double> large(300'000, 1.5);
              const std::string outcome =
                  outcome_of([&] { persist(std::move(large), in_memory / "file", small); });
              require(outcome.starts_with("exception"), "'" + outcome + "'");
              require(large.size() == 300'000 && large.back() == 1.5, "it lost its elements");
            }),
            "exit 0");
  EXPECT_EQ(names_in(in_memory.path()), std::vector<std::string>{});
  EXPECT_EQ(in_child([&] {
              auto held = file_vector<double>::create(in_memory / "file", small);
              held.push_back(2.5);
              held.commit();
              vector<double> large(300'000, 1.5);
              const std::string outcome = outcome_of([&] { held.replace(std::move(large)); });
              require(outcome.starts_with("exception"), "'" + outcome + "'");
              require(large.size() == 300'000 && large.back() == 1.5, "it lost its elements");
              require(held.size() == 1 && held.back() == 2.5, "it has other elements");
            }),
            "exit 0");
  EXPECT_EQ(names_in(in_memory.path()), std::vector<std::string>{"file"});
  EXPECT_EQ(file_view<double>::open(in_memory / "file").size(), 1U);
}

TEST_F(refusals, a_tail_larger_than_the_reservation) {
  const std::string ours = [&] {
    {
      file_vector<double>::create(path("file")).push_back(1.5);
    }
    return contents_of(path("file"));
  }();
  make("file", ours + std::string(5 * MiB, 'x'));
  // Keeps the writer from cutting the tail away.
  const auto view = file_view<double>::open(path("file"));
  EXPECT_EQ(in_child([&] {
              const options small{.reservation_bytes = 2 * MiB};
              auto writer = file_vector<double>::open(path("file"), small);
              std::string outcome;
              while (outcome.empty()) outcome = outcome_of([&] { writer.push_back(2.5); });
              require(outcome.starts_with("exception"), "'" + outcome + "'");
              require(128 + writer.size() * sizeof(double) == 2 * MiB, "it is not full");
              writer.commit();
            }),
            "exit 0");
  const auto after = file_view<double>::open(path("file"));
  EXPECT_EQ(after.size(), (2 * MiB - 128) / sizeof(double));
  EXPECT_EQ(after.front(), 1.5);
  EXPECT_EQ(after.back(), 2.5);
}

TEST_F(refusals, a_file_larger_than_all_addresses) {
  // 800 TB of holes; only a file system in memory takes such a size.
  const scratch_directory in_memory("/dev/shm");
  const std::string file = in_memory / "file";
  const std::string header = header_of({.shape = "(100000000000000,)"});
  write_contents(file, header);
  ASSERT_EQ(::truncate(file.c_str(), 128 + 800'000'000'000'000), 0);
  for (const bool by_view : {false, true}) {
    EXPECT_EQ(in_child([&] {
                ::alarm(10);
                const std::string outcome = outcome_of([&] {
                  if (by_view) {
                    file_view<double>::open(file);
                  } else {
                    file_vector<double>::open(file);
                  }
                });
                require(outcome.starts_with(errno_text(ENOMEM)), "'" + outcome + "'");
              }),
              "exit 0");
  }
  EXPECT_EQ(std::filesystem::file_size(file), 800'000'000'000'128U);
  ASSERT_EQ(::truncate(file.c_str(), 128), 0);
  EXPECT_EQ(contents_of(file), header);
}

TEST_F(refusals, writing_to_a_file_system_that_is_read_only) {
  const private_mount mount = private_mount::tmpfs(1 * MiB);
  if (!mount.is_mounted()) GTEST_SKIP() << mount.why_not();
  const std::string file = mount.path() + "/file";
  write_contents(file, header_of({}) + numbered_bytes(80));
  ASSERT_EQ(::mount(nullptr, mount.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_EQ(file_view<double>::open(file).size(), 10U) << "archives can be read";
  const std::string reason = errno_text(EROFS);
  EXPECT_TRUE(outcome_of([&] { file_vector<double>::open(file); }).starts_with(reason));
  EXPECT_TRUE(outcome_of([&] { file_vector<double>::create(file + "2"); }).starts_with(reason));
}

// --- other users -------------------------------------------------------------------------------

class files_of_others : public refusals {
 protected:
  void SetUp() override {
    if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
    make("file", header_of({}) + numbered_bytes(80));
    ASSERT_EQ(::chmod(path("file").c_str(), 0644), 0);
  }
  /// As expect_refused, after becoming the user nobody.
  void expect_refused_to_nobody(const std::function<void()>& attempt, int errno_value) const {
    const auto before = everything_in(directory_.path());
    EXPECT_EQ(in_child_as_nobody([&] {
                ::alarm(10);
                const std::string outcome = outcome_of(attempt);
                require(outcome.starts_with(errno_text(errno_value)), "'" + outcome + "'");
              }),
              "exit 0");
    EXPECT_TRUE(everything_in(directory_.path()) == before) << "something was touched";
  }
};

TEST_F(files_of_others, can_be_read_but_not_written) {
  ASSERT_EQ(::symlink("file", path("link").c_str()), 0);
  ASSERT_EQ(::mkdir(path("folder").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("../link", path("folder/link").c_str()), 0);
  for (const std::string name : {"file", "link", "folder/link"}) {
    EXPECT_EQ(in_child_as_nobody([&] {
                const auto view = file_view<double>::open(path(name));
                require(view.size() == 10, "it has other elements");
                require(view.path() == path(name), view.path());
              }),
              "exit 0");
    expect_refused_to_nobody([&] { file_vector<double>::open(path(name)); }, EACCES);
    expect_refused_to_nobody([&] { file_vector<double>::open_or_create(path(name)); }, EACCES);
  }
  expect_refused_to_nobody([&] { file_vector<double>::create(path("new")); }, EACCES);
}

TEST_F(files_of_others, can_be_hidden) {
  ASSERT_EQ(::chmod(path("file").c_str(), 0600), 0);
  expect_refused_to_nobody([&] { file_view<double>::open(path("file")); }, EACCES);
  ASSERT_EQ(::chmod(path("file").c_str(), 0644), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0700), 0);
  expect_refused_to_nobody([&] { file_view<double>::open(path("file")); }, EACCES);
}

TEST_F(files_of_others, can_be_read_beside_their_writer) {
  auto writer = file_vector<double>::open(path("file"));
  writer.push_back(1);
  writer.commit();
  EXPECT_EQ(in_child_as_nobody([&] {
              require(file_view<double>::open(path("file")).size() == 11, "other elements");
            }),
            "exit 0");
}

TEST_F(files_of_others, a_writer_who_may_takes_them_through_a_link) {
  ASSERT_EQ(::chmod(path("file").c_str(), 0666), 0);
  ASSERT_EQ(::symlink("file", path("link").c_str()), 0);
  EXPECT_EQ(in_child_as_nobody([&] {
              auto writer = file_vector<double>::open(path("link"));
              writer.push_back(1);
              writer.commit();
            }),
            "exit 0");
  EXPECT_EQ(file_view<double>::open(path("file")).size(), 11U);
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
}

TEST_F(files_of_others, a_writer_need_not_be_able_to_list_their_directory) {
  ASSERT_EQ(::chmod(path("file").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0711), 0);
  EXPECT_EQ(in_child_as_nobody([&] {
              auto writer = file_vector<double>::open(path("file"));
              writer.push_back(1);
              writer.commit();
            }),
            "exit 0");
  EXPECT_EQ(file_view<double>::open(path("file")).size(), 11U);
}

// --- files that are reached in odd ways ---------------------------------------------------------

TEST_F(refusals, a_file_behind_a_descriptor_is_as_good_as_one_with_a_name) {
  const std::string bytes = header_of({}) + numbered_bytes(80);
  make("file", bytes);
  const int named = ::open(path("file").c_str(), O_RDONLY | O_CLOEXEC);
  make("gone", bytes);
  const int nameless = ::open(path("gone").c_str(), O_RDONLY | O_CLOEXEC);
  std::filesystem::remove(path("gone"));
  for (const int fd : {named, nameless}) {
    const std::string file = "/proc/self/fd/" + std::to_string(fd);
    EXPECT_EQ(outcome_of([&] {
                auto writer = file_vector<double>::open(file);
                writer.push_back(2.5);
                writer.commit();
                EXPECT_EQ(file_view<double>::open(file).size(), 11U);
                writer.close();
              }),
              "")
        << file;
    ::close(fd);
  }
  EXPECT_EQ(file_view<double>::open(path("file")).back(), 2.5);
}

// --- a header that changes while it is read ----------------------------------------------------

TEST_F(refusals, a_header_that_somebody_keeps_changing) {
  const std::string ten = header_of({}) + numbered_bytes(80);
  const std::string file = make("file", ten);
  running_child mutator([&](const std::function<void()>& ready) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    ready();
    std::uint64_t random = 1;
    for (;;) {
      // Counts up to 99, other dtypes, and garbage, in the text that tells of both.
      random = random * 6364136223846793005 + 1442695040888963407;
      const auto at = static_cast<off_t>(10 + (random >> 33) % 60);
      const bool restore = (random >> 40) % 4 != 0;
      const char letter = "0123456789f8i4 ',)("[(random >> 48) % 19];
      const std::string_view bytes =
          restore ? std::string_view(ten).substr(0, 128) : std::string_view(&letter, 1);
      if (::pwrite(fd, bytes.data(), bytes.size(), restore ? 0 : at) < 0) ::_exit(1);
    }
  });
  ASSERT_TRUE(mutator.wait_until_ready());
  std::size_t opened = 0;
  std::size_t refused = 0;
  const auto attempt = [&](const auto& open) {
    const std::string outcome = outcome_of([&] { opened += open(); });
    EXPECT_TRUE(outcome.empty() || outcome.starts_with("format_error")) << outcome;
    refused += outcome.empty() ? 0 : 1;
  };
  for (int i = 0; i < 1000; ++i) {
    attempt([&] {
      auto view = file_view<double>::open(file);
      view.refresh();
      EXPECT_LE(view.size(), 10U) << "that is all the file has room for";
      double sum = 0;
      for (const double each : view) sum += each;
      return 1 + (sum == 0 ? 1 : 0);
    });
    attempt([&] {
      const auto writer = file_vector<double>::open(file, {.discard_tail = true});
      EXPECT_LE(writer.size(), 10U);
      return 1;
    });
  }
  mutator.kill_now();
  EXPECT_GT(opened, 0U);
  EXPECT_GT(refused, 0U);
  EXPECT_EQ(contents_of(file).size(), ten.size());
}

}  // namespace
}  // namespace mapvec::test
