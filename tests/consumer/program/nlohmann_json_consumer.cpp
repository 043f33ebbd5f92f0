// SPDX-License-Identifier: MIT
//
// The smallest user of the component nlohmann_json.
#include <mapvec/serialize/nlohmann_json.hpp>
#include <mapvec/vector.hpp>

int main() {
  const auto numbers = nlohmann::json::parse("[42,8,52]").get<mapvec::vector<int>>();
  return nlohmann::json(numbers).dump() == "[42,8,52]" ? 0 : 1;
}
