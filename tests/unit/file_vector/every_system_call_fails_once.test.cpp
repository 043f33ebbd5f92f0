// SPDX-License-Identifier: MIT
//
// Goal: whatever the kernel refuses, and whenever, a persistent vector is what it was before the
// call, its file holds a state that the vector had since the last commit, a file that could not be
// completed has no name, and nothing is left behind. Method: whole lives run side by side with a
// std::vector, once for every system call they make, for several errnos that the call may return,
// and twice: the fault comes once, or stays for ever. When the fault is over, the file is opened
// and compared, and descriptors, mappings, names and blocks are counted. A run without a fault ends
// the loop, so that every call had its turn.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "file_vector_case.hpp"
#include "support/captured_errors.hpp"

namespace mapvec::test {
namespace {

using elements = std::vector<std::uint64_t>;

/// Not the same number twice, so that an element in a wrong place is seen.
std::uint64_t fresh_value() {
  static std::uint64_t last = 0;
  return ++last;
}

elements fresh_values(std::size_t count) {
  elements result;
  while (result.size() < count) result.push_back(fresh_value());
  return result;
}

/// A file_vector, the std::vector it has to equal, and what its file may hold: one of the states
/// since the last commit that was acknowledged.
class shadowed_file {
 public:
  using vector_type = file_vector<std::uint64_t>;

  explicit shadowed_file(elements committed)
      : shadow_(committed), possible_{std::move(committed)} {}

  /// False where `make` throws; there is then nothing to go on with.
  bool begin(const std::function<vector_type()>& make) {
    try {
      subject_ = make();
    } catch (const error&) {
      return false;
    }
    expect_equal();
    return true;
  }

  /// One operation on both. An exception must leave the subject as it was.
  template <class Operation>
  void apply(Operation operation) {
    const std::uint64_t* const data = subject_.data();
    bool completed = false;
    try {
      operation(subject_);
      completed = true;
    } catch (const error& failure) {
      EXPECT_NE(failure.code().value(), 0) << failure.what();
    }
    if (completed) {
      operation(shadow_);
      possible_.push_back(shadow_);
    }
    EXPECT_EQ(subject_.data(), data) << "an element moved";
    expect_equal();
  }

  void append(std::size_t count) {
    const elements added = fresh_values(count);
    apply([&](auto& v) { v.insert(v.end(), added.begin(), added.end()); });
    for (const std::uint64_t each : fresh_values(3)) apply([&](auto& v) { v.push_back(each); });
  }

  void commit() {
    try {
      subject_.commit();
      possible_ = {shadow_};
      EXPECT_EQ(subject_.committed_size(), shadow_.size());
    } catch (const error&) {
    }
    expect_equal();
  }

  /// An operation on the file; the elements stay.
  template <class Operation>
  bool ask(Operation operation) {
    bool completed = false;
    try {
      operation(subject_);
      completed = true;
    } catch (const error&) {
    }
    expect_equal();
    return completed;
  }

  /// After a failure the new elements may be in place all the same: then the subject shows them,
  /// and nothing more can be committed.
  void replace(const std::function<vector<std::uint64_t>()>& make) {
    vector<std::uint64_t> next;
    try {
      next = make();
    } catch (const error&) {
      return;
    }
    const elements wanted(next.begin(), next.end());
    try {
      subject_.replace(std::move(next));
      shadow_ = wanted;
      possible_ = {shadow_};
    } catch (const error&) {
      if (next.empty() && subject_.size() == wanted.size()) {
        shadow_ = wanted;
        possible_ = {shadow_};
        EXPECT_NE(errno_of([&] { subject_.commit(); }), 0);
      } else {
        EXPECT_TRUE(std::ranges::equal(next, wanted)) << "of what was to be put in place";
      }
    }
    expect_equal();
  }

  void close() {
    try {
      subject_.close();
      possible_ = {shadow_};
      EXPECT_FALSE(subject_.is_open());
    } catch (const error&) {
      expect_equal();
    }
  }

