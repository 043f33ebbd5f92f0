// SPDX-License-Identifier: MIT
//
// Finds the most repeated phrases in text files: a program around a vector that may outgrow memory.
// Every N consecutive words are hashed to 64 bits and a record is appended for them. Sorted by
// hash, equal phrases are neighbours, and counting is one walk. Texts are not compared: among n
// phrases two share a hash, and count as one, with odds of n^2 / 2^65, for a hundred million 1 in
// 3,700.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <mapvec/vector.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {
namespace fs = std::filesystem;
using std::chrono::steady_clock;
constexpr auto usage =
    "usage: phrases [PATH...] [--words N] [--top N]\n"
    "Finds the most repeated phrases in files, and in directories with all that is below them.\n"
    "  PATH       files and directories (/usr/share); links below them are not followed\n"
    "  --words N  words in a phrase (5); a word is a run of A-Z, a-z and 0-9, case is ignored\n"
    "  --top N    how many phrases to print (20)\n";

struct record {  // a phrase begins at this byte of this file; sorted by the members in this order
  std::uint64_t hash, file, offset;
  friend auto operator<=>(const record&, const record&) = default;
};

struct phrase {
  std::size_t count, files;
  std::string text;
  record first;
  bool operator<(const auto& b) const { return std::tie(b.count, text) < std::tie(count, b.text); }
};

struct corpus {
  std::size_t words = 5, top = 20, text = 0, binary = 0, unreadable = 0, distinct = 0,
              text_bytes = 0;
  std::vector<std::string> files;  // a record holds the index
  mapvec::vector<record> records;
};

constexpr auto lower_case = [] {  // 0 for a byte that belongs to no word
  std::array<unsigned char, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = c;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = c;
  return table;
}();

struct thousands : std::numpunct<char> {  // 1234567 is printed as 1,234,567
  char do_thousands_sep() const override { return ','; }
  std::string do_grouping() const override { return "\3"; }
};

// A bar on stderr, ten times a second at most, and only where a person is looking; gone at 1.
void show_progress(const char* verb, double share) {
  static const bool watched = ::isatty(STDERR_FILENO) == 1;
  static steady_clock::time_point next;
  if (!watched || (share > 0 && share < 1 && steady_clock::now() < next)) return;
  next = steady_clock::now() + std::chrono::milliseconds(100);
  const std::string bar(static_cast<std::size_t>(share * 40), '#');
  std::cerr << "\r\033[K";
  if (share < 1) std::cerr << verb << " [" << std::left << std::setw(40) << bar << ']';
}

void skip_unreadable(corpus& texts, const std::string& path, const std::error_code& reason) {
  show_progress("", 1);
  std::cerr << "phrases: skipped " << path << ": " << reason.message() << '\n';
  ++texts.unreadable;
}

void list_files(corpus& texts, const fs::path& path) {
  std::error_code failure, gone;  // what disappears meanwhile has never been there
  if (fs::is_regular_file(path, failure)) return texts.files.push_back(path);
  fs::directory_iterator entry(path, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    if (entry->is_symlink(gone)) continue;  // it might lead in circles
    if (entry->is_directory(gone)) list_files(texts, entry->path());
    if (!entry->is_regular_file(gone) || entry->file_size(gone) == 0) continue;
    texts.files.push_back(entry->path());  // of size 0 are files of the kernel that never end
  }
  if (failure) skip_unreadable(texts, path, failure);
}

// Appends a record for every phrase of a file; false for a binary one. A word's hash is FNV-1a
// (Fowler, Noll, Vo), stirred at its end; a phrase's is the rolling polynomial of Karp and Rabin
// over them, modulo 2^64. That withstands chance, not an author who wants two phrases to collide.
bool append_phrases(corpus& texts, std::uint64_t file, std::istream& in) {
  constexpr std::uint64_t no_word = 0xcbf29ce484222325, factor = 0x9e3779b97f4a7c15;
  std::uint64_t oldest_factor = 1, hash = no_word, sum = 0, begin = 0, seen = 0, oldest = 0;
  for (std::size_t i = 1; i < texts.words; ++i) oldest_factor *= factor;
  std::vector<record> window(texts.words);  // the last words; the phrase begins with the oldest
  const auto end_word = [&] {
    hash = (hash ^ (hash >> 32)) * 0xff51afd7ed558ccd;
    hash ^= hash >> 29;
    sum = (sum - window[oldest].hash * oldest_factor) * factor + hash;
    window[oldest] = {std::exchange(hash, no_word), file, begin};
    oldest = oldest + 1 == window.size() ? 0 : oldest + 1;
    if (++seen >= window.size()) texts.records.push_back({sum, file, window[oldest].offset});
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
    texts.text_bytes += got.size();
    std::error_code gone;
    const double share = double(offset) / double(fs::file_size(texts.files[file], gone));
    show_progress("reading", (double(file) + std::min(1.0, share)) / double(texts.files.size()));
  }
  if (hash != no_word) end_word();
  return true;
}

