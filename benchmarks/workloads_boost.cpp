// SPDX-License-Identifier: MIT
//
// The workloads for Boost: its vector in a managed_mapped_file.

#include "peers/boost_mapped_vector.hpp"
#include "workloads.hpp"

int main(int count, char** arguments) {
  using vector = peers::boost_mapped_vector<bench::number>;
  return bench::run(count, arguments,
                    {{"push_back/boost", bench::push_back<vector>},
                     {"append_range/boost", bench::append_range<vector>},
                     {"read/boost", bench::read<vector>}});
}