  /// Ends as a scope does; errors go to the handler, and any possible state may be in the file.
  void leave() { subject_ = vector_type(); }

  vector_type& subject() { return subject_; }
  const std::vector<elements>& possible() const { return possible_; }

 private:
  void expect_equal() const {
    ASSERT_EQ(subject_.size(), shadow_.size());
    ASSERT_LE(subject_.size(), subject_.capacity());
    ASSERT_TRUE(std::equal(shadow_.begin(), shadow_.end(), std::as_const(subject_).begin()));
    ASSERT_LE(subject_.committed_size(), subject_.capacity());
  }

  vector_type subject_;
  elements shadow_;
  std::vector<elements> possible_;
};

/// What is looked at when the fault is over.
using verification = std::function<void()>;

// Where the disk refuses even to take an unconfirmed count back, the error handler is told, and
// elements that are changed later without asking the disk show under that count.
bool a_count_is_stuck = false;

struct life {
  std::function<verification(const std::string& directory)> run;
  std::function<void(const std::string& directory)> prepare = {};  // before the faults begin
};

/// The file is there, whole, free, and holds one of these.
void expect_file(const std::string& path, const std::vector<elements>& possible) {
  ASSERT_TRUE(exists(path)) << path;
  auto opened = file_vector<std::uint64_t>::open(path);
  const bool known = std::ranges::any_of(possible, [&](const elements& each) {
    return std::ranges::equal(each, std::as_const(opened));
  });
  EXPECT_TRUE(known || a_count_is_stuck)
      << path << " holds what the vector never was; " << opened.size() << " elements";
  EXPECT_TRUE(std::ranges::equal(stored_elements<std::uint64_t>(path), std::as_const(opened)));
  opened.push_back(1);
  opened.commit();
  opened.close();
}

/// A name that was not acknowledged: free, or, where it could not be given back, complete.
void expect_no_half_file(const std::string& path, const std::vector<elements>& possible) {
  if (exists(path)) expect_file(path, possible);
}

struct totals {
  std::size_t runs = 0;
  std::size_t faults = 0;
};

class every_system_call_of_a_file_vector : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::optional<private_mount>* const disk : {&disk_, &other_disk_}) {
      disk->emplace(private_mount::tmpfs(128 << 20));
      if (!(*disk)->is_mounted()) GTEST_SKIP() << (*disk)->why_not();
    }
    warm_up_the_library();
  }

  const std::string& directory() const { return disk_->path(); }
  const std::string& other_directory() const { return other_disk_->path(); }

  struct state {
    std::set<int> descriptors = open_descriptors();
    std::uint64_t mapped_bytes = library_mapped_bytes();
    std::uint64_t active_segments = stats().active_segments;
    std::uint64_t free = 0;
    std::uint64_t other_free = 0;
  };

  state state_now() const {
    state result;
    result.free = free_bytes(directory());
    result.other_free = free_bytes(other_directory());
    return result;
  }

  static void expect_same(const state& now, const state& before) {
    EXPECT_EQ(now.descriptors, before.descriptors);
    EXPECT_EQ(now.mapped_bytes, before.mapped_bytes);
    EXPECT_EQ(now.active_segments, before.active_segments);
    EXPECT_EQ(now.free, before.free);
    EXPECT_EQ(now.other_free, before.other_free);
  }

  /// Removes the files of the life; a name that the library made up may stay only where an error
  /// said so.
  void expect_known_names_and_remove_them(const captured_errors& reported) const {
    std::set<std::string> known;
    for (const error& failure : reported.all()) known.insert(failure.path());
    for (const std::string& where : {directory(), other_directory()}) {
      for (const std::string& name : names_in(where)) {
        const std::string path = where + '/' + name;
        if (name.find("mapvec-") != std::string::npos) {
          EXPECT_TRUE(known.contains(path)) << path << " was left behind in silence";
        }
        EXPECT_EQ(::unlink(path.c_str()), 0) << path;
      }
    }
  }

  /// One run with one fault. Returns how many calls were failed.
  std::size_t run_with_fault(const life& subject, std::size_t nth, std::size_t choice,
                             fault_lasts lasts) const {
    const state before = state_now();
    std::size_t delivered = 0;
    std::string description;
    {
      const captured_errors reported;
      if (subject.prepare) subject.prepare(directory());
      verification verify;
      {
        const fault failing(nth, choice, lasts);
        verify = subject.run(directory());
        delivered = failing.delivered();
        description = failing.description();
      }
      reclaim_what_faults_left();
      a_count_is_stuck = std::ranges::any_of(reported.all(), [](const error& failure) {
        return failure.verb() == "put the old count back into";
      });
      const std::size_t reports = reported.all().size();
      if (verify) verify();
      EXPECT_EQ(reported.all().size(), reports) << "a report without a fault";
      expect_known_names_and_remove_them(reported);
    }
    expect_same(state_now(), before);
    if (HasFailure()) ADD_FAILURE() << "choice " << choice << ", " << description;
    return delivered;
  }

  void expect_survival(const char* name, const life& subject) const {
    totals sum;
    for (const fault_lasts lasts : {fault_lasts::once, fault_lasts::for_ever}) {
      for (std::size_t choice = 0; choice < 4; ++choice) {
        for (std::size_t nth = 0; !HasFailure(); ++nth) {
          const std::size_t delivered = run_with_fault(subject, nth, choice, lasts);
          ++sum.runs;
          sum.faults += delivered;
          if (delivered == 0) break;
        }
      }
    }
    EXPECT_GT(sum.faults, 8U) << "hardly a call was failed";
    std::printf("%s: %zu runs, %zu faults\n", name, sum.runs, sum.faults);
  }

  options in_file() const {
    return {.builder = segment_builder::unnamed(directory()), .spill_threshold_bytes = 0};
  }

  std::optional<private_mount> disk_;
  std::optional<private_mount> other_disk_;
};

