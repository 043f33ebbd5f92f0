// SPDX-License-Identifier: MIT
//
// `allocator`: gives any container that takes an allocator the memory of a `memory_resource`:
//
//   std::vector<int, mapvec::allocator<int>> numbers;
//   std::map<int, row, std::less<>, mapvec::allocator<std::pair<const int, row>>> rows(on_disk);
//
// Moving and swapping containers takes the allocator along and so moves no element; assigning a
// copy keeps the resource of the target. For containers in containers, use it inside of
// std::scoped_allocator_adaptor, or std::pmr's containers, which pass their resource on.
//
//  - Errors: only allocate() throws.
//  - Invalidation: blocks stay where they are until they are deallocated.
//  - Cost: constant, and that of the resource.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>

#include <mapvec/config.hpp>
#include <mapvec/memory_resource.hpp>

namespace mapvec::inline v0_1 {

template <class T>
class allocator {
 public:
  using value_type = T;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;

  /// Of default_memory_resource().
  allocator() noexcept : resource_(&default_memory_resource()) {}
  /// `resource` has to live longer than all memory that comes from it.
  allocator(memory_resource& resource) noexcept : resource_(&resource) {}
  template <class U>
  allocator(const allocator<U>& other) noexcept : resource_(&other.resource()) {}

  memory_resource& resource() const noexcept { return *resource_; }

  /// Throws std::bad_array_new_length where so many have no size, `bad_alloc` and std::bad_alloc.
  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
      throw std::bad_array_new_length();
    }
    return static_cast<T*>(resource_->allocate(count * sizeof(T), alignof(T)));
  }
  void deallocate(T* block, std::size_t count) noexcept {
    resource_->deallocate(block, count * sizeof(T), alignof(T));
  }

 private:
  memory_resource* resource_;
};

/// True if either may deallocate what the other has allocated.
template <class T, class U>
bool operator==(const allocator<T>& left, const allocator<U>& right) noexcept {
  return &left.resource() == &right.resource();
}

}  // namespace mapvec::inline v0_1
