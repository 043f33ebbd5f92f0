// SPDX-License-Identifier: MIT
//
// Goal: a vector goes through JSON and comes back equal, and JSON that is no array of T changes
// nothing. Method: texts parsed and dumped, compared with the elements written out here; every
// rejected text is tried on a vector with contents, which is compared before and after.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <mapvec/serialize/nlohmann_json.hpp>
#include <string>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"

namespace {

using nlohmann::json;

struct city {
  std::string name;
  int inhabitants = 0;
  friend bool operator==(const city&, const city&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(city, name, inhabitants)

// Readable but neither copyable nor default constructible.
struct ticket {
  explicit ticket(int number_) : number(number_) {}
  ticket(ticket&&) = default;
  ticket& operator=(ticket&&) = default;
  int number;
};

enum class shade { dark = 1, light = 2 };

}  // namespace

template <>
struct nlohmann::adl_serializer<ticket> {
  static ticket from_json(const json& entry) { return ticket(entry.get<int>()); }
  static void to_json(json& entry, const ticket& value) { entry = value.number; }
};

namespace {

template <class T>
void expect_round_trip(const mapvec::vector<T>& elements, const std::string& text) {
  EXPECT_EQ(json(elements).dump(), text);
  EXPECT_EQ(json::parse(text).get<mapvec::vector<T>>(), elements);
  EXPECT_EQ(nlohmann::ordered_json::parse(text).get<mapvec::vector<T>>(), elements);
}

// The type of what is thrown is checked through its id, which nlohmann documents.
template <class T>
void expect_rejected(mapvec::vector<T> elements, const std::string& text, int id) {
  const mapvec::vector<T> before = elements;
  const T* const data_before = elements.data();
  try {
    json::parse(text).get_to(elements);
    ADD_FAILURE() << text << " was accepted";
  } catch (const json::exception& problem) {
    EXPECT_EQ(problem.id, id) << problem.what();
  }
  EXPECT_EQ(elements, before) << text;
  EXPECT_EQ(elements.data(), data_before);
}

TEST(nlohmann_json, an_empty_vector_is_an_empty_array) {
  expect_round_trip(mapvec::vector<int>{}, "[]");
}

TEST(nlohmann_json, integers_go_both_ways) {
  expect_round_trip(mapvec::vector<int>{42, 8, 52}, "[42,8,52]");
  expect_round_trip(mapvec::vector<std::uint8_t>{0, 255}, "[0,255]");
  expect_round_trip(mapvec::vector<char>{'a', '\n'}, "[97,10]");
}

TEST(nlohmann_json, the_ends_of_64_bits_go_both_ways) {
  using signed_limits = std::numeric_limits<std::int64_t>;
  expect_round_trip(mapvec::vector<std::uint64_t>{0, 18446744073709551615u},
                    "[0,18446744073709551615]");
  expect_round_trip(mapvec::vector<std::int64_t>{signed_limits::min(), signed_limits::max()},
                    "[-9223372036854775808,9223372036854775807]");
}

TEST(nlohmann_json, integers_set_in_code_are_read_like_parsed_ones) {
  const json built = {42, 8u, std::int64_t{52}};
  EXPECT_EQ(built.get<mapvec::vector<std::uint8_t>>(), (mapvec::vector<std::uint8_t>{42, 8, 52}));
}

TEST(nlohmann_json, bools_floats_and_strings_go_both_ways) {
  expect_round_trip(mapvec::vector<bool>{true, false}, "[true,false]");
  expect_round_trip(mapvec::vector<double>{1.5, -0.25}, "[1.5,-0.25]");
  expect_round_trip(mapvec::vector<std::string>{"", "a\"b", std::string(100, 'x')},
                    R"(["","a\"b",")" + std::string(100, 'x') + "\"]");
}

TEST(nlohmann_json, an_integer_is_a_number_for_floating_point) {
  EXPECT_EQ(json::parse("[2, 2.5]").get<mapvec::vector<float>>(), (mapvec::vector<float>{2, 2.5}));
}

TEST(nlohmann_json, structs_and_enums_use_their_own_conversion) {
  expect_round_trip(mapvec::vector<city>{{"Ghent", 270}, {"Namur", 110}},
                    R"([{"inhabitants":270,"name":"Ghent"},{"inhabitants":110,"name":"Namur"}])");
  expect_round_trip(mapvec::vector<shade>{shade::light, shade::dark}, "[2,1]");
}

TEST(nlohmann_json, nested_vectors_go_both_ways) {
  mapvec::vector<mapvec::vector<int>> rows;
  rows.push_back({1, 2});
  rows.push_back({});
  rows.push_back({3});
  expect_round_trip(rows, "[[1,2],[],[3]]");
}

TEST(nlohmann_json, move_only_elements_without_default_constructor_can_be_read) {
  const auto tickets = json::parse("[7,9]").get<mapvec::vector<ticket>>();
  ASSERT_EQ(tickets.size(), 2u);
  EXPECT_EQ(tickets[1].number, 9);
  EXPECT_EQ(json(tickets).dump(), "[7,9]");
}

TEST(nlohmann_json, reading_replaces_what_was_there) {
  mapvec::vector<int> elements{1, 2, 3, 4};
  json::parse("[9]").get_to(elements);
  EXPECT_EQ(elements, (mapvec::vector<int>{9}));
}

TEST(nlohmann_json, the_options_of_the_target_are_kept) {
  const mapvec::test::scratch_directory directory;
  mapvec::vector<int> elements(
      mapvec::options{.builder = mapvec::segment_builder::named(directory.path())});
  elements.push_back(1);
  const std::string path = elements.path();
  EXPECT_TRUE(path.starts_with(directory.path()));
  json::parse("[2,3]").get_to(elements);
  EXPECT_EQ(elements.path(), path);
  EXPECT_THROW(json::parse("[4,null]").get_to(elements), json::type_error);
  EXPECT_EQ(elements.path(), path);
  EXPECT_EQ(elements, (mapvec::vector<int>{2, 3}));
}

TEST(nlohmann_json, what_is_no_array_is_rejected) {
  for (const char* text : {R"({"a":1})", R"("12")", "null", "12", "true"}) {
    expect_rejected<int>({1, 2, 3}, text, 302);
    expect_rejected<std::string>({"kept"}, text, 302);
    expect_rejected<int>({}, text, 302);
  }
}

TEST(nlohmann_json, entries_of_another_type_are_rejected) {
  expect_rejected<int>({1, 2}, R"([1,"a"])", 302);
  expect_rejected<int>({1, 2}, "[1,null]", 302);
  expect_rejected<int>({1, 2}, "[1,[2]]", 302);
  expect_rejected<int>({1, 2}, "[true]", 302);
  expect_rejected<double>({1.5}, "[true]", 302);
  expect_rejected<double>({1.5}, "[1.0,null]", 302);
  expect_rejected<std::string>({"a", "b"}, R"(["c",3])", 302);
  expect_rejected<bool>({true}, "[false,1]", 302);
}

TEST(nlohmann_json, a_fraction_is_no_integer) {
  expect_rejected<int>({1, 2}, "[1.5]", 302);
  expect_rejected<int>({1, 2}, "[7,1.0]", 302);
  expect_rejected<std::uint64_t>({1, 2}, "[18446744073709551616]", 302);
}

TEST(nlohmann_json, integers_out_of_range_are_rejected) {
  expect_rejected<std::uint8_t>({1, 2}, "[7,300]", 406);
  expect_rejected<std::uint8_t>({1, 2}, "[256]", 406);
  expect_rejected<std::int8_t>({1, 2}, "[-129]", 406);
  expect_rejected<std::int8_t>({1, 2}, "[128]", 406);
  expect_rejected<unsigned>({1, 2}, "[-1]", 406);
  expect_rejected<std::uint64_t>({1, 2}, "[-1]", 406);
  expect_rejected<std::int64_t>({1, 2}, "[9223372036854775808]", 406);
}

TEST(nlohmann_json, numbers_out_of_range_of_float_are_rejected) {
  expect_rejected<float>({1, 2}, "[1.0,1e300]", 406);
  expect_rejected<float>({1, 2}, "[-1e300]", 406);
}

TEST(nlohmann_json, a_struct_that_misses_a_member_is_rejected_by_its_own_conversion) {
  expect_rejected<city>({{"Ghent", 270}}, R"([{"name":"Bruges","inhabitants":120},{"name":"x"}])",
                        403);
}

TEST(nlohmann_json, a_bad_entry_deep_inside_leaves_nested_vectors_alone) {
  mapvec::vector<mapvec::vector<std::uint8_t>> rows;
  rows.push_back({1, 2});
  expect_rejected(rows, "[[3],[4,300]]", 406);
}

TEST(nlohmann_json, the_message_names_the_entry) {
  mapvec::vector<std::uint8_t> elements;
  try {
    json::parse("[7,300]").get_to(elements);
    FAIL() << "300 was accepted";
  } catch (const json::out_of_range& problem) {
    EXPECT_NE(std::string(problem.what()).find("entry 1 is out of range: 300"), std::string::npos)
        << problem.what();
  }
}

TEST(nlohmann_json, files_go_both_ways) {
  const mapvec::test::scratch_directory directory;
  auto file = mapvec::file_vector<int>::create(directory / "a.npy");
  file.push_back(7);
  json::parse("[42,8,52]").get_to(file);
  file.commit();
  EXPECT_EQ(json(file).dump(), "[42,8,52]");
  EXPECT_EQ(json(mapvec::file_view<int>::open(directory / "a.npy")).dump(), "[42,8,52]");
  EXPECT_THROW(json::parse("[1,2.5]").get_to(file), json::type_error);
  EXPECT_EQ(json(file).dump(), "[42,8,52]");
}

TEST(nlohmann_json, files_that_were_read_are_committed_without_waiting) {
  const mapvec::test::scratch_directory directory;
  auto file = mapvec::file_vector<int>::create(directory / "a.npy");
  json::parse("[42,8,52]").get_to(file);
  file.commit();
  const mapvec::test::call_log log;
  file.commit();
  file.commit();
  EXPECT_EQ(log.count(mapvec::test::call::fdatasync), 0U) << log.summary();
}

TEST(nlohmann_json, incomplete_rows_are_rejected) {
  const mapvec::test::scratch_directory directory;
  auto file = mapvec::file_vector<int>::create(directory / "a.npy", {.row_width = 3});
  for (const char* kept : {"[]", "[1,2,3,4,5,6]"}) {
    json::parse(kept).get_to(file);
    EXPECT_THROW(json::parse("[7,8,9,10]").get_to(file), mapvec::format_error);
    EXPECT_EQ(json(file).dump(), kept);
  }
  file.close();
}

TEST(nlohmann_json, the_message_names_the_count_of_a_reference) {
  try {
    json::parse(R"({"count":-1,"dtype":"'<f8'","path":"/c.npy"})").get<mapvec::file_reference>();
    FAIL() << "-1 was accepted";
  } catch (const json::out_of_range& problem) {
    EXPECT_NE(std::string(problem.what()).find("a count is out of range: -1"), std::string::npos)
        << problem.what();
  }
}

TEST(nlohmann_json, references_go_both_ways) {
  const mapvec::file_reference to = {"/a \"b\"/c.npy", std::uint64_t{1} << 63, "'<f8'"};
  const std::string text = json(to).dump();
  EXPECT_EQ(text, R"({"count":9223372036854775808,"dtype":"'<f8'","path":"/a \"b\"/c.npy"})");
  EXPECT_EQ(json::parse(text).get<mapvec::file_reference>(), to);
  for (const char* wrong : {"[]", "{}", R"({"count":-1,"dtype":"'<f8'","path":"/c.npy"})",
                            R"({"count":1.5,"dtype":"'<f8'","path":"/c.npy"})",
                            R"({"count":1,"dtype":3,"path":"/c.npy"})"}) {
    EXPECT_THROW(json::parse(wrong).get<mapvec::file_reference>(), json::exception) << wrong;
  }
}

}  // namespace
