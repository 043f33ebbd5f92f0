// SPDX-License-Identifier: MIT
//
// Goal: xtensor, which reads headers more strictly than NumPy, reads closed files of ours, and what
// it writes can be opened and grown. Method: xt::load_npy and xt::dump_npy of Debian's xtensor,
// over each of its element types.
#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <xtensor/xarray.hpp>
#include <xtensor/xnpy.hpp>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "interop/elements.hpp"
#include "support/directories.hpp"

namespace mapvec::test {
namespace {

template <class T>
void write_file(const std::string& path, std::size_t count, const options& settings = {}) {
  auto written = file_vector<T>::create(path, settings);
  for (std::size_t i = 0; i < count; ++i) written.push_back(elements<T>::at(i));
}

template <class T>
void expect_elements(const xt::xarray<T>& array) {
  std::size_t position = 0;
  std::size_t different = 0;
  for (const T& element : array) different += element == elements<T>::at(position++) ? 0 : 1;
  EXPECT_EQ(different, 0U);
}

/// What is read of a file of `count` elements, and of the file written from that.
template <class T>
void expect_both_ways(std::size_t count) {
  const scratch_directory directory("/dev/shm");
  write_file<T>(directory / "ours.npy", count);
  const auto loaded = xt::load_npy<T>(directory / "ours.npy");
  ASSERT_EQ(loaded.dimension(), 1U);
  ASSERT_EQ(loaded.size(), count);
  expect_elements<T>(loaded);
  xt::dump_npy(directory / "theirs.npy", loaded);
  {
    auto grown = file_vector<T>::open(directory / "theirs.npy");
    ASSERT_EQ(grown.size(), count);
    while (grown.size() < 2 * count + 3) grown.push_back(elements<T>::at(grown.size()));
  }
  const auto again = xt::load_npy<T>(directory / "theirs.npy");
  EXPECT_EQ(again.size(), 2 * count + 3);
  expect_elements<T>(again);
}

template <class T>
class xtensor : public ::testing::Test {};
using element_types = ::testing::Types<bool, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t,
                                       std::int32_t, std::uint32_t, std::int64_t, std::uint64_t,
                                       float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(xtensor, element_types);

TYPED_TEST(xtensor, reads_what_we_write_and_we_grow_what_it_writes) {
  for (const std::size_t count : {0, 1, 1000}) expect_both_ways<TypeParam>(count);
}

TEST(xtensor_rows, are_arrays_of_two_dimensions_and_more) {
  const scratch_directory directory("/dev/shm");
  write_file<float>(directory / "wide.npy", 10 * 768, {.row_width = 768});
  const auto wide = xt::load_npy<float>(directory / "wide.npy");
  EXPECT_EQ(std::vector<std::size_t>(wide.shape().begin(), wide.shape().end()),
            (std::vector<std::size_t>{10, 768}));
  expect_elements<float>(wide);
  using matrix = std::array<std::array<std::int16_t, 2>, 3>;
  write_file<matrix>(directory / "matrices.npy", 20);
  const auto matrices = xt::load_npy<std::int16_t>(directory / "matrices.npy");
  EXPECT_EQ(std::vector<std::size_t>(matrices.shape().begin(), matrices.shape().end()),
            (std::vector<std::size_t>{20, 3, 2}));
  expect_elements<std::int16_t>(matrices);
}

}  // namespace
}  // namespace mapvec::test
