// SPDX-License-Identifier: MIT
//
// What the tests of temporary files ask about a file.
#pragma once

#include <string>

#include <mapvec/temporary.hpp>

namespace mapvec::test {

/// Where an open file was created, from /proc/self/fd; its name there means nothing.
std::string directory_of(const detail::file& opened);
unsigned permissions_of(const detail::file& opened);
bool closes_on_exec(const detail::file& opened);
/// True while some other description of the file could not be locked.
bool is_locked(const std::string& path);
/// The whole of a file; fails the test where it is missing.
std::string contents_of(const std::string& path);
void write_contents(const std::string& path, const std::string& text);
/// True for "mapvec-<uuid version 4>.seg".
bool is_segment_name(const std::string& name);

}  // namespace mapvec::test
