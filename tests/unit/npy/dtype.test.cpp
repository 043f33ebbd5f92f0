// SPDX-License-Identifier: MIT
//
// Goal: each type has the dtype np.save would write, on every platform; types whose bytes mean
// nothing in a file have none; and bytes that are no value of a type are found without reading them
// as one. oracle.py has NumPy confirm the texts; refused_types.py looks at the compiler's messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <mapvec/dtype.hpp>

#include "headers.hpp"
#include "types.hpp"

namespace {

using namespace mapvec_test;
using mapvec::detail::dtype_refusal;
using mapvec::detail::element_format;
using mapvec::detail::format_of;
using mapvec::detail::has_dtype;
using mapvec::detail::refusal_of;

using row_extents = std::vector<std::uint64_t>;

TEST(dtype, each_type_has_the_text_numpy_gives_it) {
  const std::map<std::string, std::string> expected = {
      {"bool", "'|b1'"},
      {"char", "'|S1'"},
      {"signed char", "'|i1'"},
      {"unsigned char", "'|u1'"},
      {"short", "'<i2'"},
      {"unsigned short", "'<u2'"},
      {"int", "'<i4'"},
      {"unsigned", "'<u4'"},
      {"long", "'<i8'"},
      {"unsigned long", "'<u8'"},
      {"long long", "'<i8'"},
      {"unsigned long long", "'<u8'"},
      {"char8_t", "'|u1'"},
      {"char16_t", "'<u2'"},
      {"char32_t", "'<u4'"},
      {"float", "'<f4'"},
      {"double", "'<f8'"},
      {"std::byte", "'|u1'"},
      {"complex<float>", "'<c8'"},
      {"complex<double>", "'<c16'"},
      {"color", "'|u1'"},
      {"flag", "'|b1'"},
      {"offset", "'<i8'"},
      {"letter", "'|S1'"},
      {"array<char, 8>", "'|S8'"},
      {"array<int, 3>", "'<i4'"},
      {"array<array<float, 3>, 2>", "'<f4'"},
      {"array<array<char, 8>, 4>", "'|S8'"},
      {"array<unsigned char, 4>", "'|u1'"},
      {"array<record, 2>",
       "[('id', '<i4'), ('', '|V4'), ('x', '<f8'), ('tag', '|S1'), ('', '|V7')]"},
      {"array<opaque, 2>", "'|V8'"},
      {"sys_time<nanoseconds>", "'<M8[ns]'"},
      {"sys_time<microseconds>", "'<M8[us]'"},
      {"sys_time<milliseconds>", "'<M8[ms]'"},
      {"sys_time<seconds>", "'<M8[s]'"},
      {"sys_time<minutes>", "'<M8[m]'"},
      {"sys_time<hours>", "'<M8[h]'"},
      {"sys_time<days>", "'<M8[D]'"},
      {"sys_time<weeks>", "'<M8[W]'"},
      {"nanoseconds", "'<m8[ns]'"},
      {"weeks", "'<m8[W]'"},
      {"point", "[('x', '<f8'), ('y', '<f8')]"},
      {"record", "[('id', '<i4'), ('', '|V4'), ('x', '<f8'), ('tag', '|S1'), ('', '|V7')]"},
      {"all_kinds",
       "[('valid', '|b1'), ('', '|V1'), ('fixed', '<i2'), ('name', '|S10'), ('code', '|S3'), "
       "('colors', '|u1', (2,)), ('', '|V1'), ('matrix', '<f4', (2, 3)), "
       "('grid', '<i2', (2, 3, 1)), ('words', '|S8', (4,)), "
       "('corners', [('x', '<f8'), ('y', '<f8')], (2,)), ('wave', '<c8'), ('when', '<M8[ns]'), "
       "('took', '<m8[ms]'), ('last', [('id', '<i4'), ('', '|V4'), ('x', '<f8'), ('tag', '|S1'), "
       "('', '|V7')])]"},
      {"partly_described", "[('', '|V4'), ('shown', '<i4'), ('', '|V4')]"},
      {"outer_class::inner", "[('byte', '|u1')]"},
      {"in_no_namespace", "[('value', '<f4')]"},
      {"opaque", "'|V8'"},
  };
  std::size_t compared = 0;
  for_each_stored_type([&]<class T>(const char* name) {
    const element_format format = format_of<T>();
    EXPECT_EQ(format.size_bytes, sizeof(T)) << name;
    EXPECT_EQ(format.alignment_bytes, alignof(T)) << name;
    static_assert(has_dtype<T> && !has_dtype<const T>);
    if (const auto found = expected.find(name); found != expected.end()) {
      EXPECT_EQ(format.dtype, found->second) << name;
      ++compared;
    }
  });
  EXPECT_EQ(compared, expected.size());
}

TEST(dtype, our_own_parser_reads_every_text_back) {
  for_each_stored_type([]<class T>(const char* name) {
    const element_format format = format_of<T>();
    const mapvec::detail::npy_array array{format.dtype, format.row_extents};
    const auto header = mapvec::detail::npy_header::canonical(array, format.alignment_bytes);
    EXPECT_EQ(parse(header.text()).array(), array) << name;
  });
}

TEST(dtype, arrays_are_extents_of_a_row) {
  EXPECT_EQ(format_of<int>().row_extents, row_extents{});
  EXPECT_EQ((format_of<std::array<int, 3>>().row_extents), row_extents{3});
  EXPECT_EQ((format_of<std::array<std::array<float, 3>, 2>>().row_extents), (row_extents{2, 3}));
  EXPECT_EQ((format_of<std::array<char, 8>>().row_extents), row_extents{});
  EXPECT_EQ((format_of<std::array<std::array<char, 8>, 4>>().row_extents), row_extents{4});
  EXPECT_EQ((format_of<std::array<opaque, 2>>().row_extents), row_extents{2});
}

TEST(dtype, types_that_depend_on_the_platform_have_one_where_it_is_known) {
  EXPECT_EQ(format_of<wchar_t>().dtype, std::is_signed_v<wchar_t> ? "'<i4'" : "'<u4'");
  constexpr bool x87 = std::numeric_limits<long double>::digits == 64;
  static_assert(has_dtype<long double> == x87);
  static_assert(has_dtype<std::complex<long double>> == x87);
  if constexpr (has_dtype<long double>) {
    EXPECT_EQ(format_of<long double>().dtype, "'<f16'");
    EXPECT_EQ(format_of<std::complex<long double>>().dtype, "'<c32'");
  }
  if constexpr (requires { sizeof(mapvec::detail::float16); }) {
    EXPECT_EQ(format_of<mapvec::detail::float16>().dtype, "'<f2'");
  }
}

TEST(dtype, a_struct_may_have_many_members) {
  const std::string text = format_of<many_members>().dtype;
  EXPECT_EQ(std::count(text.begin(), text.end(), '('), 72);
  EXPECT_TRUE(text.ends_with(", ('m71', '<i4')]")) << text;
}

// --- what is refused ---------------------------------------------------------------------------

enum without_underlying_type { first };
struct holds_pointer {
  int* pointer;
};
MAPVEC_DESCRIBE(holds_pointer, pointer);
struct holds_undescribed {
  int id;
  undescribed inner;
};
MAPVEC_DESCRIBE(holds_undescribed, id, inner);
struct wrong_order {
  int a;
  int b;
};
MAPVEC_DESCRIBE(wrong_order, b, a);
struct named_twice {
  int a;
};
MAPVEC_DESCRIBE(named_twice, a, a);
union overlapping {
  int number;
  float real;
};
MAPVEC_DESCRIBE(overlapping, number, real);
struct not_ascii {
  int größe;
};
MAPVEC_DESCRIBE(not_ascii, größe);
struct described_string {
  std::string text;
};
MAPVEC_DESCRIBE(described_string, text);
struct nothing {};
template <int Level>
struct nested {
  nested<Level - 1> inner;
};
template <>
struct nested<0> {
  int value;
};
MAPVEC_DESCRIBE(nested<0>, value);
MAPVEC_DESCRIBE(nested<1>, inner);
MAPVEC_DESCRIBE(nested<2>, inner);
MAPVEC_DESCRIBE(nested<3>, inner);
MAPVEC_DESCRIBE(nested<4>, inner);
MAPVEC_DESCRIBE(nested<5>, inner);
MAPVEC_DESCRIBE(nested<6>, inner);
MAPVEC_DESCRIBE(nested<7>, inner);
MAPVEC_DESCRIBE(nested<8>, inner);
MAPVEC_DESCRIBE(nested<9>, inner);
MAPVEC_DESCRIBE(nested<10>, inner);
MAPVEC_DESCRIBE(nested<11>, inner);
MAPVEC_DESCRIBE(nested<12>, inner);
MAPVEC_DESCRIBE(nested<13>, inner);
MAPVEC_DESCRIBE(nested<14>, inner);
MAPVEC_DESCRIBE(nested<15>, inner);
MAPVEC_DESCRIBE(nested<16>, inner);

template <class T, int Levels>
struct nested_array {
  using type = std::array<typename nested_array<T, Levels - 1>::type, 1>;
};
template <class T>
struct nested_array<T, 0> {
  using type = T;
};

template <class T>
constexpr dtype_refusal refused = refusal_of<T>();

__extension__ typedef __int128 wide;

static_assert(refused<int*> == dtype_refusal::pointer);
static_assert(refused<const char*> == dtype_refusal::pointer);
static_assert(refused<void (*)()> == dtype_refusal::pointer);
static_assert(refused<int record::*> == dtype_refusal::pointer);
static_assert(refused<std::nullptr_t> == dtype_refusal::pointer);
static_assert(refused<int&> == dtype_refusal::pointer);
static_assert(refused<std::array<int*, 2>> == dtype_refusal::pointer);
static_assert(refused<holds_pointer> == dtype_refusal::pointer);
static_assert(refused<std::string> == dtype_refusal::not_trivially_copyable);
static_assert(refused<described_string> == dtype_refusal::not_trivially_copyable);
static_assert(refused<std::array<std::string, 2>> == dtype_refusal::not_trivially_copyable);
static_assert(refused<nothing> == dtype_refusal::empty);
static_assert(refused<std::array<int, 0>> == dtype_refusal::empty);
static_assert(refused<std::array<char, 0>> == dtype_refusal::empty);
static_assert(refused<std::array<std::array<int, 0>, 2>> == dtype_refusal::empty);
static_assert(refused<without_underlying_type> == dtype_refusal::open_enum);
static_assert(refused<undescribed> == dtype_refusal::no_dtype);
static_assert(refused<holds_undescribed> == dtype_refusal::no_dtype);
static_assert(refused<derived_from_described> == dtype_refusal::no_dtype,
              "it is found in a base class, which is smaller");
static_assert(refused<wide> == dtype_refusal::no_dtype);
static_assert(refused<std::chrono::duration<double>> == dtype_refusal::no_dtype);
static_assert(refused<std::chrono::duration<int>> == dtype_refusal::no_dtype);
static_assert(refused<std::chrono::months> == dtype_refusal::no_dtype, "NumPy's M is no duration");
static_assert(refused<std::chrono::steady_clock::time_point> == dtype_refusal::no_dtype);
static_assert(refused<std::complex<mapvec::detail::float16>> == dtype_refusal::no_dtype);
static_assert(refused<wrong_order> == dtype_refusal::member_order);
static_assert(refused<named_twice> == dtype_refusal::member_order);
static_assert(refused<overlapping> == dtype_refusal::member_order);
static_assert(refused<not_ascii> == dtype_refusal::member_name);
static_assert(refused<nested<15>> == dtype_refusal::none);
static_assert(refused<nested<16>> == dtype_refusal::nesting, "the parser would refuse it");
static_assert(refused<nested_array<int, 31>::type> == dtype_refusal::none);
static_assert(refused<nested_array<int, 32>::type> == dtype_refusal::nesting);
static_assert(refused<std::array<char, 0x7FFFFFFF>> == dtype_refusal::none);
static_assert(refused<std::array<char, 0x80000000>> == dtype_refusal::size);

static_assert(!has_dtype<undescribed> && !has_dtype<int*> && !has_dtype<int&> && !has_dtype<void>);
static_assert(!has_dtype<int[3]> && !has_dtype<void()>, "no type of elements");

TEST(dtype, structs_of_the_allowed_depth_can_be_read_back) {
  const std::string text = format_of<nested<15>>().dtype;
  EXPECT_EQ(parse(npy_bytes(npy_dict(text))).array().dtype, text);
}

// --- bytes that are no value -------------------------------------------------------------------

template <class T>
bool valid(const std::vector<unsigned char>& bytes) {
  EXPECT_EQ(bytes.size() % sizeof(T), 0u);
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  return format_of<T>().all_valid(data, bytes.size() / sizeof(T));
}

TEST(dtype, every_bit_pattern_is_a_value_where_no_bool_is) {
  EXPECT_EQ(format_of<double>().all_valid, nullptr);
  EXPECT_EQ(format_of<color>().all_valid, nullptr) << "an enum may hold what no name stands for";
  EXPECT_EQ(format_of<record>().all_valid, nullptr);
  EXPECT_EQ(format_of<opaque>().all_valid, nullptr) << "its bytes are the program's own affair";
  EXPECT_NE(format_of<bool>().all_valid, nullptr);
  EXPECT_NE(format_of<flag>().all_valid, nullptr);
}

TEST(dtype, a_bool_is_0_or_1) {
  EXPECT_TRUE(valid<bool>({}));
  EXPECT_TRUE(valid<bool>({0, 1, 1, 0, 1}));
  EXPECT_TRUE(valid<flag>({0, 1}));
  for (int value = 2; value < 256; ++value) {
    const auto wrong = static_cast<unsigned char>(value);
    EXPECT_FALSE(valid<bool>({wrong}));
    EXPECT_FALSE(valid<bool>({0, 1, wrong, 1}));
    EXPECT_FALSE(valid<flag>({1, 1, 1, wrong}));
    EXPECT_FALSE((valid<std::array<bool, 3>>({1, 1, 1, 0, wrong, 0})));
  }
}

struct with_bools {
  std::int32_t number;
  bool first;
  unsigned char plain;
  bool rest[2];
};
MAPVEC_DESCRIBE(with_bools, number, first, plain, rest);
struct around_bools {
  std::uint16_t before;
  std::array<with_bools, 2> inner;
  opaque blob;
};
MAPVEC_DESCRIBE(around_bools, before, inner, blob);

TEST(dtype, every_bool_of_a_struct_is_looked_at_and_nothing_else) {
  constexpr std::size_t size = sizeof(around_bools);
  const std::size_t base = offsetof(around_bools, inner);
  std::vector<std::size_t> bools;
  for (std::size_t element = 0; element < 2; ++element) {
    for (std::size_t inner = 0; inner < 2; ++inner) {
      const std::size_t start = element * size + base + inner * sizeof(with_bools);
      for (const std::size_t at : {offsetof(with_bools, first), offsetof(with_bools, rest),
                                   offsetof(with_bools, rest) + 1}) {
        bools.push_back(start + at);
      }
    }
  }
  for (std::size_t at = 0; at < 2 * size; ++at) {
    const bool is_bool = std::find(bools.begin(), bools.end(), at) != bools.end();
    std::vector<unsigned char> bytes(2 * size, 1);
    bytes[at] = 2;
    EXPECT_EQ(valid<around_bools>(bytes), !is_bool) << "byte " << at;
    bytes[at] = 0;
    EXPECT_TRUE(valid<around_bools>(bytes));
  }
}

}  // namespace
