// SPDX-License-Identifier: MIT
#include <cstdint>
#include <fstream>
#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <string>

#include "expect.hpp"

// Why the file is not taken; empty where it is.
std::string refusal(const char* path) {
  try {
    mapvec::file_view<std::int32_t>::open(path);
    return {};
  } catch (const mapvec::format_error& wrong) {  // it does not hold what was asked for
    return wrong.stored();
  } catch (const mapvec::error& failure) {  // the system said no
    return failure.what();
  }
}

int main() {
  std::ofstream("lies.npy") << "\x93NUMPY, it says, but goes on with nothing of the kind";
  mapvec::file_vector<double>::create("doubles.npy").close();
  mapvec::file_vector<std::int32_t>::create("good.npy").close();

  expect("what is no array is refused", !refusal("lies.npy").empty());
  expect("so is another type, and it is named",
         refusal("doubles.npy") == "dtype '<f8', shape (N,)");
  expect("so is what is not there", refusal("none.npy").find("No such file") != std::string::npos);
  expect("a good one is taken", refusal("good.npy").empty());
}
