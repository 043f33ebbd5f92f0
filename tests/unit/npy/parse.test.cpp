// SPDX-License-Identifier: MIT
//
// Goal: what np.save and its like write is understood, anything else is refused with a reason that
// helps, and no bytes whatever make the parser crash or take much memory. Method: tables of headers
// with what they mean or why they are refused; every truncation and every value of every byte;
// a count of what is allocated. oracle.py asks NumPy whether it agrees.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <mapvec/npy_header.hpp>

#include "headers.hpp"

namespace {

std::size_t allocated_bytes = 0;

}  // namespace

// Counts every allocation of this program.
void* operator new(std::size_t size) {
  allocated_bytes += size;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace mapvec_test;
using mapvec::detail::npy_array;
using mapvec::detail::npy_header;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string nested_structs(std::size_t levels) {
  std::string dtype = "'<f8'";
  for (std::size_t i = 0; i < levels; ++i) dtype = "[('x', " + dtype + ")]";
  return dtype;
}

TEST(npy_parse, gives_dtypes_their_canonical_text) {
  const struct {
    const char* descr;
    const char* canonical;
  } cases[] = {
      {"'<f8'", "'<f8'"},
      {"\"<f8\"", "'<f8'"},
      {"'|b1'", "'|b1'"},
      {"'<i1'", "'|i1'"},
      {"'>u1'", "'|u1'"},
      {"'<S8'", "'|S8'"},
      {"'>V3'", "'|V3'"},
      {"'<U5'", "'<U5'"},
      {"'<f2'", "'<f2'"},
      {"'<f16'", "'<f16'"},
      {"'<c32'", "'<c32'"},
      {"'<M8[ns]'", "'<M8[ns]'"},
      {"'<m8[25s]'", "'<m8[25s]'"},
      {"'<M8'", "'<M8'"},
      {"'|V2147483647'", "'|V2147483647'"},
      {"[('a','<i4')]", "[('a', '<i4')]"},
      {"[ ( 'a' , '<i4' , ) , ]", "[('a', '<i4')]"},
      {"[('a', '<u1'), ('', '|V7'), (\"b's\", '<f8')]",
       "[('a', '|u1'), ('', '|V7'), (\"b's\", '<f8')]"},
      {"[('m', '<i2', (2,3,)), ('v', '<i2', (3,))]", "[('m', '<i2', (2, 3)), ('v', '<i2', (3,))]"},
      {"[('in', [('a', '<i2'), ('', '|V6')], (2,)), ('', '|V1')]",
       "[('in', [('a', '<i2'), ('', '|V6')], (2,)), ('', '|V1')]"},
      {"[('a', [('a', '<i2')]), ('b', [('a', '<i2')])]",
       "[('a', [('a', '<i2')]), ('b', [('a', '<i2')])]"},
  };
  for (const auto& tried : cases) {
    SCOPED_TRACE(tried.descr);
    EXPECT_EQ(parse(npy_bytes(npy_dict(tried.descr))).array().dtype, tried.canonical);
  }
}

TEST(npy_parse, reads_count_and_rows) {
  const struct {
    const char* shape;
    std::uint64_t count;
    std::vector<std::uint64_t> rows;
  } cases[] = {
      {"(0,)", 0, {}},      {"(5,)", 5, {}},
      {"( 5 , )", 5, {}},   {"(5, 3)", 5, {3}},
      {"(5,3,)", 5, {3}},   {"(        5, 768, 3)", 5, {768, 3}},
      {"(5, 0)", 5, {0}},   {"(18446744073709551615,)", 18446744073709551615u, {}},
      {"(5L, 3L)", 5, {3}},
  };
  for (const auto& tried : cases) {
    SCOPED_TRACE(tried.shape);
    const npy_header header = parse(npy_bytes(npy_dict("'<f8'", tried.shape)));
    EXPECT_EQ(header.count(), tried.count);
    EXPECT_EQ(header.array().row_extents, tried.rows);
  }
}

TEST(npy_parse, takes_any_order_of_keys_and_every_version) {
  const npy_array rows{"'<f4'", {3}};
  for (const int version : {1, 2, 3}) {
    for (const char* dict :
         {"{'descr': '<f4', 'fortran_order': False, 'shape': (9, 3), }\n",
          "{'shape':(9,3),'fortran_order':False,'descr':'<f4'}",
          "{ \"fortran_order\" : False , \"shape\" : (9, 3) , \"descr\" : \"<f4\" }      "}) {
      const std::string bytes = npy_bytes(dict, version);
      const npy_header header = parse(bytes + "elements");
      EXPECT_EQ(header.array(), rows);
      EXPECT_EQ(header.count(), 9u);
      EXPECT_EQ(header.size_bytes(), bytes.size());
      EXPECT_EQ(header.text(), bytes);
    }
  }
}

TEST(npy_parse, fortran_order_is_the_same_for_one_extent) {
  EXPECT_EQ(refusal(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (9,)}\n")), "");
  const std::string text =
      refusal(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (9, 1)}\n"));
  EXPECT_TRUE(contains(text, "Fortran order")) << text;
}

TEST(npy_parse, refuses_dtypes_with_the_reason) {
  const struct {
    std::string descr;
    const char* reason;
  } cases[] = {
      {"'>f8'", "big-endian"},
      {"'>M8[ns]'", "big-endian"},
      {"'|O'", "pickled"},
      {"'O'", "pickled"},
      {"[('a', '|O8')]", "pickled"},
      {"'|f8'", "byte order"},
      {"'=f8'", "dtype '=f8'"},
      {"'f8'", "dtype 'f8'"},
      {"''", "dtype ''"},
      {"'<'", "dtype '<'"},
      {"'<f'", "dtype '<f'"},
      {"'<f3'", "dtype '<f3'"},
      {"'<f08'", "dtype '<f08'"},
      {"'<f8 '", "dtype '<f8 '"},
      {"'<f8,<f8'", "dtype '<f8,<f8'"},
      {"'|b2'", "dtype"},
      {"'|S0'", "dtype"},
      {"'|V2147483648'", "dtype"},
      {"'<U536870912'", "dtype"},
      {"'|V18446744073709551617'", "dtype"},
      {"'<M8[xs]'", "dtype"},
      {"'<M8[0s]'", "dtype"},
      {"'<M8[1s]'", "dtype"},
      {"'<M8[ns'", "dtype"},
      {"'<M8[2147483648s]'", "dtype"},
      {"'<f8[ns]'", "dtype"},
      {"u'<f8'", "'u' at byte 20"},
      {"'<f' '8'", "dtype '<f'"},
      {"'<f8' ''", "\"'\" at byte 26"},
      {"'''<f8'''", "dtype ''"},
      {"('<f8')", "'(' at byte"},
      {"'\\x3cf8'", "printable ASCII without escapes"},
      {"'<f8\xc3\xa9'", "byte value 195"},
      {std::string("'<f8\0'", 6), "byte value 0"},
      {"'<f8\t'", "byte value 9"},
      {"'<f8\n'", "byte value 10"},
      {"[]", "']' at byte 21, asked for '('"},
      {"['<f8']", "asked for '(' there"},
      {"[('a',)]", "asked for a string"},
      {"[('a', '<f8', (2,), 3)]", "asked for ')'"},
      {"[('a', '<f8', 3)]", "asked for '('"},
      {"[('a', '<f8', (3))]", "',' behind the only extent"},
      {"[('a', '<f8', ())]", "the shape ()"},
      {"[('a', '<f8', (2, 0))]", "no elements"},
      {"[('a', '<f8', (268435456,))]", "2 GiB"},
      {"[('a', '<f8', (4294967296, 4294967296))]", "2 GiB"},
      {"[('a', '|V2147483647'), ('b', '|u1')]", "2 GiB"},
      {"[('a', '<f8'), ('a', '<f4')]", "two fields of the name 'a'"},
      {"[('a', '<f8'), ('b', '<f4'), ('a', [('b', '<f4')])]", "two fields of the name 'a'"},
      {"[('', '<f8')]", "field of no name"},
      {"[('a', '<f8'), ('', [('b', '<f4')])]", "asked for a string"},
      {"[('a', '<f8'), ('', '|V4', (2,))]", "asked for ')'"},
      {"[('a', '<f8'), ('', '|V4'), ('', '|V4')]", "two gaps"},
      {"[('', '|V4')]", "without fields"},
      {"[(('title', 'a'), '<f8')]", "title"},
      {nested_structs(17), "at most 16 levels"},
      {std::string(5000, '['), "asked for '('"},
  };
  for (const auto& tried : cases) {
    const std::string text = refusal(npy_bytes(npy_dict(tried.descr)));
    EXPECT_TRUE(contains(text, tried.reason)) << tried.descr << " gives: " << text;
    EXPECT_TRUE(contains(text, "/some/file.npy holds a .npy header ")) << text;
  }
  EXPECT_EQ(refusal(npy_bytes(npy_dict(nested_structs(16)))), "");
}

TEST(npy_parse, refuses_shapes_with_the_reason) {
  std::string many = "(1";
  for (int i = 1; i < 32; ++i) many += ", 1";
  EXPECT_EQ(refusal(npy_bytes(npy_dict("'<f8'", many + ")"))), "");
  const struct {
    std::string shape;
    const char* reason;
  } cases[] = {
      {"()", "the shape ()"},
      {"(5)", "',' behind the only extent"},
      {"5", "asked for '('"},
      {"[5]", "asked for '('"},
      {"(,)", "a decimal number"},
      {"(5,,)", "a decimal number"},
      {"(5 3)", "',' behind the only extent"},
      {"(5, 3", "'}' at byte 67, asked for a decimal number"},
      {"(5, 3]", "asked for ')'"},
      {"(00010,)", "zero in front"},
      {"(00,)", "zero in front"},
      {"(-5,)", "a decimal number"},
      {"(+5,)", "a decimal number"},
      {"(1_000,)", "'_' at byte"},
      {"(0x10,)", "'x' at byte"},
      {"(5.0,)", "'.' at byte"},
      {"(5e3,)", "'e' at byte"},
      {"(5l,)", "'l' at byte"},
      {"(5LL,)", "'L' at byte"},
      {"(5 L,)", "'L' at byte"},
      {"(True,)", "a decimal number"},
      {"(None,)", "a decimal number"},
      {"('5',)", "a decimal number"},
      {"(18446744073709551616,)", "more than 64 bits"},
      {"(99999999999999999999,)", "more than 64 bits"},
      {"(\t5,)", "byte value 9"},
      {"(5,\n)", "byte value 10"},
      {many + ", 1)", "more than 32 extents"},
  };
  for (const auto& tried : cases) {
    const std::string text = refusal(npy_bytes(npy_dict("'<f8'", tried.shape)));
    EXPECT_TRUE(contains(text, tried.reason)) << tried.shape << " gives: " << text;
  }
}

TEST(npy_parse, refuses_numbers_of_python_2_where_numpy_does) {
  const std::string dict = npy_dict("'<f8'", "(5L,)");
  EXPECT_EQ(refusal(npy_bytes(dict, 1)), "");
  EXPECT_EQ(refusal(npy_bytes(dict, 2)), "");
  EXPECT_TRUE(contains(refusal(npy_bytes(dict, 3)), "'L' at byte"));
}

TEST(npy_parse, refuses_dicts_with_the_reason) {
  const struct {
    std::string dict;
    const char* reason;
  } cases[] = {
      {"", "ends at byte 10, asked for '{'"},
      {"[]", "asked for '{'"},
      {" {'descr': '<f8', 'fortran_order': False, 'shape': (5,)}", "asked for '{'"},
      {"{}", "asked for a string"},
      {"{,}", "asked for a string"},
      {"{'descr': '<f8', 'shape': (5,)}", "without the key 'fortran_order'"},
      {"{'descr': '<f8', 'fortran_order': False}", "without the key 'shape'"},
      {"{'fortran_order': False, 'shape': (5,)}", "without the key 'descr'"},
      {"{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (5,)}",
       "two keys 'descr'"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,), 'extra': 1}", "the key 'extra'"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,),, }", "asked for a string"},
      {"{'descr': '<f8' 'fortran_order': False, 'shape': (5,)}", "asked for '}'"},
      {"{'descr' '<f8', 'fortran_order': False, 'shape': (5,)}", "asked for ':'"},
      {"{'descr': '<f8', 'fortran_order': 0, 'shape': (5,)}", "True or False"},
      {"{'descr': '<f8', 'fortran_order': None, 'shape': (5,)}", "True or False"},
      {"{'descr': '<f8', 'fortran_order': Falsey, 'shape': (5,)}", "'y' at byte"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,)", "asked for '}'"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,)} # note", "'#' at byte"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}\n\n", "blanks and a newline"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}\n ", "blanks and a newline"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}\r\n", "byte value 13"},
      {std::string("{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}\0", 57),
       "byte value 0"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}}", "blanks and a newline"},
  };
  for (const auto& tried : cases) {
    const std::string text = refusal(npy_bytes(tried.dict));
    EXPECT_TRUE(contains(text, tried.reason)) << tried.dict << " gives: " << text;
  }
}

