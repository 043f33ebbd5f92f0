// SPDX-License-Identifier: MIT
#include "hostile/largest_allocation.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

extern "C" __attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void*, std::size_t), void (*on_free)(const volatile void*));

namespace mapvec::test {
namespace {

std::atomic<bool> watching = false;
std::atomic<std::size_t> largest = 0;

void note_allocation(std::size_t size_bytes) noexcept {
  if (watching) largest = std::max(largest.load(), size_bytes);
}

void on_malloc(const volatile void*, std::size_t size_bytes) { note_allocation(size_bytes); }
void on_free(const volatile void*) {}

[[maybe_unused]] const bool hooked = __sanitizer_install_malloc_and_free_hooks != nullptr &&
                                     __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

void* allocate(std::size_t size_bytes) {
  note_allocation(size_bytes);
  if (void* const memory = std::malloc(size_bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

allocation_watch::allocation_watch() { watching = true; }
allocation_watch::~allocation_watch() { watching = false; }
std::size_t allocation_watch::largest_bytes() { return largest; }

}  // namespace mapvec::test

void* operator new(std::size_t size_bytes) { return mapvec::test::allocate(size_bytes); }
void* operator new[](std::size_t size_bytes) { return mapvec::test::allocate(size_bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
