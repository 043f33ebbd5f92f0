// SPDX-License-Identifier: MIT
//
// cereal for vectors, by value: `archive(v)` writes the elements of a vector, a file_vector or a
// file_view, and reads them into a vector or a file_vector.
//
// Every archive gets what it gets for a std::vector<T>, so either can read what the other wrote;
// but bool is written as any other element. In binary archives, numbers are read and written a MiB
// at a time. A file_vector is not committed by this, and what it held is overwritten in place:
// where a crash may not leave a mixture, read into a new file and replace().
//
//  - Errors: input that ends too early or is wrong throws what the archive throws, a full disk
//    `error`, a count that is no multiple of a file_vector's row_width() `format_error`; the vector
//    then holds what it held before.
//  - Invalidation: reading makes all pointers and iterators invalid, writing none.
//  - Cost: linear. A vector that is read into needs room for old and new elements at once, on the
//    disk too.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <cereal/cereal.hpp>
#include <cereal/types/string.hpp>

#include <mapvec/blocks.hpp>
#include <mapvec/detail/load_elements.hpp>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1::detail {

/// As cereal asks for a std::vector<T>.
template <class T>
inline constexpr bool is_cereal_number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

template <class T, class Archive, class Elements>
void save_to_cereal(Archive& archive, const Elements& elements) {
  archive(cereal::make_size_tag(static_cast<cereal::size_type>(elements.size())));
  for (const auto block : blocks(elements)) {
    if constexpr (is_cereal_number<T> &&
                  cereal::traits::is_output_serializable<cereal::BinaryData<T>, Archive>::value) {
      archive(cereal::binary_data(block.data(), block.size_bytes()));
    } else {
      for (const T& each : block) archive(each);
    }
  }
}

template <class T, class Archive, class Elements>
void load_from_cereal(Archive& archive, Elements& elements) {
  cereal::size_type count = 0;
  archive(cereal::make_size_tag(count));
  load_elements(elements, count, [&] {
    if constexpr (is_cereal_number<T> &&
                  cereal::traits::is_input_serializable<cereal::BinaryData<T>, Archive>::value) {
      append_pieces<T>(elements, count, [&](T* first, std::size_t some) {
        archive(cereal::binary_data(first, some * sizeof(T)));
      });
    } else {
      for (; count > 0; --count) {
        T each{};
        archive(each);
        if (!have_valid_bools(&each, 1)) {
          throw cereal::Exception("mapvec: a bool that is neither 0 nor 1");
        }
        elements.push_back(std::move(each));
      }
    }
  });
}

}  // namespace mapvec::inline v0_1::detail

namespace cereal {

template <class Archive, class T>
void CEREAL_SAVE_FUNCTION_NAME(Archive& archive, const mapvec::vector<T>& elements) {
  mapvec::detail::save_to_cereal<T>(archive, elements);
}
template <class Archive, class T>
void CEREAL_SAVE_FUNCTION_NAME(Archive& archive, const mapvec::file_vector<T>& elements) {
  mapvec::detail::save_to_cereal<T>(archive, elements);
}
template <class Archive, class T>
void CEREAL_SAVE_FUNCTION_NAME(Archive& archive, const mapvec::file_view<T>& elements) {
  mapvec::detail::save_to_cereal<T>(archive, elements);
}
template <class Archive, class T>
void CEREAL_LOAD_FUNCTION_NAME(Archive& archive, mapvec::vector<T>& elements) {
  mapvec::detail::load_from_cereal<T>(archive, elements);
}
template <class Archive, class T>
void CEREAL_LOAD_FUNCTION_NAME(Archive& archive, mapvec::file_vector<T>& elements) {
  mapvec::detail::load_from_cereal<T>(archive, elements);
}
template <class Archive>
void CEREAL_SAVE_FUNCTION_NAME(Archive& archive, const mapvec::file_reference& to) {
  archive(cereal::make_nvp("path", to.path), cereal::make_nvp("count", to.count),
          cereal::make_nvp("dtype", to.dtype));
}
template <class Archive>
void CEREAL_LOAD_FUNCTION_NAME(Archive& archive, mapvec::file_reference& to) {
  mapvec::file_reference read;
  archive(cereal::make_nvp("path", read.path), cereal::make_nvp("count", read.count),
          cereal::make_nvp("dtype", read.dtype));
  to = std::move(read);
}

}  // namespace cereal