TEST(npy_parse, refuses_files_of_other_formats_and_lengths) {
  const std::string good = npy_bytes(npy_dict("'<f8'"));
  const auto with = [&](std::size_t at, char byte) {
    std::string changed = good;
    changed[at] = byte;
    return changed;
  };
  const struct {
    std::string bytes;
    const char* reason;
  } cases[] = {
      {"", "holds only 0 bytes of a .npy header"},
      {"\x93NUM", "holds only 4 bytes of a .npy header"},
      {"PK\x03\x04", "holds no .npy header, asked for a file that begins with \\x93NUMPY"},
      {with(0, 'N'), "no .npy header"},
      {with(6, 0), "version 0.0"},
      {with(6, 4), "version 4.0"},
      {with(7, 1), "version 1.1"},
      {with(9, 1), "at least"},
      {npy_bytes(std::string(10001, ' ')), "10001 bytes, asked for at most 10000"},
      {npy_bytes(std::string(10001, ' '), 2), "10001 bytes, asked for at most 10000"},
      {std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13), "4294967295 bytes"},
      {std::string("\x93NUMPY\x02\x00\x10\x00", 10), "only 10 bytes"},
  };
  for (const auto& tried : cases) {
    const std::string text = refusal(tried.bytes);
    EXPECT_TRUE(contains(text, tried.reason)) << text;
  }
}