using words = file_vector<std::uint64_t>;

void use_all_operations(shadowed_file& both, std::size_t count) {
  both.append(count);
  both.commit();
  both.append(count / 2);
  both.apply([&](auto& v) { v.reserve(4 * count); });
  both.commit();
  both.apply([&](auto& v) { v.resize(count / 4); });
  both.append(10);
  both.apply([](auto& v) { v.shrink_to_fit(); });
  both.apply([&](auto& v) {
    if (!v.empty()) v.pop_back();
  });
  both.commit();
  both.apply([&](auto& v) { v.resize(v.size() / 2); });
  both.apply([](auto& v) { v.shrink_to_fit(); });
  both.append(count / 4);
  both.commit();
  both.append(20);
}

/// What a kill leaves: `committed`, elements that were not committed, and spare capacity.
void make_killed_file(const std::string& path, const elements& committed) {
  auto v = words::create(path + ".live");
  v.append_range(committed);
  v.commit();
  v.resize(committed.size() + 5'000, 7);
  std::filesystem::copy_file(path + ".live", path);
  v.close();
  ::unlink((path + ".live").c_str());
}

void make_closed_file(const std::string& path, const elements& committed) {
  auto v = words::create(path);
  v.append_range(committed);
  v.close();
}

/// As numpy.save writes it: our header, whose count is not padded.
void make_numpy_file(const std::string& path, const elements& committed) {
  make_closed_file(path, committed);
  std::string bytes = contents_of(path);
  const std::size_t digits = bytes.find('(') + 1;
  const std::size_t blanks = bytes.find_first_not_of(' ', digits) - digits;
  bytes.erase(digits, blanks);
  bytes.insert(bytes.find('}') + 1, blanks, ' ');
  write_contents(path, bytes);
}

using ending = void (*)(shadowed_file&);
void close_it(shadowed_file& both) { both.close(); }
void leave_it(shadowed_file& both) { both.leave(); }
void abandon_it(shadowed_file& both) { both.subject().abandon(); }

life life_of_a_new_file(std::size_t count, ending end) {
  return {.run = [=](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    shadowed_file both({});
    if (!both.begin([&] { return words::create(path); })) {
      return [=] { expect_no_half_file(path, {{}}); };
    }
    use_all_operations(both, count);
    end(both);
    return [path, possible = both.possible()] { expect_file(path, possible); };
  }};
}

TEST_F(every_system_call_of_a_file_vector, of_a_new_file_that_is_closed) {
  expect_survival("new file, closed", life_of_a_new_file(2'000, close_it));
}

TEST_F(every_system_call_of_a_file_vector, of_a_new_file_that_is_left_to_the_destructor) {
  expect_survival("new file, destroyed", life_of_a_new_file(300, leave_it));
}

TEST_F(every_system_call_of_a_file_vector, of_a_new_file_that_is_abandoned) {
  expect_survival("new file, abandoned", life_of_a_new_file(300, abandon_it));
}

TEST_F(every_system_call_of_a_file_vector, of_a_new_file_without_unnamed_files) {
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  expect_survival("new file, hidden name", life_of_a_new_file(300, close_it));
  EXPECT_GT(no_unnamed_files.delivered(), 0U);
}

TEST_F(every_system_call_of_a_file_vector, of_a_new_file_without_allocation) {
  const refusal no_allocation(feature::allocation, EOPNOTSUPP);
  expect_survival("new file, no fallocate", life_of_a_new_file(300, close_it));
  EXPECT_GT(no_allocation.delivered(), 0U);
}

using pages = file_vector<std::array<std::uint64_t, 512>>;

void append_pages(pages& v, std::size_t count) {
  for (int attempt = 0; attempt < 3 && v.size() < count; ++attempt) {
    try {
      while (v.size() < count) {
        const std::size_t number = v.size();
        v.emplace_back()[0] = number;
      }
    } catch (const error&) {
    }
  }
}

TEST_F(every_system_call_of_a_file_vector, of_growth_through_append_windows) {
  const auto run = [](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    std::size_t acknowledged = 0;
    std::size_t size = 0;
    try {
      auto v = pages::create(path);
      append_pages(v, 3'800);
      size = v.size();
      v.commit();
      acknowledged = size;
      append_pages(v, 4'000);
      size = v.size();
    } catch (const error&) {
      if (!exists(path)) return {};
    }
    return [=] {
      const auto opened = file_view<pages::value_type>::open(path);
      EXPECT_TRUE(opened.size() == acknowledged || opened.size() == size);
      for (std::size_t i = 0; i < opened.size(); ++i) ASSERT_EQ(opened[i][0], i);
    };
  };
  expect_survival("growth to 16 MiB", {run});
}

/// The life of a file that exists and holds `committed`; with a reader all along if asked for.
life life_of_an_existing_file(void (*make)(const std::string&, const elements&), bool is_read) {
  const elements committed = fresh_values(700);
  const auto run = [=](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    shadowed_file both(committed);
    file_view<std::uint64_t> reader;
    try {
      if (is_read) reader = file_view<std::uint64_t>::open(path);
    } catch (const error&) {
    }
    if (both.begin([&] { return words::open(path); })) {
      use_all_operations(both, 1'000);
      both.close();
    }
    return [path, possible = both.possible()] { expect_file(path, possible); };
  };
  return {run, [=](const std::string& directory) { make(directory + "/a.npy", committed); }};
}

TEST_F(every_system_call_of_a_file_vector, of_an_existing_file) {
  expect_survival("existing file", life_of_an_existing_file(make_closed_file, false));
}

TEST_F(every_system_call_of_a_file_vector, of_a_file_that_a_kill_left) {
  expect_survival("killed file", life_of_an_existing_file(make_killed_file, false));
}

TEST_F(every_system_call_of_a_file_vector, of_a_file_that_a_kill_left_and_somebody_reads) {
  expect_survival("killed file, read", life_of_an_existing_file(make_killed_file, true));
}

TEST_F(every_system_call_of_a_file_vector, of_a_file_of_numpy) {
  expect_survival("NumPy's file", life_of_an_existing_file(make_numpy_file, false));
}

TEST_F(every_system_call_of_a_file_vector, of_opening_or_creating) {
  const auto run = [](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    std::vector<elements> possible{{}};
    for (std::uint64_t round = 0; round < 2; ++round) {
      try {
        auto v = words::open_or_create(path);
        v.push_back(round);
        possible.emplace_back(v.begin(), v.end());
        v.commit();
        possible = {elements(v.begin(), v.end())};
      } catch (const error&) {
      }
    }
    const bool must_exist = !possible.front().empty();
    return [=] {
      if (must_exist || exists(path)) expect_file(path, possible);
    };
  };
  expect_survival("open or create", {run});
}

/// The life of a temporary vector that gets a name.
life life_of_a_persisted_vector(const std::function<options()>& settings) {
  return {.run = [=](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    const elements values = fresh_values(3'000);
    std::optional<vector<std::uint64_t>> source;
    try {
      source.emplace(settings());
      source->append_range(values);
    } catch (const error&) {
      return {};
    }
    const std::uint64_t* const data = source->data();
    shadowed_file both(values);
    if (!both.begin([&] { return persist(std::move(*source), path); })) {
      EXPECT_EQ(source->data(), data);
      EXPECT_TRUE(std::ranges::equal(*source, values));
      return [=] { expect_no_half_file(path, {values}); };
    }
    EXPECT_TRUE(source->empty());
    both.append(100);
    both.commit();
    both.close();
    return [path, possible = both.possible()] { expect_file(path, possible); };
  }};
}

TEST_F(every_system_call_of_a_file_vector, of_persisting_from_memory) {
  expect_survival("persist, memory", life_of_a_persisted_vector([] { return options{}; }));
}

TEST_F(every_system_call_of_a_file_vector, of_persisting_by_a_link) {
  expect_survival("persist, link", life_of_a_persisted_vector([this] { return in_file(); }));
}

TEST_F(every_system_call_of_a_file_vector, of_persisting_from_another_file_system) {
  expect_survival("persist, other file system", life_of_a_persisted_vector([this]() -> options {
                    return {.builder = segment_builder::unnamed(other_directory()),
                            .spill_threshold_bytes = 0};
                  }));
}

TEST_F(every_system_call_of_a_file_vector, of_persisting_a_named_vector) {
  expect_survival("persist, named", life_of_a_persisted_vector([this]() -> options {
                    return {.builder = segment_builder::named(directory())};
                  }));
}

TEST_F(every_system_call_of_a_file_vector, of_persisting_without_unnamed_files) {
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  expect_survival("persist, hidden name", life_of_a_persisted_vector([this] { return in_file(); }));
}

/// The life of a file whose elements are replaced twice.
life life_of_a_replaced_file(const std::function<options()>& settings) {
  const elements committed = fresh_values(700);
  const auto run = [=](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    shadowed_file both(committed);
    if (!both.begin([&] { return words::open(path); })) {
      return [=] { expect_file(path, {committed}); };
    }
    const auto next = [&] {
      vector<std::uint64_t> made(settings());
      made.append_range(fresh_values(1'500));
      return made;
    };
    both.append(10);
    both.replace(next);
    both.append(10);
    both.commit();
    both.replace(next);
    both.close();
    return [path, possible = both.possible()] { expect_file(path, possible); };
  };
  return {run,
          [=](const std::string& directory) { make_closed_file(directory + "/a.npy", committed); }};
}

TEST_F(every_system_call_of_a_file_vector, of_replacing_from_memory) {
  expect_survival("replace, memory", life_of_a_replaced_file([] { return options{}; }));
}

TEST_F(every_system_call_of_a_file_vector, of_replacing_by_a_link) {
  expect_survival("replace, link", life_of_a_replaced_file([this] { return in_file(); }));
}

TEST_F(every_system_call_of_a_file_vector, of_replacing_by_a_named_vector) {
  expect_survival("replace, named", life_of_a_replaced_file([this]() -> options {
                    return {.builder = segment_builder::named(directory())};
                  }));
}

TEST_F(every_system_call_of_a_file_vector, of_snapshots) {
  const elements committed = fresh_values(700);
  for (const bool share : {false, true}) {
    const auto run = [=](const std::string& directory) -> verification {
      const std::string path = directory + "/a.npy";
      const std::string copy = directory + "/copy.npy";
      shadowed_file both(committed);
      bool made = false;
      elements now = committed;
      if (both.begin([&] { return words::open(path); })) {
        both.append(50);
        now.assign(both.subject().begin(), both.subject().end());
        made = both.ask([&](auto& v) { v.snapshot(copy, {.share_blocks = share}); });
        both.append(10);
        both.close();
      }
      return [=, possible = both.possible()] {
        expect_file(path, possible);
        if (made || exists(copy)) expect_file(copy, {now});
      };
    };
    expect_survival(
        share ? "snapshot, shared" : "snapshot",
        {run, [=](const std::string& where) { make_closed_file(where + "/a.npy", committed); }});
  }
}

TEST_F(every_system_call_of_a_file_vector, of_a_view) {
  const elements committed = fresh_values(700);
  const auto run = [=](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    file_view<std::uint64_t> seen;
    try {
      seen = file_view<std::uint64_t>::open(path);
      EXPECT_TRUE(std::ranges::equal(seen, committed));
    } catch (const error&) {
      EXPECT_FALSE(seen.is_open());
    }
    const std::uint64_t* const data = seen.data();
    const std::size_t size = seen.size();
    try {
      EXPECT_EQ(seen.refresh(), size);
    } catch (const error&) {
    }
    seen.prefetch();
    seen.evict(0, size);
    seen.advise(access::random);
    EXPECT_LE(seen.resident_bytes(), MiB);
    EXPECT_EQ(seen.data(), data);
    EXPECT_TRUE(std::equal(seen.begin(), seen.end(), committed.begin()));
    EXPECT_EQ(seen.size(), size);
    return [=] { expect_file(path, {committed}); };
  };
  expect_survival("view", {run, [=](const std::string& where) {
                             make_closed_file(where + "/a.npy", committed);
                           }});
}

TEST_F(every_system_call_of_a_file_vector, of_a_reader_that_follows_a_writer) {
  const auto run = [](const std::string& directory) -> verification {
    const std::string path = directory + "/a.npy";
    try {
      auto v = words::create(path);
      auto seen = file_view<std::uint64_t>::open(path);
      for (std::uint64_t round = 1; round <= 3; ++round) {
        v.resize(2'000 * round, round);
        v.commit();
        EXPECT_EQ(seen.refresh(), 2'000 * round);
        EXPECT_EQ(seen.back(), round);
      }
      v.truncate(10);
      v.shrink_to_fit();
      EXPECT_EQ(seen.refresh(), 10U);
      // Without a lock there is nothing to keep the file as long as it was.
      if (file_bytes(path) >= 128 + 6'000 * 8) {
        EXPECT_EQ(seen.data()[5'999], 3U);
      }
    } catch (const error&) {
    }
    return [=] {
      if (!exists(path)) return;
      EXPECT_EQ(words::open(path).size() % 2'000 % 10, 0U);
    };
  };
  expect_survival("reader and writer", {run});
}

}  // namespace
}  // namespace mapvec::test
