// SPDX-License-Identifier: MIT
//
// Boost.Serialization for vectors, by value: `archive << v` writes the elements of a vector, a
// file_vector or a file_view, `archive >> v` reads them into a vector or a file_vector.
//
// Every archive gets what it gets for a std::vector<T>, so either can read what the other wrote;
// but bool is written as any other element. Where an archive takes arrays of T, 8 MiB are written
// and 1 MiB is read at a time. Elements need a default constructor; pointers to them in the same
// archive are not led to them. A file_vector is not committed by this, and what it held is
// overwritten in place: where a crash may not leave a mixture, read into a new file and replace().
//
//  - Errors: input that ends too early or is wrong throws what the archive throws, a full disk
//    `error`; the vector then holds what it held before.
//  - Invalidation: reading makes all pointers and iterators invalid, writing none.
//  - Cost: linear.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <boost/serialization/array_optimization.hpp>
#include <boost/serialization/array_wrapper.hpp>
#include <boost/serialization/collection_size_type.hpp>
#include <boost/serialization/collection_traits.hpp>
#include <boost/serialization/item_version_type.hpp>
#include <boost/serialization/library_version_type.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/version.hpp>

#include <mapvec/blocks.hpp>
#include <mapvec/detail/load_elements.hpp>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1::detail {

template <class T, class Archive>
inline constexpr bool takes_arrays =
    boost::serialization::use_array_optimization<Archive>::template apply<T>::type::value;

/// Boost writes an object at an address where it has written one before as a reference to that: not
/// from buffers, which are used again.
template <class T>
inline constexpr bool is_tracked =
    boost::serialization::tracking_level<T>::value != boost::serialization::track_never;

template <class T, class Archive, class Elements>
void save_to_boost(Archive& archive, const Elements& elements) {
  const boost::serialization::collection_size_type count(elements.size());
  archive << boost::serialization::make_nvp("count", count);
  if constexpr (!takes_arrays<T, Archive>) {
    const boost::serialization::item_version_type version(boost::serialization::version<T>::value);
    archive << boost::serialization::make_nvp("item_version", version);
  }
  if constexpr (is_tracked<T>) {
    for (const T& each : elements) archive << boost::serialization::make_nvp("item", each);
    return;
  }
  for (const auto block : blocks(elements)) {
    if constexpr (takes_arrays<T, Archive>) {
      archive << boost::serialization::make_array(block.data(), block.size());
    } else {
      for (const T& each : block) archive << boost::serialization::make_nvp("item", each);
    }
  }
}

template <class T, class Archive, class Elements>
void load_from_boost(Archive& archive, Elements& elements) {
  boost::serialization::collection_size_type count(0);
  archive >> boost::serialization::make_nvp("count", count);
  // Archives of old versions of the library have a version of the items, too, and some arrays.
  const boost::serialization::library_version_type wrote = archive.get_library_version();
  const unsigned library = wrote;
  const bool has_version = takes_arrays<T, Archive> ? library == 4 || library == 5 : library > 3;
  if (has_version) {
    boost::serialization::item_version_type version(0);
    archive >> boost::serialization::make_nvp("item_version", version);
  }
  const std::size_t size = std::as_const(count);
  load_elements(elements, [&] {
    if constexpr (takes_arrays<T, Archive>) {
      append_pieces<T>(elements, size, [&](T* first, std::size_t some) {
        archive >> boost::serialization::make_array(first, some);
      });
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        T each{};
        archive >> boost::serialization::make_nvp("item", each);
        elements.push_back(std::move(each));
      }
    }
  });
}

}  // namespace mapvec::inline v0_1::detail

namespace boost::serialization {

template <class Archive, class T>
void save(Archive& archive, const mapvec::vector<T>& elements, unsigned /*version*/) {
  mapvec::detail::save_to_boost<T>(archive, elements);
}
template <class Archive, class T>
void load(Archive& archive, mapvec::vector<T>& elements, unsigned /*version*/) {
  mapvec::detail::load_from_boost<T>(archive, elements);
}
template <class Archive, class T>
void serialize(Archive& archive, mapvec::vector<T>& elements, unsigned version) {
  split_free(archive, elements, version);
}
template <class Archive, class T>
void save(Archive& archive, const mapvec::file_vector<T>& elements, unsigned /*version*/) {
  mapvec::detail::save_to_boost<T>(archive, elements);
}
template <class Archive, class T>
void load(Archive& archive, mapvec::file_vector<T>& elements, unsigned /*version*/) {
  mapvec::detail::load_from_boost<T>(archive, elements);
}
template <class Archive, class T>
void serialize(Archive& archive, mapvec::file_vector<T>& elements, unsigned version) {
  split_free(archive, elements, version);
}
template <class Archive, class T>
void serialize(Archive& archive, mapvec::file_view<T>& elements, unsigned /*version*/) {
  static_assert(Archive::is_saving::value, "mapvec: a file_view is only written to archives");
  mapvec::detail::save_to_boost<T>(archive, elements);
}
template <class Archive>
void serialize(Archive& archive, mapvec::file_reference& to, unsigned /*version*/) {
  archive& make_nvp("path", to.path) & make_nvp("count", to.count) & make_nvp("dtype", to.dtype);
}

}  // namespace boost::serialization

// Which classes an archive describes, as for std::vector: not those of numbers.
BOOST_SERIALIZATION_COLLECTION_TRAITS(mapvec::vector)
BOOST_SERIALIZATION_COLLECTION_TRAITS(mapvec::file_vector)
BOOST_SERIALIZATION_COLLECTION_TRAITS(mapvec::file_view)