TEST(npy_parse, every_truncation_is_refused) {
  for (const int version : {1, 2, 3}) {
    const std::string whole =
        npy_bytes(npy_dict("[('id', '<i4'), ('', '|V4'), ('x', '<f8', (2,))]"), version);
    ASSERT_EQ(refusal(whole), "");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string text = refusal(whole.substr(0, size));
      EXPECT_TRUE(contains(text, "only " + std::to_string(size) + " bytes")) << text;
    }
  }
}

TEST(npy_parse, every_truncated_dict_is_refused) {
  const std::string whole = npy_dict("[('id', '<i4'), ('', '|V4'), ('x', '<f8', (2,))]", "(5, 3)");
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_NE(refusal(npy_bytes(whole.substr(0, size))), "") << size;
  }
}

TEST(npy_parse, any_value_of_any_byte_is_read_or_refused) {
  npy_header header = npy_header::canonical({"[('a', '<i4'), ('b', '|S4')]", {}}, 8);
  header.set_count(1234);
  ASSERT_EQ(header.size_bytes(), 128u);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (std::size_t at = 0; at < header.size_bytes(); ++at) {
    std::string bytes(header.text());
    for (int value = 0; value < 256; ++value) {
      bytes[at] = static_cast<char>(value);
      refusal(bytes).empty() ? ++accepted : ++refused;
    }
  }
  EXPECT_EQ(accepted + refused, 128u * 256u);
  EXPECT_GT(accepted, 300u) << "the byte itself, other digits, other names";
  EXPECT_GT(refused, 20000u);
}

