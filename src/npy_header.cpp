// SPDX-License-Identifier: MIT
#include <mapvec/npy_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <mapvec/error.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t max_text_bytes = 10000;
constexpr std::size_t preamble_bytes = 10;  // of version 1.0: magic, version, length
constexpr std::size_t max_canonical_bytes = preamble_bytes + max_text_bytes;
// Less would not be worth the rewriting of a header that np.save wrote.
constexpr std::size_t min_count_places = 12;

// --- the canonical form ------------------------------------------------------------------------

std::string text_before_count(const npy_array& array) {
  constexpr std::string_view constant = ", 'fortran_order': False, 'shape': (";
  std::string text = "{'descr': ";
  text.reserve(text.size() + array.dtype.size() + constant.size());
  return text.append(array.dtype).append(constant);
}

/// No blank stands between the last digit and ",)": some readers search for just that.
std::string text_behind_count(const npy_array& array) {
  std::string text;
  for (const std::uint64_t extent : array.row_extents) text += ", " + std::to_string(extent);
  return text + (array.row_extents.empty() ? ",), }" : "), }");
}

/// Where the count goes, whose field begins at `begin`, when nothing else matters: into 16 bytes of
/// its own.
std::size_t best_count_end(std::size_t begin) noexcept {
  return round_up(begin + npy_header::slot_bytes, npy_header::slot_bytes);
}

std::uint64_t largest_of(std::size_t places) noexcept {
  std::uint64_t power = 1;
  for (std::size_t i = 0; i < places; ++i) power *= 10;
  return power - 1;
}

