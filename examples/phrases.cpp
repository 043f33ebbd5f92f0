// SPDX-License-Identifier: MIT
//
// Finds the most repeated phrases in text files: a program around a vector that may outgrow memory.
// Every N consecutive words are hashed to 64 bits and a record is appended for them. Sorted by
// hash, equal phrases are neighbours, and counting is one walk. Texts are not compared: among n
// phrases two share a hash, and count as one, with odds of n^2 / 2^65, for a hundred million 1 in
// 3,700. With --keep the records go into a file that outlives the program, and a copy is sorted.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <mapvec/blocks.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "counting.hpp"
#include "files.hpp"
#include "memory.hpp"
#include "terminal.hpp"
#include "words.hpp"

namespace {
namespace fs = std::filesystem;
constexpr auto lost_text = "(its file cannot be read any more)";
constexpr auto usage =
    "usage: phrases [PATH...] [--words N] [--top N] [--keep F.npy] [--memory SIZE]\n"
    "Finds the most repeated phrases in files, and in directories with all that is below them.\n"
    "  PATH       files and directories (/usr/share); links below them are not followed\n"
    "  --words N  words in a phrase (5); a word is a run of A-Z, a-z and 0-9, case is ignored\n"
    "  --top N    how many phrases to print (20)\n"
    "  --keep F.npy  adds the records, as they are read, to those that runs with the same N have\n"
    "             left in this file, and counts all; a run that is killed leaves whole files. For\n"
    "             NumPy: F.names.npy has the full name of each file and a zero byte behind it; a\n"
    "             record's 'file' is the index of the name\n"
    "  --memory SIZE  such as 64M: reading, sorting and counting have no more of the records in\n"
    "             memory, page cache included; says how much it was\n";

struct corpus {
  std::size_t words = 5, top = 20, text = 0, binary = 0, unreadable = 0, text_bytes = 0;
  std::vector<std::string> files;  // a record holds the index
  std::size_t known_files = 0;     // so many of them have been read by earlier runs
  mapvec::vector<record> records;
  mapvec::file_vector<record> kept;  // instead, until it is time to sort; open with --keep only
  mapvec::file_vector<unsigned char> names;  // of the files whose records are kept
  memory_watch memory;

