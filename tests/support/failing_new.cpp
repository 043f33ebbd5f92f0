// SPDX-License-Identifier: MIT
#include "support/failing_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

// Allocations until one fails; negative: none does.
thread_local long allocations_left = -1;
std::atomic<bool> memory_is_out = false;

void* allocate(std::size_t size_bytes) {
  if (memory_is_out) throw std::bad_alloc();
  if (allocations_left >= 0 && allocations_left-- == 0) throw std::bad_alloc();
  if (void* const memory = std::malloc(size_bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Inlined, one of a pair without the other, compilers take them for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size_bytes) { return allocate(size_bytes); }
[[gnu::noinline]] void* operator new[](std::size_t size_bytes) { return allocate(size_bytes); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace mapvec::test {

failing_new::failing_new(std::size_t nth) { allocations_left = static_cast<long>(nth); }
failing_new::~failing_new() { allocations_left = -1; }
void let_memory_be_out(bool is_out) { memory_is_out = is_out; }

}  // namespace mapvec::test
