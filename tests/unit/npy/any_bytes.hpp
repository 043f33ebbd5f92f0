// SPDX-License-Identifier: MIT
//
// What holds of every file whatever its bytes are: the body of the fuzz target and of the unit test
// over its corpus.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <mapvec/error.hpp>
#include <mapvec/npy_header.hpp>

namespace mapvec_test {

/// Ends the process where `holds` is false: a fuzzer keeps the bytes that did it.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", promise);
  std::abort();
}

/// Parses `bytes`; true if they were accepted.
inline bool parse_any_bytes(std::string_view bytes) {
  using mapvec::detail::npy_header;
  std::optional<npy_header> read;
  try {
    read = npy_header::parse(bytes, "/some/file.npy");
  } catch (const mapvec::format_error&) {
    return false;
  }
  require(read->text() == bytes.substr(0, read->size_bytes()), "the text is that of the file");
  const auto canonical =
      npy_header::canonical_of_size(read->array(), read->count(), read->size_bytes());
  require(read->is_canonical() == (canonical && canonical->text() == read->text()),
          "canonical is what canonical_of_size writes");
  if (!canonical) return true;
  require(canonical->size_bytes() == read->size_bytes(), "the canonical header keeps the place");
  npy_header again = npy_header::parse(canonical->text(), "/some/file.npy");
  require(again.array() == read->array(), "the canonical header says the same of the elements");
  require(again.count() == read->count(), "the canonical header has the same count");
  require(again.is_canonical(), "what we write is canonical");
  again.set_count(again.max_count());
  require(again.text() ==
              npy_header::canonical_of_size(read->array(), again.count(), again.size_bytes())
                  .value()
                  .text(),
          "another count gives what would be written for it");
  return true;
}

}  // namespace mapvec_test
