// SPDX-License-Identifier: MIT
//
// Goal: a writer that is killed leaves what it acknowledged, or the next state of its script, and a
// free lock. Method: children follow a script (script.hpp) on one file, say through a pipe what has
// become durable, and get SIGKILL at a random moment. Views of the parent are open meanwhile.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "durability/loop_disk.hpp"
#include "durability/script.hpp"
#include "durability/words.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

/// A pipe of bytes, one for each acknowledged state.
class acknowledgements {
 public:
  acknowledgements() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw child_failure("pipe failed");
  }
  ~acknowledgements() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  acknowledgements(const acknowledgements&) = delete;
  acknowledgements& operator=(const acknowledgements&) = delete;

  void send() const { require(::write(ends_[1], "a", 1) == 1, "nobody reads"); }
  /// In the parent, after the fork: else the sender's end would not be the end.
  void listen() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }
  /// Waits until so many have come, or the sender is gone.
  void wait_for(std::size_t wanted) {
    while (count_ < wanted && receive()) {
    }
  }
  /// All of them, after the sender's end.
  std::size_t count() {
    while (receive()) {
    }
    return count_;
  }

 private:
  bool receive() {
    char bytes[256];
    const ssize_t got = ::read(ends_[0], bytes, sizeof bytes);
    if (got > 0) count_ += static_cast<std::size_t>(got);
    return got > 0;
  }

  int ends_[2] = {-1, -1};
  std::size_t count_ = 0;
};

class killed_writer : public counts_resources {
 protected:
  static constexpr script::limits limits{.append = 300, .size = 3'000};

  void SetUp() override {
    random_.seed(seed_);
    path_ = (disk_.is_mounted() ? disk_.path() : directory_.path()) + "/elements.npy";
    counts_resources::SetUp();
    words::create(path_).close();
    last_ = state();
  }

  /// What the child does until it is killed.
  void write_for_ever(std::uint64_t seed, const acknowledgements& said,
                      const std::function<void()>& ready) const {
    words v = words::open(path_);
    ready();
    for (script lines(seed, limits);;) run_round(lines.next(v.size()), v, [&] { said.send(); });
  }

  /// The state number `count` of the script, 0 being the one before it.
  static state state_number(std::size_t count, std::uint64_t seed, state now) {
    for (script lines(seed, limits); count != 0;) {
      for (state& each : states_of(lines.next(now.size()), now)) {
        now = std::move(each);
        if (--count == 0) break;
      }
    }
    return now;
  }

  /// Reads what a writer is changing: must neither fault nor throw, and never see half a count.
  static void look_at(words_view& view) {
    const std::size_t size = view.refresh();
    ASSERT_LE(size, limits.size + limits.append);
    std::uint64_t sum = 0;
    for (const std::uint64_t each : view) sum += each;
    if (size == 0) {
      EXPECT_EQ(sum, 0U);
    }
  }

  void kill_one_writer() {
    const std::uint64_t seed = random_();
    SCOPED_TRACE("script " + std::to_string(seed));
    acknowledgements said;
    words_view view = words_view::open(path_);
    running_child child(
        [&](const std::function<void()>& ready) { write_for_ever(seed, said, ready); });
    said.listen();
    ASSERT_TRUE(child.wait_until_ready());
    const std::size_t at_least = random_() % 4;
    said.wait_for(at_least);
    waited_for_ += at_least;
    std::uniform_int_distribution<int> microseconds(0, 8'000);
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random_)));
    look_at(view);
    words_view second_view = words_view::open(path_);
    ASSERT_EQ(child.kill_now(), "signal 9");
    {
      const words at_once = words::open(path_);
    }
    look_at(second_view);
    check_what_is_left(seed, said.count());
  }

  void check_what_is_left(std::uint64_t seed, std::size_t acknowledged) {
    const std::optional<state> before = state_number(acknowledged, seed, *last_);
    const std::optional<state> next = state_number(acknowledged + 1, seed, *last_);
    const std::string problem = describe_unless_one_of(path_, {&before, &next});
    ASSERT_EQ(problem, "") << acknowledged << " states were acknowledged";
    const bool had_next = describe_unless_one_of(path_, {&before}) != "";
    last_ = had_next ? next : before;
    ++kills_;
    acknowledged_ += acknowledged;
    in_flight_ += had_next ? 1U : 0U;
  }

  // A file system of its own, in memory: what others write would make every wait for the disk long.
  loop_disk disk_{64 * MiB};
  scratch_directory directory_;
  std::string path_;
  std::optional<state> last_;
  unsigned seed_ = std::random_device()();
  std::mt19937_64 random_;
  std::size_t kills_ = 0;
  std::size_t waited_for_ = 0;
  std::size_t acknowledged_ = 0;
  std::size_t in_flight_ = 0;
};

TEST_F(killed_writer, loses_nothing_it_acknowledged_and_leaves_the_lock_free) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  for (int i = 0; i < 300 && !HasFailure(); ++i) kill_one_writer();
  EXPECT_GE(acknowledged_, waited_for_);
  EXPECT_GT(waited_for_, kills_);
  EXPECT_GT(in_flight_, 0U) << "no kill came between a commit's two waits";
  std::printf("%zu kills, %zu acknowledged states, the next one found %zu times, 0 lost, seed %u\n",
              kills_, acknowledged_, in_flight_, seed_);
}

}  // namespace
}  // namespace mapvec::test
