// SPDX-License-Identifier: MIT
//
// Goal: elements go into a std::vector and come back as they were, many at a time. Method: all
// kinds of vectors, in memory and not, and the calls that it takes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/std_vector.hpp>
#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class std_vectors : public counts_resources {
 protected:
  scratch_directory directory_;
};

std::vector<std::uint64_t> numbers(std::size_t count) {
  std::vector<std::uint64_t> made(count);
  std::iota(made.begin(), made.end(), 7U);
  return made;
}

TEST_F(std_vectors, of_any_size_come_back_as_they_were) {
  for (const std::size_t count : {0U, 1U, 1'000U, 3'000'000U}) {
    const std::vector<std::uint64_t> before = numbers(count);
    vector<std::uint64_t> temporary;
    temporary.append_range(before);
    EXPECT_EQ(to_std_vector(temporary), before);
    auto stored = file_vector<std::uint64_t>::create(directory_ / std::to_string(count));
    stored.append_range(before);
    EXPECT_EQ(to_std_vector(stored), before);
    stored.commit();
    EXPECT_EQ(to_std_vector(file_view<std::uint64_t>::open(stored.path())), before);
  }
}

TEST_F(std_vectors, of_elements_with_constructors_and_of_bool) {
  const std::vector<std::string> texts(100, "a text that is longer than fifteen");
  vector<std::string> ours;
  ours.append_range(texts);
  EXPECT_EQ(to_std_vector(ours), texts);
  const std::vector<bool> bits = {true, false, true};
  EXPECT_EQ(to_std_vector(vector<bool>(bits.begin(), bits.end())), bits);
}

TEST_F(std_vectors, that_are_on_the_disk_are_read_once_and_past_the_page_cache) {
  const std::vector<std::uint64_t> before = numbers(4 * MiB);
  auto stored = file_vector<std::uint64_t>::create(directory_ / "numbers.npy");
  {
    const call_log log;
    stored.append_range(before);
    EXPECT_LE(log.count(call::pwrite), 32U) << log.summary();
  }
  stored.commit();
  stored.evict(0, stored.size());
  const call_log log;
  EXPECT_EQ(to_std_vector(stored), before);
  std::uint64_t read_bytes = 0;
  for (const call_record& each : log.records(call::pread)) {
    read_bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(each.result, 0));
  }
  EXPECT_LE(read_bytes, before.size() * sizeof(before[0]) * 101 / 100);
  EXPECT_LE(stored.resident_bytes(), 4 * MiB) << "it was read into the page cache";
}

}  // namespace
}  // namespace mapvec::test
