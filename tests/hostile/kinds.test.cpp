// SPDX-License-Identifier: MIT
//
// Goal: no type is taken for another, whatever their sizes. Method: a file of each kind of element
// is opened as every kind; only those with the same dtype and the same rows may, and see the same
// bytes.
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <mapvec/dtype.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "interop/elements.hpp"
#include "support/directories.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

TEST(hostile_kinds, no_type_is_taken_for_another) {
  const scratch_directory directory("/dev/shm");
  std::map<std::string, detail::npy_array> arrays;
  // 720 bytes and more: many counts fit into many sizes.
  for_each_kind([&]<class T>(const std::string& kind) {
    const detail::element_format format = detail::format_of<T>();
    arrays[kind] = {format.dtype, format.row_extents};
    auto written = file_vector<T>::create(directory / kind);
    for (std::size_t i = 0; i < 720; ++i) written.push_back(elements<T>::at(i));
  });
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for_each_kind([&]<class T>(const std::string& kind) {
    for (const auto& [stored, array] : arrays) {
      const std::string path = directory / stored;
      const bool same = array == arrays[kind];
      try {
        const auto view = file_view<T>::open(path);
        const auto writer = file_vector<T>::open(path);
        EXPECT_TRUE(same) << stored << " was opened as " << kind;
        EXPECT_EQ(view.size(), 720U);
        EXPECT_EQ(writer.size(), 720U);
        ++accepted;
      } catch (const format_error& thrown) {
        EXPECT_FALSE(same) << thrown.what();
        EXPECT_NE(thrown.stored().find(array.dtype), std::string::npos) << thrown.what();
        EXPECT_NE(thrown.asked().find(arrays[kind].dtype), std::string::npos) << thrown.what();
        ++refused;
      }
    }
  });
  // The enum and its number have one dtype.
  EXPECT_EQ(accepted, arrays.size() + 2);
  EXPECT_EQ(accepted + refused, arrays.size() * arrays.size());
  EXPECT_GE(arrays.size(), 28U);
}

}  // namespace
}  // namespace mapvec::test