void put_right_aligned(std::uint64_t value, char* first, char* last) noexcept {
  do {
    *--last = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  std::fill(first, last, ' ');
}

struct canonical_text {
  std::string text;
  std::size_t count_end;
  std::size_t count_places;
};

std::optional<canonical_text> write_canonical(const npy_array& array, std::uint64_t count,
                                              std::size_t size_bytes) {
  if (size_bytes > max_canonical_bytes || array.dtype.size() > size_bytes) return std::nullopt;
  const std::string before = text_before_count(array);
  const std::string behind = text_behind_count(array);
  const std::size_t begin = preamble_bytes + before.size();
  const auto fits = [&](std::size_t end) { return end + behind.size() + 1 <= size_bytes; };
  std::size_t end = best_count_end(begin);
  // One slot earlier the 16 bytes also hold some constant text in front of the count.
  if (!fits(end)) end -= npy_header::slot_bytes;
  const std::size_t places = end < begin ? 0 : std::min(end - begin, npy_header::slot_bytes);
  if (!fits(end) || places < min_count_places || count > largest_of(places)) return std::nullopt;
  const std::size_t text_bytes = size_bytes - preamble_bytes;
  std::string text;
  text.reserve(size_bytes);
  text.append(magic).append(1, '\x01').append(1, '\x00');
  text += static_cast<char>(text_bytes & 0xFF);
  text += static_cast<char>(text_bytes >> 8);
  text.append(before).append(end - begin, ' ').append(behind);
  text.resize(size_bytes - 1, ' ');
  text += '\n';
  put_right_aligned(count, text.data() + end - places, text.data() + end);
  return canonical_text{std::move(text), end, places};
}

// --- the parser --------------------------------------------------------------------------------

constexpr std::string_view keys[] = {"descr", "fortran_order", "shape"};

std::string quoted(std::string_view text) {
  const char quote = text.find('\'') == text.npos ? '\'' : '"';
  std::string result(1, quote);
  for (const char letter : text.substr(0, 64)) {
    result += letter >= ' ' && letter <= '~' ? letter : '?';
  }
  return result.append(text.size() > 64 ? "..." : "") + quote;
}

/// A tuple with at least one number. A header can hold hundreds: they are not worth a vector each.
struct extent_list {
  std::array<std::uint64_t, max_npy_extents> values;
  std::size_t size = 0;

  const std::uint64_t* begin() const noexcept { return values.data(); }
  const std::uint64_t* end() const noexcept { return values.data() + size; }
};

/// Reads the dict of a header, which is a literal of Python. It knows much less of Python than
/// NumPy, which is the point: what it accepts is what np.save and its like write, and there is one
/// way to understand that.
class dict_parser {
 public:
  dict_parser(std::string_view text, std::size_t offset, bool takes_long, path_view path)
      : text_(text), offset_(offset), takes_long_(takes_long), path_(path) {}

  void parse();

  /// Where the elements begin.
  std::size_t end_offset() const noexcept { return offset_ + text_.size(); }

  npy_array array;
  std::uint64_t count = 0;

 private:
  /// Of a name in text_; small, because a header can hold hundreds.
  struct name_place {
    std::uint16_t begin;
    std::uint16_t size;
  };

  [[noreturn]] void refuse(std::string_view stored, std::string_view asked) const {
    throw format_error(path_.c_str(), "a .npy header " + std::string(stored), asked);
  }
  [[noreturn]] void refuse_next(std::string_view asked) const;

  void skip_blanks() noexcept {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool next_is(char letter) noexcept {
    skip_blanks();
    return at_ < text_.size() && text_[at_] == letter;
  }
  bool take(char letter) noexcept {
    if (!next_is(letter)) return false;
    ++at_;
    return true;
  }
  void expect(char letter) {
    if (!take(letter)) refuse_next(std::string("'") + letter + "' there");
  }

  std::string_view string();
  std::uint64_t number();
  bool boolean();
  extent_list extents();

  // These append the canonical text and return the size of one such element.
  std::size_t dtype(std::string& canonical, std::size_t nesting);
  std::size_t scalar(std::string& canonical, std::string_view text) const;
  std::size_t record(std::string& canonical, std::size_t nesting);
  std::size_t field(std::string& canonical, std::size_t nesting);
  std::size_t times_extents(std::string& canonical, std::size_t element_bytes);
  void refuse_twice(std::size_t first_name);

  void entry(bool (&seen)[std::size(keys)], bool& fortran_order);

  std::string_view text_;
  std::size_t offset_;  // of text_ in the file
  bool takes_long_;     // files of Python 2 may say 5L
  path_view path_;
  std::size_t at_ = 0;
  std::vector<name_place> names_;  // of all structs being read, the innermost last
};

void dict_parser::refuse_next(std::string_view asked) const {
  const std::string where = "at byte " + std::to_string(offset_ + at_);
  if (at_ >= text_.size()) refuse("that ends " + where, asked);
  const auto letter = static_cast<unsigned char>(text_[at_]);
  if (letter >= ' ' && letter <= '~') {
    refuse("with " + quoted(text_.substr(at_, 1)) + ' ' + where, asked);
  }
  refuse("with the byte value " + std::to_string(letter) + ' ' + where, asked);
}

/// Without escapes, and of one piece: Python joins neighbours, here the second one is refused by
/// what has to follow the first.
std::string_view dict_parser::string() {
  skip_blanks();
  const char quote = at_ < text_.size() ? text_[at_] : '\0';
  if (quote != '\'' && quote != '"') refuse_next("a string there");
  const std::size_t begin = ++at_;
  while (at_ < text_.size() && text_[at_] != quote) {
    const char letter = text_[at_];
    if (letter < ' ' || letter > '~' || letter == '\\') {
      refuse_next("strings of printable ASCII without escapes");
    }
    ++at_;
  }
  if (at_ == text_.size()) refuse_next("the end of the string");
  return text_.substr(begin, at_++ - begin);
}

std::uint64_t dict_parser::number() {
  skip_blanks();
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
    const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      refuse("with a number of more than 64 bits at byte " + std::to_string(offset_ + begin),
             "extents that a file can have");
    }
  }
  if (at_ == begin) refuse_next("a decimal number there");
  if (text_[begin] == '0' && at_ - begin > 1) {
    refuse("with a zero in front of a number at byte " + std::to_string(offset_ + begin),
           "decimal numbers without");
  }
  if (takes_long_ && at_ < text_.size() && text_[at_] == 'L') ++at_;
  return value;
}

bool dict_parser::boolean() {
  skip_blanks();
  for (const std::string_view name : {"False", "True"}) {
    if (text_.substr(at_, name.size()) == name) {
      at_ += name.size();
      return name == "True";
    }
  }
  refuse_next("True or False for 'fortran_order'");
}

