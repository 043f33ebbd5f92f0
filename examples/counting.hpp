// SPDX-License-Identifier: MIT
//
// What is known of a place where a phrase begins, and how such records are counted: sorted by hash,
// equal phrases are neighbours, and one walk through the blocks of the vector finds them. Of a run
// of equal ones, which may be any number of blocks, only the count so far is in memory. For one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mapvec/blocks.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/vector.hpp>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

struct record {  // so many words begin at this byte of this file
  std::uint64_t hash;
  std::uint32_t file, words;
  std::uint64_t offset;
};
MAPVEC_DESCRIBE(record, hash, file, words, offset);

struct phrase {
  std::size_t count, files;
  std::string text;
  record first;  // by the names of the files
  bool operator<(const phrase& b) const {
    return std::tie(b.count, text) < std::tie(count, b.text);
  }
};

struct counted_phrases {
  std::multiset<phrase> best;
  std::size_t distinct = 0;
};

/// The `top` most repeated phrases of records that are sorted by hash, and then by file and offset.
/// Calls text_of(record) only where the count could make the list.
template <class TextOf>
counted_phrases count_phrases(const mapvec::vector<record>& sorted,
                              const std::vector<std::string>& files, std::size_t top,
                              const TextOf& text_of) {
  counted_phrases all;
  const auto finish = [&](phrase run) {
    if (run.count == 0) return;
    ++all.distinct;
    if (all.best.size() == top && run.count < all.best.rbegin()->count) return;
    run.text = text_of(run.first);
    all.best.insert(std::move(run));
    if (all.best.size() > top) all.best.erase(std::prev(all.best.end()));
  };
  const auto by_name = [&](const record& a, const record& b) {  // kept files are in no such order
    return std::tie(files[a.file], a.offset) < std::tie(files[b.file], b.offset);
  };
  phrase run{};
  std::uint32_t last_file = 0;
  for (const auto& block : mapvec::blocks(sorted)) {
    for (const record& each : block) {
      if (each.hash != run.first.hash) finish(std::exchange(run, {}));
      const bool is_first = run.count++ == 0;
      if (!is_first && each.file == last_file) continue;  // the first in a file has come before
      last_file = each.file;
      ++run.files;
      if (is_first || by_name(each, run.first)) run.first = each;
    }
  }
  finish(std::move(run));
  return all;
}
