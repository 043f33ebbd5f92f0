// SPDX-License-Identifier: MIT
//
// The elements of a container in order, piece by piece, without writing them anywhere but into the
// temporary file of a sort. The container must not change meanwhile.
#pragma once

#include <cstddef>
#include <memory>

#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_elements.hpp>
#include <mapvec/detail/sort_watch.hpp>

namespace mapvec::inline v0_1::detail {

class MAPVEC_API sorted_stream {
 public:
  /// Starts nothing, and takes no memory of `budget` before the first step. `sorter` and `watch`
  /// must live as long, and so must what `resources` refers to.
  sorted_stream(stored_bytes source, const memory_budget& budget, const element_sorter& sorter,
                const sort_resources& resources, sort_watch& watch);
  sorted_stream(sorted_stream&& other) noexcept;
  sorted_stream& operator=(sorted_stream&& other) noexcept;
  /// Waits for its threads to end what they are doing.
  ~sorted_stream();

  /// The pieces one behind the other, none at the end; each stays until the next is asked for. The
  /// first call sorts: it takes long. Throws `error`, and what the sorter and the watch throw; so
  /// does every call after that.
  sorted_piece next();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace mapvec::inline v0_1::detail