extent_list dict_parser::extents() {
  extent_list result;
  expect('(');
  if (next_is(')')) refuse("with the shape ()", "one extent or more");
  bool comma = false;
  do {
    if (result.size == max_npy_extents) {
      refuse("with more than " + std::to_string(max_npy_extents) + " extents", "fewer");
    }
    result.values[result.size++] = number();
    comma = take(',');
  } while (comma && !next_is(')'));
  // (5) is a number and no tuple.
  if (result.size == 1 && !comma) refuse_next("',' behind the only extent");
  expect(')');
  return result;
}

/// The size of an element of NumPy's `kind` and what its dtype says behind the kind; 0 where there
/// is none.
std::size_t element_bytes(char kind, std::size_t number) noexcept {
  const auto is_one_of = [&](std::initializer_list<std::size_t> sizes) {
    return std::find(sizes.begin(), sizes.end(), number) != sizes.end() ? number : 0;
  };
  switch (kind) {
    case 'b':
      return is_one_of({1});
    case 'i':
    case 'u':
      return is_one_of({1, 2, 4, 8});
    case 'f':
      return is_one_of({2, 4, 8, 16});
    case 'c':
      return is_one_of({8, 16, 32});
    case 'M':
    case 'm':
      return is_one_of({8});
    case 'S':
    case 'V':
      return number <= max_npy_element_bytes ? number : 0;
    case 'U':
      return number <= max_npy_element_bytes / 4 ? number * 4 : 0;
    default:
      return 0;
  }
}

