// SPDX-License-Identifier: MIT
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "expect.hpp"

int main() {
  auto weights = mapvec::file_vector<float>::create("weights.npy");
  weights.resize(1000, 1.0F);
  // share_blocks takes no time and no space, where the file system can (XFS, btrfs).
  weights.snapshot("weights.before.npy", {.share_blocks = true});
  for (float& weight : weights) weight = 2;
  weights.commit();

  const auto before = mapvec::file_view<float>::open("weights.before.npy");
  expect("the snapshot holds the old elements", before.size() == 1000 && before[999] == 1);
  expect("the vector the new ones", weights[999] == 2);
}
