// SPDX-License-Identifier: MIT
#include <boost/container/vector.hpp>
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/managed_mapped_file.hpp>
#include <cstdint>

namespace bip = boost::interprocess;
using allocator = bip::allocator<std::uint64_t, bip::managed_mapped_file::segment_manager>;
using vector = boost::container::vector<std::uint64_t, allocator>;

int main() {
  bip::file_mapping::remove("numbers.bip");
  {
    // Room for the elements and for a copy of them, should growing copy; it cannot be had later.
    bip::managed_mapped_file file(bip::create_only, "numbers.bip", 64 << 20);
    vector& numbers = *file.construct<vector>("numbers")(file.get_segment_manager());
    for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * 7919 % 100'003);
    if (!file.flush()) return 1;
  }
  bip::managed_mapped_file::shrink_to_fit("numbers.bip");

  bip::managed_mapped_file file(bip::open_only, "numbers.bip");
  const vector* numbers = file.find<vector>("numbers").first;
  return numbers != nullptr && numbers->size() == 1'000'000 && (*numbers)[1] == 7919 ? 0 : 1;
}
