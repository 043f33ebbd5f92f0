// SPDX-License-Identifier: MIT
//
// Goal: vectors go through the archives of Boost.Serialization and come back, a std::vector reads
// what they wrote and they read what it wrote, and wrong input changes nothing. Method: the same
// body for the binary, text and XML archives; input cut at 97 places, and a count that is not true.
#include "archive_case.hpp"

#include <array>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/vector.hpp>
#include <cstdint>
#include <sstream>

#include <mapvec/serialize/boost.hpp>

namespace mapvec::test {

/// 64 KiB, so that few of them are more than one block; tracked as what is saved by pointer is.
struct tracked {
  std::array<std::uint64_t, 8192> words{};
  template <class Archive>
  void serialize(Archive& archive, unsigned /*version*/) {
    archive& words[0];
  }
};

}  // namespace mapvec::test

BOOST_CLASS_TRACKING(mapvec::test::tracked, boost::serialization::track_always)
template <>
inline constexpr bool mapvec::store_as_bytes<mapvec::test::tracked> = true;

namespace mapvec::test {

template <class Archive>
void serialize(Archive& archive, city& value, unsigned /*version*/) {
  archive & value.name;
  archive & value.inhabitants;
}

namespace {

template <class Output, class Input>
struct archive_format {
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

TEST(boost_archives, that_are_cut_throw_and_change_nothing) {
  expect_cut_input_to_change_nothing<binary>(some_numbers<std::uint64_t>(400'000), 0);
  expect_cut_input_to_change_nothing<binary>(cities, 0);
  expect_cut_input_to_change_nothing<plain>(some_numbers<std::uint64_t>(400), 24);
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

TEST(boost_archives, take_references) {
  expect_references_to_go_both_ways<binary>();
  expect_references_to_go_both_ways<plain>();
}

}  // namespace
}  // namespace mapvec::test
