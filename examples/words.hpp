// SPDX-License-Identifier: MIT
//
// Words and phrases in text files: a word is a run of A-Z, a-z and 0-9, a phrase is so many words
// that follow each other, and case makes no difference. For one thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

inline constexpr auto lower_case = [] {  // 0 for a byte that belongs to no word
  std::array<unsigned char, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = c;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = c;
  return table;
}();

/// Calls found(hash, offset) for every phrase, and progress(offset, size) for every piece that was
/// read; false for a binary file. A word's hash is FNV-1a (Fowler, Noll, Vo), stirred at its end; a
/// phrase's is the rolling polynomial of Karp and Rabin over them, modulo 2^64. That withstands
/// chance, not an author who wants two phrases to collide.
template <class Found, class Progress>
bool read_phrases(std::istream& in, std::size_t words, const Found& found,
                  const Progress& progress) {
  struct word {
    std::uint64_t hash, offset;
  };
  constexpr std::uint64_t no_word = 0xcbf29ce484222325, factor = 0x9e3779b97f4a7c15;
  std::uint64_t oldest_factor = 1, hash = no_word, sum = 0, begin = 0, seen = 0, oldest = 0;
  for (std::size_t i = 1; i < words; ++i) oldest_factor *= factor;
  std::vector<word> window(words);  // the last words; the phrase begins with the oldest
  const auto end_word = [&] {
    hash = (hash ^ (hash >> 32)) * 0xff51afd7ed558ccd;
    hash ^= hash >> 29;
    sum = (sum - window[oldest].hash * oldest_factor) * factor + hash;
    window[oldest] = {std::exchange(hash, no_word), begin};
    oldest = oldest + 1 == window.size() ? 0 : oldest + 1;
    if (++seen >= window.size()) found(sum, window[oldest].offset);
  };
  static std::array<char, 1 << 20> piece;
  std::streamsize room = 8192;  // the first piece decides whether the file is text
  for (std::uint64_t offset = 0; in; room = piece.size()) {
    const std::string_view got(piece.data(), std::size_t(in.read(piece.data(), room).gcount()));
    if (offset == 0 && got.find('\0') != got.npos) return false;
    for (const char byte : got) {
      const std::uint64_t letter = lower_case[static_cast<unsigned char>(byte)];
      if (letter == 0 && hash != no_word) end_word();
      if (letter != 0 && hash == no_word) begin = offset;
      if (letter != 0) hash = (hash ^ letter) * 0x100000001b3;
      ++offset;
    }
    progress(offset, got.size());
  }
  if (hash != no_word) end_word();
  return true;
}

/// The phrase that begins there, with single blanks; what is there by now, if the file has changed.
/// Empty if the file has gone, cannot be read, or ends before so many words.
inline std::string phrase_at(const std::string& path, std::uint64_t offset, std::size_t words) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  std::string text;
  while (in && text.size() < 4096) {  // nobody reads on
    const auto letter = static_cast<char>(lower_case[static_cast<unsigned char>(in.get())]);
    const bool ends_word = letter == 0 && !text.ends_with(' ');
    if (ends_word && --words == 0) break;
    if (letter != 0 || ends_word) text += letter != 0 ? letter : ' ';
  }
  return in || words == 0 ? text : std::string();
}
