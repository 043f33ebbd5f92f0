// SPDX-License-Identifier: MIT
//
// Goal: vectors go through the archives of Boost.Serialization and come back, a std::vector reads
// what they wrote and they read what it wrote, pointers in an archive lead to the elements, and
// wrong input changes nothing. Method: the same body for the binary and text archives; input cut at
// 97 places, and a count that is not true.
#include "archive_case.hpp"

#include <algorithm>
#include <array>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/serialization/is_bitwise_serializable.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/vector.hpp>
#include <cstdint>
#include <sstream>

#include <mapvec/options.hpp>
#include <mapvec/serialize/boost.hpp>

#include "support/child_process.hpp"

namespace mapvec::test {

/// 64 KiB, so that few of them are more than one block; tracked as what is saved by pointer is.
struct tracked {
  std::array<std::uint64_t, 8192> words{};
  template <class Archive>
  void serialize(Archive& archive, unsigned /*version*/) {
    archive& words[0];
  }
  friend bool operator==(const tracked&, const tracked&) = default;
};

/// Not tracked itself, but what it holds is, behind what is not. As large as two of those, so that
/// it lies at the same addresses of each buffer.
struct holder {
  std::array<std::uint64_t, 8192> words{};
  tracked held;
  template <class Archive>
  void serialize(Archive& archive, unsigned /*version*/) {
    archive& words[0] & held;
  }
  friend bool operator==(const holder&, const holder&) = default;
};

/// Written in arrays, and of a class that may be tracked.
struct point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  template <class Archive>
  void serialize(Archive& archive, unsigned /*version*/) {
    archive & x & y;
  }
  friend bool operator==(const point&, const point&) = default;
};

}  // namespace mapvec::test

BOOST_CLASS_TRACKING(mapvec::test::tracked, boost::serialization::track_always)
BOOST_CLASS_TRACKING(mapvec::test::holder, boost::serialization::track_never)
BOOST_IS_BITWISE_SERIALIZABLE(mapvec::test::point)
template <>
inline constexpr bool mapvec::store_as_bytes<mapvec::test::tracked> = true;
template <>
inline constexpr bool mapvec::store_as_bytes<mapvec::test::holder> = true;