void read_files(corpus& texts) {
  for (std::size_t i = 0; i < texts.files.size(); ++i) {
    const std::size_t size_before = texts.records.size();
    errno = 0;
    std::ifstream in(texts.files[i], std::ios::binary);
    const bool is_text = append_phrases(texts, i, in);
    const bool failed = !in.is_open() || in.bad();
    if (!failed) ++(is_text ? texts.text : texts.binary);
    if (!failed) continue;
    texts.records.truncate(size_before);  // a file counts as a whole or not at all
    skip_unreadable(texts, texts.files[i], {errno, std::generic_category()});
  }
}

std::string text_of(const corpus& texts, const record& first) {
  std::ifstream in(texts.files[first.file], std::ios::binary);
  in.seekg(static_cast<std::streamoff>(first.offset));
  std::string text;
  for (std::size_t words = texts.words; in && text.size() < 4096;) {  // nobody reads on
    const auto letter = static_cast<char>(lower_case[static_cast<unsigned char>(in.get())]);
    const bool ends_word = letter == 0 && !text.ends_with(' ');
    if (ends_word && --words == 0) break;
    if (letter != 0 || ends_word) text += letter != 0 ? letter : ' ';
  }
  return text;
}

// Walks over the runs of equal hashes. A text is read only where the count could make the list.
std::multiset<phrase> most_repeated(corpus& texts) {
  std::multiset<phrase> best;
  const auto end = texts.records.end();
  for (auto first = texts.records.begin(), last = first; first != end; first = last) {
    std::size_t files = 1;
    while (++last != end && last->hash == first->hash) files += last->file != last[-1].file;
    const auto count = static_cast<std::size_t>(last - first);
    ++texts.distinct;
    if (best.size() == texts.top && count < best.rbegin()->count) continue;
    best.insert({count, files, text_of(texts, *first), *first});
    if (best.size() > texts.top) best.erase(std::prev(best.end()));
  }
  return best;
}

void find_phrases(corpus& texts) {
  std::multiset<phrase> best;
  std::ostringstream phases;
  const auto timed = [&](const char* verb, const std::uint64_t& size_bytes, const auto& work) {
    show_progress(verb, 0);
    const auto start = steady_clock::now();
    work();
    const double seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
    phases << std::left << std::setw(9) << verb << std::right << std::setw(9) << seconds << " s"
           << std::setw(10) << double(size_bytes) / 1e6 / seconds << " MB/s\n";
  };
  phases << std::fixed << std::setprecision(2);
  timed("reading", texts.text_bytes, [&] { read_files(texts); });
  if (texts.text == 0) throw std::runtime_error("there is no text to read");
  const std::uint64_t record_bytes = texts.records.size() * sizeof(record);
  timed("sorting", record_bytes, [&] { std::sort(texts.records.begin(), texts.records.end()); });
  timed("counting", record_bytes, [&] { best = most_repeated(texts); });
  show_progress("", 1);
  std::size_t width = 6;
  for (const auto& each : best) width = std::clamp(each.text.size(), width, std::size_t{60});
  const auto column = std::setw(static_cast<int>(width));
  std::cout << "     count     files  " << std::left << column << "phrase" << "  first at byte\n";
  for (const auto& [count, files, text, first] : best)
    std::cout << std::right << std::setw(10) << count << std::setw(10) << files << "  " << std::left
              << column << text << "  " << texts.files[first.file] << ": " << first.offset << '\n';
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::cout << "\ntext       " << texts.text << " files, " << texts.text_bytes << " bytes; skipped "
            << texts.binary << " binary, " << texts.unreadable << " unreadable\nelements   "
            << texts.records.size() << " of " << sizeof(record) << " bytes, " << texts.distinct
            << " distinct\nbytes      " << texts.records.disk_size_bytes() << " on disk, "
            << used.ru_maxrss * 1024 << " of memory at the peak\n"
            << phases.str();
}
}  // namespace

int main(int argc, char** argv) try {
  corpus texts;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help") return std::cout << usage, 0;
    if (argument != "--words" && argument != "--top") {
      if (argument.starts_with('-')) throw std::invalid_argument("there is no option " + argument);
      paths.push_back(argument);
      continue;
    }
    std::size_t& number = argument == "--words" ? texts.words : texts.top;
    const std::string_view text = ++i < argc ? argv[i] : "";
    const auto [end, failure] = std::from_chars(text.begin(), text.end(), number);
    if (failure != std::errc() || end != text.end() || number < 1 || number > 1'000'000)
      throw std::invalid_argument(argument + " needs a whole number from 1 to 1000000");
  }
  if (paths.empty()) paths.emplace_back("/usr/share");
  for (const std::string& path : paths) {
    if (!fs::exists(path)) throw std::runtime_error("there is no file or directory " + path);
    list_files(texts, path);
  }
  std::ranges::sort(texts.files);
  std::cout.imbue(std::locale(std::locale::classic(), new thousands));
  find_phrases(texts);
  if (!std::cout.flush()) throw std::runtime_error("cannot write to standard output");
} catch (const std::exception& failure) {
  const bool mistake = dynamic_cast<const std::invalid_argument*>(&failure) != nullptr;
  show_progress("", 1);
  std::cerr << "phrases: " << failure.what() << '\n' << (mistake ? usage : "");
  return mistake ? 2 : 1;
}