/// Takes a decimal number without a zero in front from the start of `text`; 0 if there is none.
std::size_t take_number(std::string_view& text) noexcept {
  std::size_t number = 0;
  if (text.starts_with('0')) return 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// "[ns]", "[25s]", or nothing for a time without unit.
bool is_time_unit(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  text = text.substr(1, text.size() - 2);
  const bool has_number = !text.empty() && text[0] <= '9';
  const std::size_t number = take_number(text);
  if (has_number && (number < 2 || number > std::numeric_limits<std::int32_t>::max())) return false;
  constexpr std::string_view units[] = {"Y",  "M",  "W",  "D",  "h",  "m", "s",
                                        "ms", "us", "ns", "ps", "fs", "as"};
  return std::find(std::begin(units), std::end(units), text) != std::end(units);
}

std::size_t dict_parser::scalar(std::string& canonical, std::string_view text) const {
  const char order = text.empty() ? '\0' : text[0];
  const char kind = text.size() < 2 ? '\0' : text[1];
  if (order == 'O' || kind == 'O') {
    refuse("of Python objects (dtype " + quoted(text) + "), which are pickled", "plain values");
  }
  std::string_view rest = text.substr(std::min<std::size_t>(text.size(), 2));
  const std::size_t size_bytes = element_bytes(kind, take_number(rest));
  const bool is_time = kind == 'M' || kind == 'm';
  if (size_bytes == 0 || (order != '<' && order != '>' && order != '|') ||
      (is_time ? !is_time_unit(rest) : !rest.empty())) {
    refuse("with the dtype " + quoted(text), "one that np.save writes");
  }
  const bool has_order = size_bytes > 1 && kind != 'S' && kind != 'V';
  if (has_order && order == '>') {
    refuse("of big-endian elements (dtype " + quoted(text) + ')', "little-endian ones");
  }
  if (has_order && order == '|') {
    refuse("without a byte order in the dtype " + quoted(text), "'<' in front");
  }
  canonical.append(has_order ? "'<" : "'|").append(text.substr(1)).append("'");
  return size_bytes;
}

std::size_t dict_parser::times_extents(std::string& canonical, std::size_t element_bytes) {
  const extent_list list = extents();
  const char* separator = ", (";
  for (const std::uint64_t extent : list) {
    if (extent == 0) refuse("with a field of no elements", "one or more");
    element_bytes = saturating_multiply(element_bytes, extent);
    canonical.append(separator).append(std::to_string(extent));
    separator = ", ";
  }
  canonical += list.size == 1 ? ",)" : ")";
  return element_bytes;
}

/// A field without a name is a gap; it adds nothing to names_.
std::size_t dict_parser::field(std::string& canonical, std::size_t nesting) {
  expect('(');
  if (next_is('(')) refuse("with a title beside a field's name", "names alone");
  const std::string_view name = string();
  const char quote = name.find('\'') == name.npos ? '\'' : '"';
  canonical.append(1, '(').append(1, quote).append(name).append(1, quote).append(", ");
  expect(',');
  std::size_t size_bytes = 0;
  if (name.empty()) {
    const std::string_view gap = string();
    if (gap.substr(0, 2) != "|V") refuse("with a field of no name", "names for all fields");
    size_bytes = scalar(canonical, gap);
    take(',');
  } else {
    const auto begin = static_cast<std::uint16_t>(name.data() - text_.data());
    names_.push_back({begin, static_cast<std::uint16_t>(name.size())});
    size_bytes = dtype(canonical, nesting + 1);
    if (take(',') && !next_is(')')) {
      size_bytes = times_extents(canonical, size_bytes);
      take(',');
    }
  }
  expect(')');
  canonical += ')';
  return size_bytes;
}

std::size_t dict_parser::record(std::string& canonical, std::size_t nesting) {
  if (nesting >= max_npy_nesting) {
    refuse("with structs in structs", "at most " + std::to_string(max_npy_nesting) + " levels");
  }
  const std::size_t first_name = names_.size();
  std::size_t size_bytes = 0;
  bool was_gap = false;
  canonical += '[';
  expect('[');
  do {
    const std::size_t names = names_.size();
    size_bytes = saturating_add(size_bytes, field(canonical, nesting));
    if (size_bytes > max_npy_element_bytes) refuse("of elements of 2 GiB or more", "smaller ones");
    const bool is_gap = names_.size() == names;
    if (is_gap && was_gap) refuse("with two gaps side by side", "one");
    was_gap = is_gap;
    canonical += ", ";
  } while (take(',') && !next_is(']'));
  expect(']');
  canonical.replace(canonical.size() - 2, 2, "]");
  if (names_.size() == first_name) refuse("with a struct without fields", "one field or more");
  refuse_twice(first_name);
  names_.resize(first_name);
  return size_bytes;
}

void dict_parser::refuse_twice(std::size_t first_name) {
  const auto text_of = [this](name_place name) { return text_.substr(name.begin, name.size); };
  const auto first = names_.begin() + static_cast<std::ptrdiff_t>(first_name);
  std::sort(first, names_.end(),
            [&](name_place a, name_place b) { return text_of(a) < text_of(b); });
  const auto twice = std::adjacent_find(
      first, names_.end(), [&](name_place a, name_place b) { return text_of(a) == text_of(b); });
  if (twice != names_.end()) {
    refuse("with two fields of the name " + quoted(text_of(*twice)), "different names");
  }
}

std::size_t dict_parser::dtype(std::string& canonical, std::size_t nesting) {
  return next_is('[') ? record(canonical, nesting) : scalar(canonical, string());
}

void dict_parser::entry(bool (&seen)[std::size(keys)], bool& fortran_order) {
  const std::string_view key = string();
  const auto found = std::find(std::begin(keys), std::end(keys), key);
  if (found == std::end(keys)) {
    refuse("with the key " + quoted(key), "'descr', 'fortran_order' and 'shape'");
  }
  const auto index = static_cast<std::size_t>(found - std::begin(keys));
  if (std::exchange(seen[index], true)) refuse("with two keys " + quoted(key), "one");
  expect(':');
  if (key == "descr") {
    array.dtype.reserve(text_.size() + text_.size() / 2);  // it can grow by blanks behind commas
    dtype(array.dtype, 0);
  } else if (key == "fortran_order") {
    fortran_order = boolean();
  } else {
    const extent_list all = extents();
    count = *all.begin();
    array.row_extents.assign(all.begin() + 1, all.end());
  }
}

void dict_parser::parse() {
  bool seen[std::size(keys)] = {};
  bool fortran_order = false;
  if (!text_.starts_with('{')) refuse_next("'{' there");
  ++at_;
  do {
    entry(seen, fortran_order);
  } while (take(',') && !next_is('}'));
  expect('}');
  for (std::size_t i = 0; i < std::size(keys); ++i) {
    if (!seen[i]) refuse("without the key " + quoted(keys[i]), "all three keys");
  }
  skip_blanks();
  if (at_ + 1 == text_.size() && text_[at_] == '\n') ++at_;
  if (at_ != text_.size()) refuse_next("blanks and a newline at the end");
  // The elements of one row would not lie side by side.
  if (fortran_order && !array.row_extents.empty()) {
    refuse("of elements in Fortran order", "C order (numpy.ascontiguousarray)");
  }
}

/// Finds the dict in `bytes`: its place, and whether it may be of Python 2.
dict_parser find_dict(std::string_view bytes, path_view path) {
  const auto refuse = [&](std::string_view stored, std::string_view asked) {
    throw format_error(path.c_str(), stored, asked);
  };
  if (bytes.substr(0, magic.size()) != magic.substr(0, bytes.size())) {
    refuse("no .npy header", "a file that begins with \\x93NUMPY");
  }
  const auto require = [&](std::size_t needed_bytes) {
    if (needed_bytes <= bytes.size()) return;
    refuse("only " + std::to_string(bytes.size()) + " bytes of a .npy header",
           "at least " + std::to_string(needed_bytes));
  };
  const auto byte = [&](std::size_t at) -> std::size_t {
    return static_cast<unsigned char>(bytes[at]);
  };
  require(preamble_bytes);
  const std::size_t major = byte(6);
  const std::size_t minor = byte(7);
  if (major < 1 || major > 3 || minor != 0) {
    refuse("version " + std::to_string(major) + '.' + std::to_string(minor) + " of the .npy format",
           "1.0, 2.0 or 3.0");
  }
  std::size_t size_bytes = byte(8) | byte(9) << 8;
  std::size_t begin = preamble_bytes;
  if (major > 1) {
    require(preamble_bytes + 2);
    size_bytes |= byte(10) << 16 | byte(11) << 24;
    begin += 2;
  }
  if (size_bytes > max_text_bytes) {
    refuse("a .npy header of " + std::to_string(size_bytes) + " bytes",
           "at most " + std::to_string(max_text_bytes));
  }
  require(begin + size_bytes);
  return dict_parser(bytes.substr(begin, size_bytes), begin, major < 3, path);
}

}  // namespace

