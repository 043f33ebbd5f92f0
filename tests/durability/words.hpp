// SPDX-License-Identifier: MIT
//
// The vector and the view that all these tests use.
#pragma once

#include <cstdint>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

namespace mapvec::test {

using words = mapvec::file_vector<std::uint64_t>;
using words_view = mapvec::file_view<std::uint64_t>;

}  // namespace mapvec::test
