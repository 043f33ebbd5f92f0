// SPDX-License-Identifier: MIT
//
// What oracle.py compares with NumPy. `parse`: reads headers from stdin, each behind its size in
// four bytes, and prints a line for each, "refused" or "accepted" with what was understood and
// whether the canonical header fits in its place. `types`: prints the dtype of C++ types and the
// canonical header of nine elements.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "headers.hpp"
#include "types.hpp"

namespace {

using mapvec::detail::element_format;
using mapvec::detail::npy_array;
using mapvec::detail::npy_header;

std::string comma_separated(const std::vector<std::uint64_t>& extents) {
  std::string text;
  for (const std::uint64_t extent : extents) text += std::to_string(extent) + ',';
  return text;
}

void print_parsed(std::string_view bytes) {
  try {
    const npy_header header = mapvec_test::parse(bytes);
    const auto canonical =
        npy_header::canonical_of_size(header.array(), header.count(), header.size_bytes());
    std::printf("accepted\t%s\t%ju\t%s\t%zu\t%s\n", header.array().dtype.c_str(),
                std::uintmax_t{header.count()}, comma_separated(header.array().row_extents).c_str(),
                header.size_bytes(), canonical ? "fits" : "tight");
  } catch (const mapvec::format_error& refused) {
    std::printf("refused\t%s\n", refused.stored().c_str());
  }
}

int parse_all() {
  std::string bytes;
  std::uint32_t size = 0;
  while (std::fread(&size, sizeof size, 1, stdin) == 1) {
    bytes.resize(size);
    if (std::fread(bytes.data(), 1, size, stdin) != size) return 1;
    print_parsed(bytes);
  }
  return 0;
}

template <class T>
void print_type(const char* name) {
  const element_format format = mapvec::detail::format_of<T>();
  npy_header header =
      npy_header::canonical({format.dtype, format.row_extents}, format.alignment_bytes);
  header.set_count(9);
  std::printf("%s\t%s\t%s\t%zu\t%zu\t", name, format.dtype.c_str(),
              comma_separated(format.row_extents).c_str(), format.size_bytes,
              format.alignment_bytes);
  for (const char byte : header.text()) {
    std::printf("%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  }
  std::printf("\n");
}

void print_types() {
  mapvec_test::for_each_stored_type([]<class T>(const char* name) { print_type<T>(name); });
  if constexpr (mapvec::detail::has_dtype<long double>) {
    print_type<long double>("long double");
    print_type<std::complex<long double>>("complex<long double>");
  }
  if constexpr (requires { sizeof(mapvec::detail::float16); }) {
    print_type<mapvec::detail::float16>("float16");
  }
}

}  // namespace

int main(int count, char** words) {
  const std::string_view mode = count == 2 ? words[1] : "";
  if (mode == "parse") return parse_all();
  if (mode != "types") return 2;
  print_types();
  return 0;
}