  mapvec::options storing() const { return {.budget = memory.budget()}; }
};

void skip_unreadable(corpus& texts, const std::string& path, const std::error_code& reason) {
  show_progress("", 1);
  std::cerr << "phrases: skipped " << path << ": " << reason.message() << '\n';
  ++texts.unreadable;
}

// Opens what earlier runs have kept, or makes it. Opening a file changes nothing in it.
void open_kept(corpus& texts, fs::path path) {
  using byte_file = mapvec::file_vector<unsigned char>;
  texts.kept = mapvec::file_vector<record>::open_or_create(path, texts.storing());
  // The run before may have left it in memory.
  if (texts.memory.is_bounded()) texts.kept.evict(0, texts.kept.size());
  path.replace_extension(".names.npy");
  texts.names = texts.kept.empty() ? byte_file::open_or_create(path, texts.storing())
                                   : byte_file::open(path, texts.storing());
  std::vector<std::string> files(1);
  for (const unsigned char letter : std::as_const(texts.names)) {
    if (letter != 0) files.back() += static_cast<char>(letter);
    if (letter == 0) files.emplace_back();
  }
  bool fits = files.back().empty();  // else the last name was cut
  files.pop_back();
  for (const auto& block : mapvec::blocks(std::as_const(texts.kept))) {
    for (const record& each : block) {
      fits = fits && each.file < files.size();
      if (each.words == texts.words) continue;
      throw std::runtime_error(texts.kept.path() + " has phrases of " + std::to_string(each.words) +
                               " words, which --words has to say");
    }
  }
  if (!fits)
    throw std::runtime_error(path.string() + " is not of " + texts.kept.path() + ": it names " +
                             std::to_string(files.size()) + " files");
  texts.known_files = files.size();
  std::ranges::move(texts.files, std::back_inserter(files));
  texts.files = std::move(files);
}

// Appends a record for every phrase of a file; false for a binary one.
bool append_phrases(corpus& texts, auto& records, std::size_t file, std::istream& in) {
  const auto append = [&](std::uint64_t hash, std::uint64_t offset) {
    records.push_back({hash, std::uint32_t(file), std::uint32_t(texts.words), offset});
  };
  return read_phrases(in, texts.words, append, [&](std::uint64_t offset, std::size_t size_bytes) {
    texts.text_bytes += size_bytes;
    texts.memory.forget(texts.files[file]);
    std::error_code gone;
    const double share = double(offset) / double(fs::file_size(texts.files[file], gone));
    show_progress("reading", (double(file - texts.known_files) + std::min(1.0, share)) /
                                 double(texts.files.size() - texts.known_files));
  });
}

// A kill leaves what was committed: records of whole files, whose names were there before them.
void keep_name(corpus& texts, std::size_t file) {
  constexpr std::size_t step = 32 * mapvec::MiB / sizeof(record);
  texts.names.append_range(texts.files[file]);
  texts.names.push_back(0);
  const std::size_t uncommitted = texts.kept.size() - texts.kept.committed_size();
  if (uncommitted < step && file + 1 < texts.files.size()) return;
  texts.names.commit();
  texts.kept.commit();
}

void read_files(corpus& texts, auto& records) {
  for (std::size_t i = texts.known_files; i < texts.files.size(); ++i) {
    const std::size_t size_before = records.size();
    errno = 0;
    std::ifstream in(texts.files[i], std::ios::binary);
    const bool is_text = append_phrases(texts, records, i, in);
    if (in.is_open() && !in.bad()) {
      ++(is_text ? texts.text : texts.binary);
    } else {
      records.truncate(size_before);  // a file counts as a whole or not at all
      skip_unreadable(texts, texts.files[i], {errno, std::generic_category()});
    }
    if (texts.kept.is_open()) keep_name(texts, i);
    texts.memory.forget(texts.files[i]);
    texts.memory.look(texts.records, texts.kept);
  }
}

// What is kept stays as it was read: a copy is sorted. Equal phrases stay in the order of reading.
void sort_records(corpus& texts) {
  texts.records.reserve(texts.records.size() + texts.kept.size());
  for (const auto& block : mapvec::blocks(std::as_const(texts.kept))) {
    texts.records.append_range(block);
    texts.memory.look(texts.records, texts.kept);
  }
  mapvec::stable_sort(texts.records, {}, &record::hash,
                      {.progress = [](double share) { show_progress("sorting", share); }});
}

counted_phrases count(const corpus& texts) {
  return count_phrases(texts.records, texts.files, texts.top, [&](const record& place) {
    const std::string& file = texts.files[place.file];
    const std::string text = phrase_at(file, place.offset, texts.words);
    texts.memory.forget(file);
    return text.empty() ? lost_text : text;
  });
}

void find_phrases(corpus& texts) {
  counted_phrases found;
  stopwatch phases;
  phases.time("reading", texts.text_bytes, [&] {
    return texts.kept.is_open() ? read_files(texts, texts.kept) : read_files(texts, texts.records);
  });
  if (texts.text == 0 && texts.kept.empty()) throw std::runtime_error("there is no text to read");
  const std::uint64_t record_bytes = (texts.records.size() + texts.kept.size()) * sizeof(record);
  phases.time("sorting", record_bytes, [&] { sort_records(texts); });
  phases.time("counting", record_bytes, [&] { found = count(texts); });
  show_progress("", 1);
  std::size_t width = 6;
  for (const auto& each : found.best) width = std::clamp(each.text.size(), width, std::size_t{60});
  const auto column = std::setw(static_cast<int>(width));
  std::cout << "     count     files  " << std::left << column << "phrase" << "  first at byte\n";
  std::set<std::uint32_t> lost;  // files that have been told of
  for (const auto& [count, files, text, first] : found.best) {
    if (text == lost_text && lost.insert(first.file).second)
      std::cerr << "phrases: cannot read " << texts.files[first.file] << " any more\n";
    std::cout << std::right << std::setw(10) << count << std::setw(10) << files << "  " << std::left
              << column << text << "  " << texts.files[first.file] << ": " << first.offset << '\n';
  }
  std::cout << "\ntext       " << texts.text << " files, " << texts.text_bytes << " bytes; skipped "
            << texts.binary << " binary, " << texts.unreadable << " unreadable\nelements   "
            << texts.records.size() << " of " << sizeof(record) << " bytes, " << found.distinct
            << " distinct\nbytes      "
            << texts.records.disk_size_bytes() + texts.kept.disk_size_bytes() << " on disk, "
            << peak_resident_bytes() << " of memory at the peak\n";
  texts.memory.print(std::cout);
  std::cout << phases.text();
}
}  // namespace

int main(int argc, char** argv) try {
  corpus texts;
  std::vector<std::string> paths;
  std::string keep;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help") return std::cout << usage, 0;
    if (!std::set<std::string>{"--words", "--top", "--keep", "--memory"}.contains(argument)) {
      if (argument.starts_with('-')) throw std::invalid_argument("there is no option " + argument);
      paths.push_back(argument);
      continue;
    }
    const std::string value = ++i < argc ? argv[i] : "";
    if (argument == "--words") texts.words = whole_number(argument, value);
    if (argument == "--top") texts.top = whole_number(argument, value);
    if (argument == "--keep") keep = value;
    if (argument == "--memory") texts.memory = memory_watch(size_in_bytes(argument, value));
    if (argument == "--keep" && !value.ends_with(".npy"))
      throw std::invalid_argument("--keep needs a name that ends in .npy");
  }
  if (paths.empty()) paths.emplace_back("/usr/share");
  for (const std::string& path : paths) {
    if (!fs::exists(path)) throw std::runtime_error("there is no file or directory " + path);
    list_files(texts.files, keep.empty() ? fs::path(path) : fs::absolute(path),
               [&](const auto&... failure) { skip_unreadable(texts, failure...); });
  }
  std::ranges::sort(texts.files);
  texts.records = mapvec::vector<record>(texts.storing());
  if (!keep.empty()) open_kept(texts, keep);
  std::cout.imbue(std::locale(std::locale::classic(), new thousands));
  find_phrases(texts);
  if (!std::cout.flush()) throw std::runtime_error("cannot write to standard output");
} catch (const std::exception& failure) {
  const bool mistake = dynamic_cast<const std::invalid_argument*>(&failure) != nullptr;
  show_progress("", 1);
  std::cerr << "phrases: " << failure.what() << '\n' << (mistake ? usage : "");
  return mistake ? 2 : 1;
}
