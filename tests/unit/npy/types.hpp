// SPDX-License-Identifier: MIT
//
// Described types and others that the tests of dtypes share.
#pragma once

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>

#include <mapvec/dtype.hpp>

namespace mapvec_test {

enum class color : std::uint8_t { red, green };
enum class flag : bool { off, on };
enum offset : std::int64_t {};
enum letter : char {};

struct point {
  double x;
  double y;
};
MAPVEC_DESCRIBE(point, x, y);

/// A gap in the midst and one at the end.
struct record {
  std::int32_t id;
  double x;
  char tag;
};
MAPVEC_DESCRIBE(record, id, x, tag);

struct all_kinds {
  bool valid;
  const std::int16_t fixed;
  char name[10];
  std::array<char, 3> code;
  color colors[2];
  std::array<std::array<float, 3>, 2> matrix;
  short grid[2][3][1];
  char words[4][8];
  point corners[2];
  std::complex<float> wave;
  std::chrono::sys_time<std::chrono::nanoseconds> when;
  std::chrono::milliseconds took;
  record last;
};
MAPVEC_DESCRIBE(all_kinds, valid, fixed, name, code, colors, matrix, grid, words, corners, wave,
                when, took, last);

/// Members left out are gaps.
struct partly_described {
  std::int32_t hidden_first;
  std::int32_t shown;
  std::int32_t hidden_last;
};
MAPVEC_DESCRIBE(partly_described, shown);

struct outer_class {
  struct inner {
    std::uint8_t byte;
  };
};
MAPVEC_DESCRIBE(outer_class::inner, byte);

struct derived_from_described : point {};

struct undescribed {
  int id;
};

struct opaque {
  int id;
  bool sure;
};

struct many_members {
  int m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
      m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39,
      m40, m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58,
      m59, m60, m61, m62, m63, m64, m65, m66, m67, m68, m69, m70, m71;
};
MAPVEC_DESCRIBE(many_members, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15,
                m16, m17, m18, m19, m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32,
                m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43, m44, m45, m46, m47, m48, m49,
                m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62, m63, m64, m65, m66,
                m67, m68, m69, m70, m71);

}  // namespace mapvec_test

struct in_no_namespace {
  float value;
};
MAPVEC_DESCRIBE(in_no_namespace, value);

template <>
inline constexpr bool mapvec::store_as_bytes<mapvec_test::opaque> = true;

namespace mapvec_test {

/// Calls visit.operator()<T>("T as text") for one type of each kind.
template <class Visit>
void for_each_stored_type(Visit visit) {
  using namespace std::chrono;
  visit.template operator()<bool>("bool");
  visit.template operator()<char>("char");
  visit.template operator()<signed char>("signed char");
  visit.template operator()<unsigned char>("unsigned char");
  visit.template operator()<short>("short");
  visit.template operator()<unsigned short>("unsigned short");
  visit.template operator()<int>("int");
  visit.template operator()<unsigned>("unsigned");
  visit.template operator()<long>("long");
  visit.template operator()<unsigned long>("unsigned long");
  visit.template operator()<long long>("long long");
  visit.template operator()<unsigned long long>("unsigned long long");
  visit.template operator()<char8_t>("char8_t");
  visit.template operator()<char16_t>("char16_t");
  visit.template operator()<char32_t>("char32_t");
  visit.template operator()<float>("float");
  visit.template operator()<double>("double");
  visit.template operator()<std::byte>("std::byte");
  visit.template operator()<std::complex<float>>("complex<float>");
  visit.template operator()<std::complex<double>>("complex<double>");
  visit.template operator()<color>("color");
  visit.template operator()<flag>("flag");
  visit.template operator()<offset>("offset");
  visit.template operator()<letter>("letter");
  visit.template operator()<std::array<char, 8>>("array<char, 8>");
  visit.template operator()<std::array<int, 3>>("array<int, 3>");
  visit.template operator()<std::array<std::array<float, 3>, 2>>("array<array<float, 3>, 2>");
  visit.template operator()<std::array<std::array<char, 8>, 4>>("array<array<char, 8>, 4>");
  visit.template operator()<std::array<unsigned char, 4>>("array<unsigned char, 4>");
  visit.template operator()<std::array<record, 2>>("array<record, 2>");
  visit.template operator()<std::array<opaque, 2>>("array<opaque, 2>");
  visit.template operator()<sys_time<nanoseconds>>("sys_time<nanoseconds>");
  visit.template operator()<sys_time<microseconds>>("sys_time<microseconds>");
  visit.template operator()<sys_time<milliseconds>>("sys_time<milliseconds>");
  visit.template operator()<sys_time<seconds>>("sys_time<seconds>");
  visit.template operator()<sys_time<minutes>>("sys_time<minutes>");
  visit.template operator()<sys_time<hours>>("sys_time<hours>");
  visit.template operator()<sys_time<days>>("sys_time<days>");
  visit.template operator()<sys_time<weeks>>("sys_time<weeks>");
  visit.template operator()<nanoseconds>("nanoseconds");
  visit.template operator()<weeks>("weeks");
  visit.template operator()<point>("point");
  visit.template operator()<record>("record");
  visit.template operator()<all_kinds>("all_kinds");
  visit.template operator()<partly_described>("partly_described");
  visit.template operator()<outer_class::inner>("outer_class::inner");
  visit.template operator()<in_no_namespace>("in_no_namespace");
  visit.template operator()<many_members>("many_members");
  visit.template operator()<opaque>("opaque");
}

}  // namespace mapvec_test
