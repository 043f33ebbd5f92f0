// SPDX-License-Identifier: MIT
//
// The first pass of a sort through a temporary file: as many elements as fit into memory are read,
// sorted and written, again and again. What is written is a run. See sort_plan.hpp.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/region.hpp>
#include <mapvec/temporary.hpp>

#include "direct_file.hpp"
#include "sort_plan.hpp"

namespace mapvec::inline v0_1::detail {

/// The first elements of the blocks, run by run. The first pass fills it, different runs by
/// different threads.
class block_table {
 public:
  explicit block_table(const sort_plan& plan);

  std::size_t size() const noexcept { return size_; }
  std::size_t run_of(std::size_t block) const noexcept { return block / plan_.run_blocks; }
  /// Where it begins, as a position in the vector.
  std::size_t position_of(std::size_t block) const noexcept;
  std::size_t count_of(std::size_t block) const noexcept;
  const std::byte* first_element(std::size_t block) const noexcept {
    return elements_.data() + block * plan_.element_bytes;
  }
  /// Takes the first elements out of a sorted run.
  void note_run(std::size_t run, const std::byte* elements) noexcept;
  /// The blocks in the order in which a merge needs them.
  std::vector<std::size_t> in_order(const element_sorter& sorter) const;

 private:
  const sort_plan& plan_;
  std::size_t size_;
  region elements_;  // aligned as any elements are
};

/// A temporary file of a fixed size, gone with the object.
class run_file {
 public:
  run_file(const segment_builder& builder, std::size_t size_bytes);
  run_file(const run_file&) = delete;
  run_file& operator=(const run_file&) = delete;
  ~run_file() { remove_temporary_file(made_); }

  int descriptor() const noexcept { return made_.descriptor.descriptor(); }
  const std::string& name() const noexcept { return made_.descriptor.name(); }

 private:
  temporary_file made_;
};

/// The file of the runs, and what a merge needs beside it.
class sorted_runs {
 public:
  /// Makes and allocates the file and takes the memory. Throws `error`, as all here.
  sorted_runs(const sort_plan& plan, const segment_builder& builder);
  /// Fills the file. The elements have the place `places` says. Throws what the sorter and the
  /// watch throw, too.
  void make(const stored_bytes& source, const sort_places& places, const element_sorter& sorter,
            sort_watch& watch);

  /// What both passes work in: plan.needed_bytes() from a page boundary on.
  std::byte* memory() const noexcept { return memory_.data(); }
  const block_table& blocks() const noexcept { return blocks_; }
  direct_file& file() noexcept { return file_; }
  const std::string& name() const noexcept { return made_.name(); }

 private:
  const sort_plan& plan_;
  const run_file made_;
  const region memory_;
  direct_file file_;
  block_table blocks_;
};

}  // namespace mapvec::inline v0_1::detail
