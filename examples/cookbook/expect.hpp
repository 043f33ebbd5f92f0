// SPDX-License-Identifier: MIT
//
// What the recipes of the cookbook claim: `expect("three are left", v.size() == 3)` does nothing
// where that is so. Else it says so on stderr and ends the program with 1, at once: no destructor
// runs, and no other thread is waited for. In every build, unlike assert.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

inline void expect(std::string_view what, bool is_so) {
  if (is_so) return;
  std::cerr << "not so: " << what << std::endl;
  std::_Exit(1);
}