namespace mapvec::test {

template <class Archive>
void serialize(Archive& archive, city& value, unsigned /*version*/) {
  archive & value.name;
  archive & value.inhabitants;
}

namespace {

template <class Output, class Input>
struct archive_format {
  using output = Output;
  using input = Input;
  template <class V>
  static std::string save(const V& elements) {
    std::ostringstream text;
    {
      Output archive(text);
      archive << boost::serialization::make_nvp("elements", elements);
    }
    return text.str();
  }
  template <class V>
  static void load(const std::string& text, V& elements) {
    std::istringstream from(text);
    Input archive(from);
    archive >> boost::serialization::make_nvp("elements", elements);
  }
};

using binary = archive_format<boost::archive::binary_oarchive, boost::archive::binary_iarchive>;
using plain = archive_format<boost::archive::text_oarchive, boost::archive::text_iarchive>;

const std::vector<city> cities = {{"Bern", 134'000}, {"", 0}, {"Chur", 38'000}};

TEST(boost_archives, binary_ones_hold_what_a_std_vector_would_write) {
  expect_numbers_to_go_both_ways<binary>();
  expect_round_trip<binary>(cities);
}

TEST(boost_archives, of_text_hold_what_a_std_vector_would_write) {
  expect_round_trip<plain>(some_numbers<std::uint64_t>(5'000));
  expect_round_trip<plain>(cities);
}

TEST(boost_archives, take_and_fill_files) { expect_files_to_go_both_ways<binary>(); }

TEST(boost_archives, leave_files_that_are_committed_without_waiting) {
  expect_files_that_were_read_to_be_committed_without_waiting<binary>();
  expect_files_that_were_read_to_be_committed_without_waiting<plain>();
}

tracked tracked_of(std::uint64_t number) {
  tracked made;
  made.words[0] = number;
  return made;
}

holder holder_of(std::uint64_t number) {
  holder made;
  made.words[0] = number;
  made.held = tracked_of(number + 1'000);
  return made;
}

TEST(boost_archives, of_incomplete_rows_throw_and_change_nothing) {
  expect_incomplete_rows_to_change_nothing<binary>();
  expect_incomplete_rows_to_change_nothing<plain>();
  expect_incomplete_rows_to_change_nothing<binary>([](int n) { return tracked_of(n); });
}

/// More than there is to read, as many, and fewer.
TEST(boost_archives, of_classes_that_are_cut_give_back_what_was_overwritten) {
  const std::string text = plain::save(cities);
  for (const std::size_t old_size : {0, 1, 2, 3, 7}) {
    vector<city> before;
    for (std::size_t i = 0; i < old_size; ++i)
      before.push_back({std::string(100, 'x'), static_cast<int>(i)});
    vector<city> read = before;
    for (std::size_t left = 0; left + 10 < text.size(); ++left) {
      EXPECT_THROW(plain::load(text.substr(0, left), read), boost::archive::archive_exception);
      ASSERT_TRUE(read == before) << left << " bytes over " << old_size;
    }
  }
}

TEST(boost_archives, of_classes_are_not_read_over_the_elements_of_the_parent) {
  const std::string text = binary::save(std::vector<tracked>(2, tracked_of(1)));
  vector<tracked> v(3, tracked_of(7), options{.spill_threshold_bytes = 0});
  EXPECT_EQ(in_child([&] { require_refused("reading", [&] { binary::load(text, v); }); }),
            "exit 0");
  EXPECT_TRUE(v == vector<tracked>(3, tracked_of(7)));
}

TEST(boost_archives, that_are_cut_throw_and_change_nothing) {
  expect_cut_input_to_change_nothing<binary>(some_numbers<std::uint64_t>(400'000), 0);
  expect_cut_input_to_change_nothing<binary>(cities, 0);
  expect_cut_input_to_change_nothing<plain>(some_numbers<std::uint64_t>(400), 24);
}

TEST(boost_archives, with_a_bool_of_2_throw_and_change_nothing) {
  std::string text = binary::save(vector<bool>{true, false, true});
  text.back() = '\2';
  vector<bool> read = {true};
  EXPECT_THROW(binary::load(text, read), boost::archive::archive_exception);
  EXPECT_TRUE(read == vector<bool>{true});
}

/// 2^60 elements said, 1,000 there.
TEST(boost_archives, that_say_more_than_they_hold_are_read_a_mebibyte_at_a_time) {
  const std::size_t count = 1'000;
  std::string text = binary::save(some_numbers<std::uint64_t>(count));
  text[text.size() - 8 * count - 1] = '\x10';
  vector<std::uint64_t> read = {1, 2, 3};
  EXPECT_THROW(binary::load(text, read), boost::archive::archive_exception);
  EXPECT_TRUE((read == vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(read.disk_size_bytes(), 0);
}

// From one buffer after the other they would have the same addresses.
TEST(boost_archives, of_what_boost_tracks_hold_all_that_is_on_the_disk) {
  const scratch_directory directory;
  auto stored = file_vector<tracked>::create(directory / "tracked.npy");
  for (std::uint64_t i = 0; i < 400; ++i) stored.emplace_back().words[0] = i;
  stored.commit();
  stored.evict(0, stored.size());
  vector<tracked> read;
  binary::load(binary::save(stored), read);
  ASSERT_EQ(read.size(), 400U);
  for (std::uint64_t i = 0; i < 400; ++i) ASSERT_EQ(read[i].words[0], i);
}

TEST(boost_archives, of_what_boost_tracks_within_elements_hold_all_that_is_on_the_disk) {
  const scratch_directory directory;
  auto stored = file_vector<holder>::create(directory / "holders.npy");
  for (std::uint64_t i = 0; i < 400; ++i) stored.push_back(holder_of(i));
  stored.commit();
  stored.evict(0, stored.size());
  vector<holder> read;
  binary::load(binary::save(stored), read);
  EXPECT_TRUE(read == stored);
}

TEST(boost_archives, hold_arrays_of_what_may_be_tracked_as_a_std_vector_would_write_them) {
  expect_round_trip<binary>(std::vector<point>{{1, 2}, {3, 4}, {5, 6}});
  expect_round_trip<plain>(std::vector<point>{{1, 2}, {3, 4}, {5, 6}});
}

/// The elements, and then a pointer to one and one into another.
template <class Format>
std::string with_pointers(const std::vector<tracked>& elements,
                          const std::vector<holder>& holders) {
  std::ostringstream text;
  {
    typename Format::output archive(text);
    const tracked* const first = &elements[1];
    const tracked* const second = &holders[2].held;
    archive << elements << holders << first << second;
  }
  return text.str();
}

template <class Format, class Elements, class Holders>
void expect_pointers_to_lead_to_elements(Elements& elements, Holders& holders) {
  const std::vector<tracked> wrote = {tracked_of(10), tracked_of(11), tracked_of(12)};
  const std::vector<holder> held = {holder_of(20), holder_of(21), holder_of(22)};
  std::istringstream from(with_pointers<Format>(wrote, held));
  typename Format::input archive(from);
  const tracked* first = nullptr;
  const tracked* second = nullptr;
  archive >> elements >> holders >> first >> second;
  EXPECT_TRUE(std::ranges::equal(elements, wrote));
  EXPECT_TRUE(std::ranges::equal(holders, held));
  EXPECT_EQ(first, &elements[1]);
  EXPECT_EQ(second, &holders[2].held);
}

template <class Format>
void expect_pointers_to_lead_to_elements() {
  const scratch_directory directory;
  for (const std::size_t old_size : {0, 1, 2, 3, 7}) {
    vector<tracked> elements(old_size);
    vector<holder> holders(old_size);
    expect_pointers_to_lead_to_elements<Format>(elements, holders);
    const std::string name = std::to_string(old_size) + ".npy";
    auto file = file_vector<tracked>::create(directory / ("elements" + name));
    auto more = file_vector<holder>::create(directory / ("holders" + name));
    file.resize(old_size);
    more.resize(old_size);
    expect_pointers_to_lead_to_elements<Format>(file, more);
  }
}

TEST(boost_archives, have_pointers_that_lead_to_the_elements) {
  std::vector<tracked> elements;
  std::vector<holder> holders;
  expect_pointers_to_lead_to_elements<binary>(elements, holders);
  expect_pointers_to_lead_to_elements<binary>();
  expect_pointers_to_lead_to_elements<plain>();
}

TEST(boost_archives, take_references) {
  expect_references_to_go_both_ways<binary>();
  expect_references_to_go_both_ways<plain>();
}

}  // namespace
}  // namespace mapvec::test
