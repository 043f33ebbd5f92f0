// SPDX-License-Identifier: MIT
//
// Goal: the figures of docs/when-not.md, which speak against the library. Method: each pair is two
// ways to do the same, one after the other, in nine rounds after one that does not count; what is
// printed is the median of the ratios within the rounds, and the quartiles. The files are in
// $MAPVEC_DIR, else /var/tmp.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include <mapvec/file_vector.hpp>
#include <mapvec/vector.hpp>

namespace {

using numbers = mapvec::file_vector<std::uint64_t>;

constexpr int files = 200;
constexpr std::uint64_t numbers_per_file = 100;
constexpr std::uint64_t many = std::uint64_t{8} << 20;  // 64 MiB

std::filesystem::path folder() {
  const char* const given = std::getenv("MAPVEC_DIR");
  static const std::filesystem::path made =
      std::filesystem::path(given != nullptr ? given : "/var/tmp") / "mapvec-when-not";
  return made;
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct pair_of_ways {
  const char* what;
  std::function<void()> prepare;
  std::function<void()> dear;
  std::function<void()> cheap;
};

void measure(const pair_of_ways& pair) {
  std::array<double, 9> ratios{};
  for (int round = -1; round < static_cast<int>(ratios.size()); ++round) {
    std::filesystem::remove_all(folder());
    std::filesystem::create_directories(folder());
    pair.prepare();
    const double dear = seconds(pair.dear);
    const double ratio = dear / seconds(pair.cheap);
    if (round >= 0) ratios[static_cast<std::size_t>(round)] = ratio;
  }
  std::ranges::sort(ratios);
  std::printf("%s: %.3g (%.3g - %.3g)\n", pair.what, ratios[4], ratios[2], ratios[6]);
}

void fill(const std::filesystem::path& path, std::uint64_t count) {
  auto made = numbers::create(path);
  for (std::uint64_t i = 0; i < count; ++i) made.push_back(i);
  made.close();
}

void append_and_commit_each(int count) {
  auto held = numbers::open(folder() / "one");
  for (int i = 0; i < count; ++i) {
    held.push_back(7);
    held.commit();
  }
}

pair_of_ways small_files() {
  return {"200 files of 100 numbers, against one file of all", [] {},
          [] {
            for (int i = 0; i < files; ++i) fill(folder() / std::to_string(i), numbers_per_file);
          },
          [] { fill(folder() / "all", files * numbers_per_file); }};
}

pair_of_ways small_commits() {
  return {"200 commits of one number, against one commit of all", [] { fill(folder() / "one", 1); },
          [] { append_and_commit_each(200); },
          [] {
            auto held = numbers::open(folder() / "one");
            for (int i = 0; i < 200; ++i) held.push_back(7);
            held.commit();
          }};
}

pair_of_ways replacing() {
  return {"one number of 64 MiB replaced, against changed in place and committed",
          [] { fill(folder() / "large", many); },
          [] {
            auto held = numbers::open(folder() / "large");
            mapvec::vector<std::uint64_t> next(held.begin(), held.end());
            next[many / 2] = 7;
            held.replace(std::move(next));
          },
          [] {
            auto held = numbers::open(folder() / "large");
            held[many / 2] = 7;
            held.commit();
          }};
}

pair_of_ways handing_over() {
  return {"100 numbers, each by a writer of its own, against one writer that commits each",
          [] { fill(folder() / "one", 1); },
          [] {
            for (int i = 0; i < 100; ++i) {
              auto held = numbers::open(folder() / "one");
              held.push_back(7);
              held.close();
            }
          },
          [] { append_and_commit_each(100); }};
}

pair_of_ways inserting() {
  static mapvec::vector<std::uint64_t> held;
  return {"10 numbers inserted in front of 64 MiB, against appending all of these",
          [] { held.assign(many, 1); },
          [] {
            for (int i = 0; i < 10; ++i) held.insert(held.begin(), 7);
          },
          [] {
            mapvec::vector<std::uint64_t> made;
            for (std::uint64_t i = 0; i < many; ++i) made.push_back(i);
          }};
}

}  // namespace

int main() {
  measure(small_files());
  measure(small_commits());
  measure(replacing());
  measure(handing_over());
  measure(inserting());
  std::filesystem::remove_all(folder());
}
