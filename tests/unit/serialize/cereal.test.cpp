// SPDX-License-Identifier: MIT
//
// Goal: vectors go through cereal's archives and come back, a std::vector reads what they wrote and
// they read what it wrote, and wrong input changes nothing. Method: the same body for the binary,
// portable binary, JSON and XML archives, byte for byte; input cut at 97 places, and a count that
// is not true.
#include "archive_case.hpp"

#include <cereal/archives/binary.hpp>
#include <cereal/archives/json.hpp>
#include <cereal/archives/portable_binary.hpp>
#include <cereal/archives/xml.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <sstream>

#include <mapvec/serialize/cereal.hpp>

namespace mapvec::test {

template <class Archive>
void serialize(Archive& archive, city& value) {
  archive(value.name, value.inhabitants);
}

namespace {

template <class Output, class Input>
struct archive_format {
  template <class V>
  static std::string save(const V& elements) {
    std::ostringstream text;
    {
      Output archive(text);
      archive(cereal::make_nvp("elements", elements));
    }
    return text.str();
  }
  template <class V>
  static void load(const std::string& text, V& elements) {
    std::istringstream from(text);
    Input archive(from);
    archive(cereal::make_nvp("elements", elements));
  }
};

using binary = archive_format<cereal::BinaryOutputArchive, cereal::BinaryInputArchive>;
using portable =
    archive_format<cereal::PortableBinaryOutputArchive, cereal::PortableBinaryInputArchive>;
using json = archive_format<cereal::JSONOutputArchive, cereal::JSONInputArchive>;
using xml = archive_format<cereal::XMLOutputArchive, cereal::XMLInputArchive>;

const std::vector<city> cities = {{"Bern", 134'000}, {"", 0}, {"Chur", 38'000}};

TEST(cereal_archives, binary_ones_hold_what_a_std_vector_would_write) {
  expect_numbers_to_go_both_ways<binary>();
  expect_round_trip<binary>(cities);
}

TEST(cereal_archives, portable_binary_ones_hold_what_a_std_vector_would_write) {
  expect_numbers_to_go_both_ways<portable>();
  expect_round_trip<portable>(cities);
}

TEST(cereal_archives, of_text_hold_what_a_std_vector_would_write) {
  expect_round_trip<json>(some_numbers<std::uint64_t>(5'000));
  expect_round_trip<json>(cities);
  expect_round_trip<xml>(some_numbers<std::uint64_t>(5'000));
  expect_round_trip<xml>(cities);
}

TEST(cereal_archives, take_and_fill_files) {
  expect_files_to_go_both_ways<binary>();
  expect_files_to_go_both_ways<portable>();
}

TEST(cereal_archives, leave_files_that_are_committed_without_waiting) {
  expect_files_that_were_read_to_be_committed_without_waiting<binary>();
  expect_files_that_were_read_to_be_committed_without_waiting<json>();
}

TEST(cereal_archives, of_incomplete_rows_throw_and_change_nothing) {
  expect_incomplete_rows_to_change_nothing<binary>();
  expect_incomplete_rows_to_change_nothing<json>();
}

TEST(cereal_archives, that_are_cut_throw_and_change_nothing) {
  expect_cut_input_to_change_nothing<binary>(some_numbers<std::uint64_t>(400'000), 0);
  expect_cut_input_to_change_nothing<binary>(cities, 0);
  expect_cut_input_to_change_nothing<portable>(some_numbers<std::uint64_t>(400'000), 0);
  expect_cut_input_to_change_nothing<json>(some_numbers<std::uint64_t>(400), 8);
  expect_cut_input_to_change_nothing<xml>(some_numbers<std::uint64_t>(400), 32);
}

/// 2^60 elements said, 1,000 there.
TEST(cereal_archives, that_say_more_than_they_hold_are_read_a_mebibyte_at_a_time) {
  std::string text = binary::save(some_numbers<std::uint64_t>(1'000));
  text[7] = '\x10';
  vector<std::uint64_t> read = {1, 2, 3};
  EXPECT_THROW(binary::load(text, read), cereal::Exception);
  EXPECT_TRUE((read == vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(read.disk_size_bytes(), 0);
}

TEST(cereal_archives, keep_the_bools_of_a_vector) {
  vector<bool> bools = {true, false, true};
  vector<bool> read;
  binary::load(binary::save(bools), read);
  EXPECT_TRUE(read == bools);
}

TEST(cereal_archives, with_a_bool_of_2_throw_and_change_nothing) {
  std::string text = binary::save(vector<bool>{true, false, true});
  text.back() = '\2';
  vector<bool> read = {true};
  EXPECT_THROW(binary::load(text, read), cereal::Exception);
  EXPECT_TRUE(read == vector<bool>{true});
}

TEST(cereal_archives, take_references) {
  expect_references_to_go_both_ways<binary>();
  expect_references_to_go_both_ways<portable>();
  expect_references_to_go_both_ways<json>();
  expect_references_to_go_both_ways<xml>();
}

}  // namespace
}  // namespace mapvec::test
