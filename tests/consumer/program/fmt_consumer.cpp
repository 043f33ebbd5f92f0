// SPDX-License-Identifier: MIT
//
// The smallest user of the component fmt.
#include <fmt/format.h>

#include <mapvec/fmt.hpp>
#include <mapvec/vector.hpp>

int main() {
  const mapvec::vector<int> numbers = {42, 8, 52};
  return fmt::format("{:x}", numbers) == "[2a, 8, 34]" ? 0 : 1;
}
