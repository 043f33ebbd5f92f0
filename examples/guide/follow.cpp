// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <span>

int main() {
  auto log = mapvec::file_vector<std::int32_t>::open_or_create("log.npy");
  log.clear();
  log.push_back(1);
  log.commit();

  // This could be another process, or a hundred of them.
  auto view = mapvec::file_view<std::int32_t>::open("log.npy");
  const std::span<const std::int32_t> taken_before(view.begin(), view.end());

  for (int i = 2; i <= 1'000'000; ++i) log.push_back(i);
  if (view.size() != 1) return 1;  // until refresh()
  log.commit();
  if (view.refresh() != 1'000'000) return 1;
  return taken_before.data() == view.data() && view.back() == 1'000'000 ? 0 : 1;
}
