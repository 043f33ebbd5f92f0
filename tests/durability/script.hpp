// SPDX-License-Identifier: MIT
//
// Goal: know of a writer that dies what its file may hold. Method: it follows a script, which is
// drawn from a seed, and says each time that a new state has become durable. The same script on a
// std::vector gives the states themselves. A reopened file must hold the state that was announced
// last, or the one after it: exactly its elements, and nothing of any other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "durability/words.hpp"

namespace mapvec::test {

using state = std::vector<std::uint64_t>;

/// How a round of changes ends.
enum class ending : unsigned char { commit, reopen, abandon, replace };

/// One round: drops all but `kept` elements, appends, ends.
struct script_round {
  std::size_t kept = 0;
  std::size_t appended = 0;
  bool gives_back = false;    ///< shrink_to_fit() after the drop
  bool as_range = false;      ///< append_range instead of push_back
  bool writes_early = false;  ///< evicts what was appended, so that it reaches the disk uncommitted
  ending how = ending::commit;
  std::uint64_t first_value = 0;  ///< of the appended ones; each value is used once
};

/// Rounds without end; the same for the same seed.
class script {
 public:
  struct limits {
    std::size_t append = 2'000;    ///< elements of a round, at most
    std::size_t size = 10'000;     ///< of the vector
    std::size_t large_append = 0;  ///< in the fifth round and each twentieth after it
  };

  script(std::uint64_t seed, limits chosen) : random_(seed), limits_(chosen) {}

  script_round next(std::size_t size);

 private:
  std::size_t up_to(std::size_t most) { return static_cast<std::size_t>(random_() % (most + 1)); }

  std::mt19937_64 random_;
  limits limits_;
  std::size_t round_ = 0;
  std::uint64_t next_value_ = 1;
};

/// What the round makes durable, one after the other. `before` is durable already, and all there
/// is.
std::vector<state> states_of(const script_round& round, const state& before);

/// The round itself. `durable` is called when a new state has become so.
void run_round(const script_round& round, words& v, const std::function<void()>& durable);

/// What is at `path` is one of these, `nullopt` meaning no file; says otherwise what it is. Asks
/// file_view and file_vector, which must agree.
std::string describe_unless_one_of(const std::string& path,
                                   const std::vector<const std::optional<state>*>& allowed);

}  // namespace mapvec::test