TEST(npy_parse, takes_little_memory_whatever_the_bytes_say) {
  std::string many_fields;
  for (std::size_t i = 0; many_fields.size() < 9900; ++i) {
    const char name[] = {static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26), '\0'};
    many_fields += "('" + std::string(name) + "','|b1'),";
  }
  std::string many_extents;
  for (std::size_t i = 0; many_extents.size() < 9800; ++i) {
    many_extents += "('" + std::to_string(i) + "','|b1',(1";
    for (int extent = 1; extent < 32; ++extent) many_extents += ",1";
    many_extents += ")),";
  }
  const std::string huge_name = "[('" + std::string(9900, 'x') + "','|b1')]";
  for (const std::string& descr : {'[' + many_fields + ']', '[' + many_extents + ']', huge_name}) {
    const std::string bytes =
        npy_bytes("{'descr':" + descr + ",'fortran_order':False,'shape':(9,)}");
    ASSERT_LE(bytes.size(), mapvec::detail::max_npy_header_bytes);
    const std::size_t before = allocated_bytes;
    const npy_header header = parse(bytes);
    EXPECT_LT(allocated_bytes - before, 64u * 1024u) << "all allocations together";
    EXPECT_GT(allocated_bytes - before, 10000u);
    EXPECT_EQ(header.count(), 9u);
  }
  const std::string lies = npy_bytes(
      "{'descr':[('x','|V2147483647')],'fortran_order':False,"
      "'shape':(18446744073709551615,18446744073709551615)}");
  const std::size_t before = allocated_bytes;
  parse(lies);
  EXPECT_LT(allocated_bytes - before, 2048u);
}

}  // namespace
