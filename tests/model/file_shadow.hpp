// SPDX-License-Identifier: MIT
//
// What the file of a persistent vector must hold besides what the vector shows: how many elements
// it counts, and what stands in the slots that the vector has given up but the file still counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "support/directories.hpp"

namespace mapvec_test {

/// Where the files of one run are. In memory: the waits for a disk are not what is compared.
struct file_directory {
  mapvec::test::scratch_directory made{"/dev/shm"};
  std::size_t files = 0;

  std::string next_path() { return made / (std::to_string(++files) + ".npy"); }
};

/// Beside one file_vector. `require(condition, what)` is called with what has to hold.
template <class T>
struct file_shadow {
  std::vector<T> slots;         // the elements, and what they left behind them
  std::size_t counted = 0;      // what a reopen finds
  std::size_t low_water = 0;    // the smallest size since the last commit
  std::size_t last_size = 0;    // after the last operation
  mapvec::file_view<T> reader;  // open at times

  /// After each operation.
  template <class Require>
  void follow(const mapvec::file_vector<T>& v, Require require) {
    const std::size_t smallest = std::min(last_size, v.size());
    last_size = v.size();
    const std::size_t now = v.committed_size();
    require(now <= counted && now >= std::min(counted, smallest), "committed_size()");
    counted = now;
    low_water = std::min(low_water, smallest);
    // An element stands in a slot that the file must not count as another any more.
    if (v.size() > low_water) require(counted <= low_water, "a count that was not settled");
    if (slots.size() < v.size()) slots.resize(v.size());
    std::copy(v.begin(), v.end(), slots.begin());
  }

  template <class Require>
  void committed(const mapvec::file_vector<T>& v, Require require) {
    require(v.committed_size() == v.size(), "committed_size() after a commit");
    counted = low_water = last_size = v.size();
    slots.assign(v.begin(), v.end());
  }

  /// What a reopen finds after a crash at this moment.
  std::vector<T> stored() const {
    return {slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(counted)};
  }

  /// The reader, opened or refreshed, sees exactly that.
  template <class Require>
  void look(const std::string& path, Require require) {
    if (reader.is_open()) {
      require(reader.refresh() == counted, "the size that a reader finds");
    } else {
      reader = mapvec::file_view<T>::open(path);
      require(reader.size() == counted, "the size that a new reader finds");
    }
    require(std::equal(reader.begin(), reader.end(), slots.begin()), "what a reader sees");
  }
};

/// The file has not a byte more than its elements.
template <class T>
bool is_cut_to_the_byte(const std::string& path, std::size_t count) {
  return std::filesystem::file_size(path) ==
         std::max<std::size_t>(128, alignof(T)) + count * sizeof(T);
}

}  // namespace mapvec_test
