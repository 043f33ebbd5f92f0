// SPDX-License-Identifier: MIT
#include "read_ahead_pause.hpp"

#include <mapvec/advice.hpp>

namespace mapvec::inline v0_1::detail {

read_ahead_pause::read_ahead_pause(const stored_bytes& read) noexcept {
  if (read.fd < 0 || read.size_bytes == 0 || read.advised == access::random) return;
  // The kernel changes nothing of what it is advised about.
  data_ = const_cast<std::byte*>(read.data);
  size_bytes_ = read.size_bytes;
  advise(data_, size_bytes_, access::random);
}

read_ahead_pause::~read_ahead_pause() {
  if (data_ != nullptr) advise(data_, size_bytes_, access::normal);
}

}  // namespace mapvec::inline v0_1::detail
