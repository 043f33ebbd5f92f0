// SPDX-License-Identifier: MIT
//
// Goal: std::format shows what fmt and operator<< show, each element by the format that was given,
// and reads no other. Method: the text of each container; an element behind the eighth cannot be
// formatted. Prints what differs; the exit status says whether anything did.
#include <cstdio>
#include <filesystem>
#include <format>
#include <numeric>
#include <stdexcept>
#include <string>

#include <mapvec/std_format.hpp>

namespace {

struct shy {
  int value;
};

struct no_format {};

int differences = 0;

void expect(const std::string& text, const std::string& expected) {
  if (text == expected) return;
  std::printf("%s\n  instead of %s\n", text.c_str(), expected.c_str());
  ++differences;
}

void expect_all_containers(const std::string& directory) {
  auto rows = mapvec::file_vector<unsigned char>::create(directory + "/a.npy");
  for (unsigned char i = 0; i < 9; ++i) rows.push_back(i);
  rows.commit();
  const std::string nine = "[0, 1, 2, 3, 4, 5, 6, 7, ... 9 elements]";
  expect(std::format("{}", rows), nine);
  expect(std::format("{}", mapvec::file_view<unsigned char>::open(directory + "/a.npy")), nine);
  auto fixed = mapvec::segment<int>::create(directory + "/raw", 2);
  fixed.try_push_back(5);
  expect(std::format("{}", fixed), "[5]");
}

}  // namespace

template <>
struct std::formatter<shy, char> : std::formatter<int, char> {
  template <class Context>
  auto format(shy element, Context& context) const {
    if (element.value >= 8) throw std::logic_error("read beyond the eighth element");
    return std::formatter<int, char>::format(element.value, context);
  }
};

static_assert(std::default_initializable<std::formatter<mapvec::vector<shy>>>);
static_assert(!std::default_initializable<std::formatter<mapvec::vector<no_format>>>);

int main(int, char** arguments) {
  mapvec::vector<int> numbers(1'000'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  expect(std::format("{}", numbers), "[0, 1, 2, 3, 4, 5, 6, 7, ... 1000000 elements]");
  mapvec::vector<shy> all_shy;
  for (int i = 0; i < 100; ++i) all_shy.push_back({i});
  expect(std::format("{}", all_shy), "[0, 1, 2, 3, 4, 5, 6, 7, ... 100 elements]");
  expect(std::format("{}", mapvec::vector<int>()), "[]");
  expect(std::format("<{:#06x}>", mapvec::vector<int>{10, 255}), "<[0x000a, 0x00ff]>");
  expect(std::format("{:>3}", mapvec::vector<std::string>{"a", "b"}), "[  a,   b]");
  expect(std::format("{:x}", mapvec::vector<mapvec::vector<int>>{{10}, {}}), "[[a], []]");
  expect_all_containers(arguments[1]);
  return differences == 0 ? 0 : 1;
}
