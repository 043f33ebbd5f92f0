// SPDX-License-Identifier: MIT
//
// Boost.Serialization for vectors, by value: `archive << v` writes the elements of a vector, a
// file_vector or a file_view, `archive >> v` reads them into a vector or a file_vector.
//
// Every archive gets what it gets for a std::vector<T>, so either can read what the other wrote;
// but bool is written as any other element. Where an archive takes arrays of T, 8 MiB are written
// and 1 MiB is read at a time. Elements need a default constructor. Pointers that are read later
// from the same archive lead to the elements they led to, as those of a std::vector would: an
// element stays where it was read. A file_vector is not committed by this, and what it held is
// overwritten in place: where a crash may not leave a mixture, read into a new file and replace().
//
//  - Errors: input that ends too early or is wrong throws what the archive throws, a full disk
//    `error`, a count that is no multiple of a file_vector's row_width() `format_error`; the vector
//    then holds what it held before.
//  - Invalidation: reading makes all pointers and iterators invalid, writing none.
//  - Cost: linear. A vector that is read into needs room for old and new elements at once, on the
//    disk too. Where elements of a class are read over old ones, these wait in a temporary vector,
//    which has the options of the one that is read into.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <boost/archive/archive_exception.hpp>
#include <boost/serialization/array_optimization.hpp>
#include <boost/serialization/array_wrapper.hpp>
#include <boost/serialization/collection_size_type.hpp>
#include <boost/serialization/collection_traits.hpp>
#include <boost/serialization/item_version_type.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/library_version_type.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/string.hpp>
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

/// Boost may note the address of such a T and of its members, even where the T itself is not
/// tracked: what it meets there again is written as a reference, and read pointers lead there. So
/// these go through no buffer, which is used again, nor through a local.
template <class T>
inline constexpr bool has_address = boost::serialization::implementation_level<T>::value >=
                                    boost::serialization::object_serializable;

template <class T, class Archive, class Elements>
void save_to_boost(Archive& archive, const Elements& elements) {
  const boost::serialization::collection_size_type count(elements.size());
  archive << boost::serialization::make_nvp("count", count);
  if constexpr (!takes_arrays<T, Archive>) {
    const boost::serialization::item_version_type version(boost::serialization::version<T>::value);
    archive << boost::serialization::make_nvp("item_version", version);
  }
  const auto save_each = [&](const auto& range) {
    for (const T& each : range) archive << boost::serialization::make_nvp("item", each);
  };
  if constexpr (takes_arrays<T, Archive>) {
    for (const auto block : blocks(elements)) {
      archive << boost::serialization::make_array(block.data(), block.size());
    }
  } else if constexpr (has_address<T>) {
    save_each(elements);
  } else {
    for (const auto block : blocks(elements)) save_each(block);
  }
}

/// Reads each element at the address it keeps. Appended behind the old ones it would move when they
/// go, and reset_object_address() cannot follow: it leaves out members of what is not tracked, and
/// shifts what members point to.
template <class Archive, class Elements>
void load_in_place(Archive& archive, Elements& elements, std::uint64_t count) {
  using T = typename Elements::value_type;
  require_rows(elements, count);
  const std::size_t old_size = elements.size();
  elements.truncate(old_size);  // throws in a forked child before an element changes
  vector<T> old(vector_access::storage_of(std::as_const(elements)).settings());
  try {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i < old_size) {
        std::ranges::swap(old.emplace_back(), elements[i]);
      } else {
        elements.emplace_back();
      }
      archive >> boost::serialization::make_nvp("item", elements[i]);
    }
  } catch (...) {
    elements.truncate(old_size);
    std::ranges::move(old, elements.begin());
    throw;
  }
  elements.truncate(count);
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
  if constexpr (takes_arrays<T, Archive>) {
    load_elements(elements, size, [&] {
      append_pieces<T>(elements, size, [&](T* first, std::size_t some) {
        archive >> boost::serialization::make_array(first, some);
        if (!have_valid_bools(first, some)) {
          throw boost::archive::archive_exception(
              boost::archive::archive_exception::input_stream_error);
        }
      });
    });
  } else if constexpr (has_address<T>) {
    load_in_place(archive, elements, size);
  } else {
    load_elements(elements, size, [&] {
      for (std::size_t i = 0; i < size; ++i) {
        T each{};
        archive >> boost::serialization::make_nvp("item", each);
        elements.push_back(std::move(each));
      }
    });
  }
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
  mapvec::file_reference all;  // read whole or not at all
  if constexpr (Archive::is_saving::value) all = to;
  archive& make_nvp("path", all.path) & make_nvp("count", all.count) & make_nvp("dtype", all.dtype);
  if constexpr (Archive::is_loading::value) to = std::move(all);
}

}  // namespace boost::serialization

// Which classes an archive describes, as for std::vector: not those of numbers.
BOOST_SERIALIZATION_COLLECTION_TRAITS(mapvec::vector)
BOOST_SERIALIZATION_COLLECTION_TRAITS(mapvec::file_vector)
BOOST_SERIALIZATION_COLLECTION_TRAITS(mapvec::file_view)