npy_header npy_header::canonical(npy_array array, std::size_t alignment_bytes) {
  MAPVEC_ASSERT(std::has_single_bit(alignment_bytes));
  MAPVEC_ASSERT(alignment_bytes <= max_npy_alignment_bytes);
  const std::size_t end = best_count_end(preamble_bytes + text_before_count(array).size());
  const std::size_t needed = end + text_behind_count(array).size() + 1;
  // The text takes more than 64 bytes, so this is 128 or more.
  const std::size_t unit = std::max<std::size_t>(alignment_bytes, 64);
  auto header = canonical_of_size(std::move(array), 0, round_up(needed, unit));
  if (!header) {
    throw std::length_error("mapvec: the dtype of the elements takes " + std::to_string(needed) +
                            " bytes of header, more than NumPy reads");
  }
  return *std::move(header);
}

std::optional<npy_header> npy_header::canonical_of_size(npy_array array, std::uint64_t count,
                                                        std::size_t size_bytes) {
  auto written = write_canonical(array, count, size_bytes);
  if (!written) return std::nullopt;
  npy_header header;
  header.array_ = std::move(array);
  header.count_ = count;
  header.text_ = std::move(written->text);
  header.count_end_ = written->count_end;
  header.count_places_ = written->count_places;
  return header;
}

npy_header npy_header::parse(std::string_view bytes, path_view path) {
  dict_parser parser = find_dict(bytes, path);
  parser.parse();
  npy_header header;
  header.text_ = bytes.substr(0, parser.end_offset());
  header.array_ = std::move(parser.array);
  header.count_ = parser.count;
  const auto written = write_canonical(header.array_, header.count_, header.size_bytes());
  if (written && written->text == header.text_) {
    header.count_end_ = written->count_end;
    header.count_places_ = written->count_places;
  }
  return header;
}

std::uint64_t npy_header::max_count() const noexcept {
  MAPVEC_ASSERT(is_canonical());
  return largest_of(count_places_);
}

void npy_header::set_count(std::uint64_t count) noexcept {
  MAPVEC_ASSERT(is_canonical() && count <= max_count());
  char* const end = text_.data() + count_end_;
  put_right_aligned(count, end - count_places_, end);
  count_ = count;
}

}  // namespace mapvec::inline v0_1::detail
