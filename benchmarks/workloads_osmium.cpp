// SPDX-License-Identifier: MIT
//
// The workloads for libosmium's vector in a file.

#include "peers/osmium_vector.hpp"
#include "workloads.hpp"

int main(int count, char** arguments) {
  using vector = peers::osmium_vector<bench::number>;
  return bench::run(count, arguments,
                    {{"push_back/osmium", bench::push_back<vector>},
                     {"append_past/osmium", bench::push_back_past<vector>},
                     {"read/osmium", bench::read<vector>}});
}
