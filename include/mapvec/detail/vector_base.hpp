// SPDX-License-Identifier: MIT
//
// The interface of std::vector over a storage, once, for every container that has it. Element logic
// only: construct, destroy, bounds. Bytes, files and growth are storage.hpp. How a container comes
// into being and ends is the derived class's: constructors, copy, move, swap, assignment.
//
// For all of it:
//  - Invalidation: elements never move by growth. Pointers, references, iterators and spans stay
//    valid until the element is erased or shifted by insert or erase, or the vector destroyed.
//  - Errors: what grows may throw std::length_error (past the reservation;
//    options::reservation_bytes sets it) and mapvec::error (the disk is full, …). push_back,
//    emplace_back, reserve, resize, shrink_to_fit and append_range have the strong guarantee, the
//    others what std::vector gives. All that is not noexcept throws what elements and ranges throw,
//    and mapvec::error where it asks the system for something.
//  - Cost: that of std::vector, but growing copies nothing: it asks the system once for each step
//    of up to 1 GiB, and for each 2 MiB that are appended. Touching what is not in memory is a
//    fault.
//  - Arguments may be elements of the vector itself.
//  - A forked child may read. Whatever would change the elements' number or order throws
//    mapvec::error (EPERM) there; clear and pop_back, which cannot throw, change the child's view
//    only, and no destructor of an element runs.
#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

#include <mapvec/advice.hpp>
#include <mapvec/config.hpp>
#include <mapvec/error.hpp>
#include <mapvec/options.hpp>
#include <mapvec/storage.hpp>
#include <mapvec/units.hpp>

#if MAPVEC_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace mapvec::inline v0_1 {

#if defined(__cpp_lib_containers_ranges)
using std::from_range;
using std::from_range_t;
#else
/// C++23's tag: vector(from_range, range).
struct from_range_t {
  explicit from_range_t() = default;
};
inline constexpr from_range_t from_range{};
#endif

namespace detail {

/// A range whose elements can be made into T.
template <class Range, class T>
concept range_of = std::ranges::input_range<Range> &&
                   std::convertible_to<std::ranges::range_reference_t<Range>, T>;

/// Objects of T one after the other, each of which is its bytes.
template <class Iterator, class T>
concept iterates_over_bytes_of =
    std::contiguous_iterator<Iterator> && std::is_trivially_copyable_v<T> &&
    std::same_as<std::remove_const_t<std::remove_reference_t<std::iter_reference_t<Iterator>>>, T>;

/// The comparison behind <=>: the type's own, or one made of <. Types may have neither.
struct three_way {
  template <class T>
    requires std::three_way_comparable<T> || requires(const T& left, const T& right) {
      { left < right } -> std::convertible_to<bool>;
    }
  static constexpr auto compare(const T& left, const T& right) {
    if constexpr (std::three_way_comparable<T>) {
      return left <=> right;
    } else {
      if (left < right) return std::weak_ordering::less;
      if (right < left) return std::weak_ordering::greater;
      return std::weak_ordering::equivalent;
    }
  }
};

// What containers ask of their elements before they compare, and how: as the sequences they are.

template <class T, class U>
concept equal_to_some = requires(const T& left, const U& right) {
  { left == right } -> std::convertible_to<bool>;
};
template <class T>
concept ordered = requires(const T& value) { three_way::compare(value, value); };

template <class Left, class Right>
bool equal_elements(const Left& left, const Right& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}
template <class Left, class Right>
auto order_of_elements(const Left& left, const Right& right) {
  return std::lexicographical_compare_three_way(
      left.begin(), left.end(), right.begin(), right.end(),
      [](const auto& a, const auto& b) { return three_way::compare(a, b); });
}

template <class T, lifetime Lifetime = lifetime::temporary>
class vector_base {
 public:
  // --- types -----------------------------------------------------------------------------------

  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using pointer = T*;
  using const_pointer = const T*;
  using iterator = T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  vector_base(const vector_base&) = delete;
  vector_base& operator=(const vector_base&) = delete;

  // --- capacity --------------------------------------------------------------------------------

  [[nodiscard]] bool empty() const noexcept { return end_ == first(); }
  size_type size() const noexcept { return static_cast<size_type>(end_ - first()); }

  /// What the reservation holds; before the first element, what could be asked of it.
  size_type max_size() const noexcept;

  /// Elements that fit without growing the file.
  size_type capacity() const noexcept { return storage_.capacity_bytes() / sizeof(T); }

  /// Afterwards capacity() >= `count`. Moves nothing.
  void reserve(size_type count) { storage_reserve(count, growth::exact); }

  /// Gives back what the disk (or memory) holds beyond the elements, to the page.
  void shrink_to_fit() {
    with_limit_changing([&] { storage_.shrink(used_bytes()); });
  }

  // --- element access --------------------------------------------------------------------------

  /// REQUIRES: position < size().
  reference operator[](size_type position) noexcept {
    MAPVEC_ASSERT(position < size());
    return mutable_first()[position];
  }
  const_reference operator[](size_type position) const noexcept {
    MAPVEC_ASSERT(position < size());
    return first()[position];
  }

  /// Throws std::out_of_range unless position < size().
  reference at(size_type position) {
    if (position >= size()) throw_out_of_range(position, size());
    return mutable_first()[position];
  }
  const_reference at(size_type position) const {
    if (position >= size()) throw_out_of_range(position, size());
    return first()[position];
  }

  /// REQUIRES: !empty(), for front and back.
  reference front() noexcept { return (*this)[0]; }
  const_reference front() const noexcept { return (*this)[0]; }
  reference back() noexcept { return (*this)[size() - 1]; }
  const_reference back() const noexcept { return (*this)[size() - 1]; }

  /// Null before the first element; the same address for good from then on.
  T* data() noexcept { return mutable_first(); }
  const T* data() const noexcept { return first(); }

  // --- iterators -------------------------------------------------------------------------------

  iterator begin() noexcept { return mutable_first(); }
  const_iterator begin() const noexcept { return first(); }
  const_iterator cbegin() const noexcept { return first(); }
  iterator end() noexcept {
    hand_out();
    return end_;
  }
  const_iterator end() const noexcept { return end_; }
  const_iterator cend() const noexcept { return end_; }
  reverse_iterator rbegin() noexcept { return reverse_iterator(end()); }
  const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator(end()); }
  const_reverse_iterator crbegin() const noexcept { return rbegin(); }
  reverse_iterator rend() noexcept { return reverse_iterator(begin()); }
  const_reverse_iterator rend() const noexcept { return const_reverse_iterator(begin()); }
  const_reverse_iterator crend() const noexcept { return rend(); }

  // --- modifiers -------------------------------------------------------------------------------

  void push_back(const T& value) { append_one(value); }
  void push_back(T&& value) { append_one(std::move(value)); }

  /// Amortised constant; one comparison while there is room.
  template <class... Args>
  reference emplace_back(Args&&... args) {
    hand_out();
    return append_one(std::forward<Args>(args)...);
  }

  /// REQUIRES: !empty().
  void pop_back() noexcept {
    MAPVEC_ASSERT(!empty());
    drop_back_to(end_ - 1);
  }

  /// Destroys all; keeps the capacity.
  void clear() noexcept { drop_back_to(first()); }

  /// New elements are value-initialised, or copies of `value`.
  void resize(size_type count) {
    resize_by(count, [](T* out, size_type n) { std::uninitialized_value_construct_n(out, n); });
  }
  void resize(size_type count, const T& value) {
    resize_by(count, [&](T* out, size_type n) { std::uninitialized_fill_n(out, n, value); });
  }

  void assign(size_type count, const T& value) {
    storage_.require_owner();
    if (count > size()) reserve_more(count - size());  // fails before an element changes
    const size_type reused = std::min(count, size());
    std::fill_n(mutable_first(), reused, value);
    resize(count, value);
  }
  template <std::input_iterator Iterator>
  void assign(Iterator first, Iterator last) {
    assign_between(std::move(first), std::move(last));
  }
  void assign(std::initializer_list<T> values) { assign_between(values.begin(), values.end()); }
  template <range_of<T> Range>
  void assign_range(Range&& range) {
    assign_between(std::ranges::begin(range), std::ranges::end(range));
  }

  template <class... Args>
  iterator emplace(const_iterator position, Args&&... args);
  iterator insert(const_iterator position, const T& value) { return emplace(position, value); }
  iterator insert(const_iterator position, T&& value) {
    return emplace(position, std::move(value));
  }
  iterator insert(const_iterator position, size_type count, const T& value) {
    const T copy(value);  // shifting the elements moves what `value` may refer to
    return insert_appended(position, [&] {
      append_pieces(count, [&](T* out, size_type n) { std::uninitialized_fill_n(out, n, copy); });
    });
  }
  template <std::input_iterator Iterator>
  iterator insert(const_iterator position, Iterator first, Iterator last) {
    return insert_appended(position, [&] { append_between(std::move(first), std::move(last)); });
  }
  iterator insert(const_iterator position, std::initializer_list<T> values) {
    return insert(position, values.begin(), values.end());
  }
  template <range_of<T> Range>
  iterator insert_range(const_iterator position, Range&& range) {
    return insert_appended(position, [&] { append_range(std::forward<Range>(range)); });
  }

  /// Strong guarantee, whatever the range does.
  template <range_of<T> Range>
  void append_range(Range&& range) {
    if constexpr (std::ranges::sized_range<Range> && !std::ranges::forward_range<Range>) {
      reserve_more(static_cast<size_type>(std::ranges::size(range)));
    }
    append_between(std::ranges::begin(range), std::ranges::end(range));
  }

  iterator erase(const_iterator position) { return erase(position, position + 1); }
  iterator erase(const_iterator from, const_iterator to);

  // --- extensions ------------------------------------------------------------------------------

  /// Appends if it fits into the capacity, and never grows: a pointer to the new element, or null
  /// and an untouched argument.
  T* try_push_back(const T& value) {
    return size() == capacity() ? nullptr : std::addressof(emplace_back(value));
  }
  T* try_push_back(T&& value) {
    return size() == capacity() ? nullptr : std::addressof(emplace_back(std::move(value)));
  }

  /// Takes the last element out; nothing when empty.
  std::optional<T> pop() {
    storage_.require_owner();
    std::optional<T> last;
    if (empty()) return last;
    last.emplace(std::move(end_[-1]));
    pop_back();
    return last;
  }

  /// Drops the elements from `count` on; nothing when there are none.
  void truncate(size_type count) {
    storage_.require_owner();
    if (count < size()) drop_back_to(first() + count);
  }

  /// Drops the first `count` elements, or all there are; the others move to the front.
  void truncate_front(size_type count) { erase(begin(), begin() + std::min(count, size())); }

  /// resize() whose new elements have any value: for data that is about to be read into them.
  void resize_for_overwrite(size_type count)
    requires std::is_trivially_default_constructible_v<T> && std::is_trivially_destructible_v<T>;

  /// Where the file is; empty while it has no name.
  std::string path() const { return storage_.path(); }
  /// What the file takes on the disk, spare capacity included; 0 while the elements are in memory.
  std::size_t disk_size_bytes() const { return storage_.disk_size_bytes(); }
  /// How far the vector can grow; 0 before the first element.
  std::size_t reservation_bytes() const noexcept { return storage_.reservation_bytes(); }
  /// What is in memory of the file, page cache included. Costs one system call per 16 MiB.
  std::size_t resident_bytes() const noexcept { return storage_.resident_bytes(); }
  /// True where overwriting elements can never fail for want of disk space: not on file systems
  /// that copy on write, nor where nothing is known about them.
  bool space_guaranteed() const noexcept { return storage_.space_guaranteed(); }

  /// Starts reading [position, position + count) into memory and returns at once. Like all advice
  /// it takes any range: what does not exist is left out.
  void prefetch(size_type position, size_type count) const noexcept {
    const auto [offset, size] = existing_bytes(position, count);
    storage_.prefetch(offset, size);
  }
  void prefetch() const noexcept { prefetch(0, size()); }
  /// Writes the range back and lets the kernel have its memory; the elements stay. Throws
  /// mapvec::error when writing fails; growing and evicting then throw for good.
  void evict(size_type position, size_type count) const {
    auto [offset, size] = existing_bytes(position, count);
    // The last pages go too: nothing behind the elements is worth keeping.
    if (offset + size == used_bytes()) size = storage_.capacity_bytes() - offset;
    storage_.evict(offset, size);
  }
  /// Writes back and drops elements, the first ones first, until no more of the vector is in memory
  /// than its budget leaves for it; all of it where it has none. For programs that read or change
  /// elements here and there, once in a while. Costs a system call per 16 MiB of the vector. Errors
  /// as evict().
  void trim() {
    with_limit_changing([&] { storage_.trim(used_bytes()); });
  }
  /// Makes the range writable without a page fault, or throws mapvec::error: the way to turn a
  /// full disk into an exception where !space_guaranteed().
  void prefault(size_type position, size_type count) {
    const auto [offset, size] = existing_bytes(position, count);
    storage_.prefault(offset, size);
  }
  /// How the elements will be read, from now on; nothing else ever changes it.
  void advise(access how) { storage_.advise(how); }

  // --- comparison ------------------------------------------------------------------------------

  template <class U, lifetime Other>
    requires equal_to_some<T, U>
  friend bool operator==(const vector_base& left, const vector_base<U, Other>& right) {
    return equal_elements(left, right);
  }
  template <lifetime Other>
    requires ordered<T>
  friend auto operator<=>(const vector_base& left, const vector_base<T, Other>& right) {
    return order_of_elements(left, right);
  }

 protected:
  vector_base() noexcept = default;
  explicit vector_base(const options& settings) : storage_(settings) {}
  vector_base(storage&& opened, size_type count) noexcept : storage_(std::move(opened)) {
    end_ = first() + count;
    annotate(limit(), limit(), end_);
  }
  vector_base(vector_base&& other) noexcept
      : storage_(std::move(other.storage_)),
        end_(std::exchange(other.end_, nullptr)),
        handed_out_(std::exchange(other.handed_out_, false)) {}
  ~vector_base() {
    static_assert(
        std::is_object_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T> && !std::is_array_v<T>,
        "mapvec: elements are objects that can be changed; wrap arrays in std::array");
    static_assert(alignof(T) <= 2 * MiB, "mapvec: regions are aligned to 2 MiB");
    destroy(first(), end_);
    annotate(limit(), end_, limit());
  }

  void swap(vector_base& other) noexcept {
    storage_.swap(other.storage_);
    std::swap(end_, other.end_);
    std::swap(handed_out_, other.handed_out_);
  }
  const options& settings() const noexcept { return storage_.settings(); }

  template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
  void append_between(Iterator first, Sentinel last);

  // For what happens to the file as a whole.

  storage& storage_of() noexcept { return storage_; }
  const storage& storage_of() const noexcept { return storage_; }

  /// Runs `change(storage)`, after which there are `new_size` elements, or none without a storage;
  /// as many as before if it throws.
  template <class Change>
  void with_storage_changing(size_type new_size, Change change) {
    annotate(limit(), end_, limit());
    struct restore {
      vector_base& self;
      size_type size;
      ~restore() {
        self.end_ = self.first() == nullptr ? nullptr : self.first() + size;
        self.annotate(self.limit(), self.limit(), self.end_);
      }
    } guard{*this, size()};
    change(storage_);
    guard.size = new_size;
  }

  /// Notes that elements may be changed from now on without our seeing it: pointers may be kept.
  void hand_out() noexcept {
    if constexpr (Lifetime == lifetime::persistent) handed_out_ = true;
  }
  bool may_have_changed() const noexcept { return handed_out_; }

 private:
  friend struct vector_access;

  /// Drops what was appended, unless told that all of it was.
  class append_guard {
   public:
    explicit append_guard(vector_base& target) noexcept
        : target_(&target), old_size_(target.size()) {}
    append_guard(const append_guard&) = delete;
    append_guard& operator=(const append_guard&) = delete;
    ~append_guard() {
      if (target_ != nullptr) target_->drop_back_to(target_->first() + old_size_);
    }
    void dismiss() noexcept { target_ = nullptr; }

   private:
    vector_base* target_;
    size_type old_size_;
  };

  struct byte_piece {
    std::size_t offset_bytes;
    std::size_t size_bytes;
  };

  static constexpr element_layout layout() noexcept {
    // Only what is its bytes can be read by others, and only that needs room for a header: 128
    // bytes hold the .npy header of every type that is not a large struct.
    constexpr std::size_t header = alignof(T) < 128 ? 128 : alignof(T);
    return {sizeof(T), std::is_trivially_copyable_v<T> ? header : 0, Lifetime};
  }

  T* first() const noexcept { return reinterpret_cast<T*>(storage_.data()); }
  T* mutable_first() noexcept {
    hand_out();
    return first();
  }
  T* limit() const noexcept { return reinterpret_cast<T*>(storage_.limit()); }
  std::size_t used_bytes() const noexcept { return size() * sizeof(T); }

  byte_piece existing_bytes(size_type position, size_type count) const noexcept {
    const size_type first = std::min(position, size());
    return {first * sizeof(T), std::min(count, size() - first) * sizeof(T)};
  }

  // Growth.

  /// Room for one more at the end: the rare half of every append.
  [[gnu::noinline, gnu::cold]] void make_room() {
    with_limit_changing([&] { storage_.make_room(layout(), used_bytes()); });
  }
  void storage_reserve(size_type count, growth how) {
    if (count > max_size()) throw_length_error(count, max_size());
    with_limit_changing([&] { storage_.reserve(layout(), used_bytes(), count * sizeof(T), how); });
  }
  void reserve_more(size_type count) {
    const size_type total = saturating_add(size(), count);
    if (total > capacity()) storage_reserve(total, growth::geometric);
  }
  /// Runs what may move the limit; end_ is set where it has just begun to exist.
  template <class Change>
  void with_limit_changing(Change change) {
    with_storage_changing(size(), [&](storage&) { change(); });
  }

  // Elements at the end.

  template <class... Args>
  reference append_one(Args&&... args) {
    if (!(end_ < limit())) [[unlikely]]
      make_room();
    return construct_at_end(std::forward<Args>(args)...);
  }
  template <class... Args>
  reference construct_at_end(Args&&... args) {
    annotate(limit(), end_, end_ + 1);
    if constexpr (MAPVEC_ASAN != 0 && !std::is_nothrow_constructible_v<T, Args...>) {
      try {
        std::construct_at(end_, std::forward<Args>(args)...);
      } catch (...) {
        annotate(limit(), end_ + 1, end_);
        throw;
      }
    } else {
      std::construct_at(end_, std::forward<Args>(args)...);
    }
    return *end_++;
  }

  /// Appends `count` elements, window by window: `construct(first, n)` makes n of them, or throws
  /// and leaves none.
  template <class Construct>
  void append_pieces(size_type count, Construct construct);

  /// The same for elements that are their bytes, if there are enough of them.
  bool append_bytes(const T* values, size_type count) {
    if (count * sizeof(T) < storage::least_direct_bytes) return false;
    reserve_more(count);
    bool done = false;
    with_limit_changing([&] { done = storage_.append(used_bytes(), values, count * sizeof(T)); });
    if (!done) return false;
    annotate(limit(), end_, end_ + count);
    end_ += count;
    return true;
  }

  template <class Construct>
  void resize_by(size_type count, Construct construct) {
    storage_.require_owner();
    if (count <= size()) return drop_back_to(first() + count);
    append_pieces(count - size(), construct);
  }

  void drop_back_to(T* new_end) noexcept {
    destroy(new_end, end_);
    annotate(limit(), end_, new_end);
    end_ = new_end;
    if (used_bytes() < storage_.settled_bytes()) {
      with_limit_changing([&] { storage_.note_shrink(used_bytes()); });
    }
  }

  void destroy(T* first, T* last) noexcept {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      // In a forked child they are still the parent's.
      if (!storage_.inherited()) std::destroy(first, last);
    }
  }

  // The middle.

  /// `append` puts the new elements at the end; they are then rotated into place.
  template <class Append>
  iterator insert_appended(const_iterator position, Append append) {
    const difference_type index = position - begin();
    MAPVEC_ASSERT(begin() <= position && position <= end());
    const size_type old_size = size();
    append();
    std::rotate(begin() + index, begin() + old_size, end());
    return begin() + index;
  }

  template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
  void assign_between(Iterator first, Sentinel last);

  /// Tells AddressSanitizer that the elements now end at `new_end` instead of `old_end`.
  void annotate([[maybe_unused]] T* range_end, [[maybe_unused]] T* old_end,
                [[maybe_unused]] T* new_end) const noexcept {
#if MAPVEC_ASAN
    // A forked child has no limit, and its shadow memory stays as the parent left it.
    if (range_end == nullptr || range_end == first()) return;
    // Foreign files may have their elements anywhere; the shadow is made of 8 bytes each.
    if (reinterpret_cast<std::uintptr_t>(first()) % 8 != 0) return;
    if (range_end - first() > static_cast<difference_type>(TiB / sizeof(T))) return;  // its limit
    // The last 8 bytes of the range have to be all good, or they would stay half bad within a
    // longer one.
    const auto whole = [&](T* end) -> const void* {
      const auto address = reinterpret_cast<std::uintptr_t>(end);
      return end != range_end ? end : reinterpret_cast<const void*>(round_up(address, 8));
    };
    __sanitizer_annotate_contiguous_container(first(), whole(range_end), whole(old_end),
                                              whole(new_end));
#endif
  }

  storage storage_;
  // data() <= end_ <= data() + capacity(), and end_ <= limit() but in a forked child.
  T* end_ = nullptr;
  // A persistent vector only: somebody may hold a pointer, reference or iterator to change elements
  // with. Never false again.
  bool handed_out_ = false;
};

// --- longer bodies ----------------------------------------------------------------------------

template <class T, lifetime Lifetime>
std::size_t vector_base<T, Lifetime>::max_size() const noexcept {
  const std::size_t reserved = storage_.reservation_bytes();
  const std::size_t asked = round_up(settings().reservation_bytes, 2 * MiB);
  const std::size_t bytes =
      reserved != 0 ? reserved
      : asked != 0  ? std::min(asked, std::size_t{PTRDIFF_MAX})
                    : static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  return (bytes - layout().header_bytes) / sizeof(T);
}

template <class T, lifetime Lifetime>
template <class Construct>
void vector_base<T, Lifetime>::append_pieces(size_type count, Construct construct) {
  if (count == 0) return;
  reserve_more(count);
  append_guard guard(*this);
  while (count != 0) {
    if (!(end_ < limit())) make_room();
    const size_type piece = std::min(count, static_cast<size_type>(limit() - end_));
    T* const new_end = end_ + piece;
    annotate(limit(), end_, new_end);
    try {
      construct(end_, piece);
    } catch (...) {
      annotate(limit(), new_end, end_);
      throw;
    }
    end_ = new_end;
    count -= piece;
  }
  guard.dismiss();
}

template <class T, lifetime Lifetime>
template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
void vector_base<T, Lifetime>::append_between(Iterator first, Sentinel last) {
  if constexpr (std::forward_iterator<Iterator> || std::sized_sentinel_for<Sentinel, Iterator>) {
    const auto count = static_cast<size_type>(std::ranges::distance(first, last));
    if constexpr (iterates_over_bytes_of<Iterator, T>) {
      if (append_bytes(std::to_address(first), count)) return;
    }
    append_pieces(count, [&](T* out, size_type n) {
      if constexpr (std::is_same_v<std::iter_difference_t<Iterator>, std::ptrdiff_t>) {
        const auto piece = static_cast<std::ptrdiff_t>(n);
        first = std::ranges::uninitialized_copy_n(std::move(first), piece, out, out + n).in;
      } else {  // GCC 12's takes no other, such as that of iota over unsigned numbers
        first = std::ranges::uninitialized_copy(std::move(first), std::unreachable_sentinel, out,
                                                out + n)
                    .in;
      }
    });
  } else {
    append_guard guard(*this);
    for (; first != last; ++first) emplace_back(*first);
    guard.dismiss();
  }
}

template <class T, lifetime Lifetime>
template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
void vector_base<T, Lifetime>::assign_between(Iterator first, Sentinel last) {
  storage_.require_owner();
  T* out = mutable_first();
  for (; out != end_ && first != last; ++out, ++first) *out = *first;
  if (first == last) {
    drop_back_to(out);
  } else {
    append_between(std::move(first), std::move(last));
  }
}

template <class T, lifetime Lifetime>
template <class... Args>
auto vector_base<T, Lifetime>::emplace(const_iterator position, Args&&... args) -> iterator {
  MAPVEC_ASSERT(begin() <= position && position <= end());
  const difference_type index = position - begin();
  if (position == end()) {
    emplace_back(std::forward<Args>(args)...);
    return begin() + index;
  }
  T value(std::forward<Args>(args)...);  // before the shift: the arguments may be elements
  append_one(std::move(back()));
  T* const hole = first() + index;
  std::move_backward(hole, end_ - 2, end_ - 1);
  *hole = std::move(value);
  return hole;
}

template <class T, lifetime Lifetime>
auto vector_base<T, Lifetime>::erase(const_iterator from, const_iterator to) -> iterator {
  MAPVEC_ASSERT(begin() <= from && from <= to && to <= end());
  storage_.require_owner();
  T* const gap = mutable_first() + (from - begin());
  if (from != to) drop_back_to(std::move(gap + (to - from), end_, gap));
  return gap;
}

template <class T, lifetime Lifetime>
void vector_base<T, Lifetime>::resize_for_overwrite(size_type count)
  requires std::is_trivially_default_constructible_v<T> && std::is_trivially_destructible_v<T>
{
  storage_.require_owner();
  hand_out();
  if (count <= size()) return drop_back_to(first() + count);
  reserve_more(count - size());
  if (!(end_ < limit())) make_room();  // what is to be asked before the first new element
  with_limit_changing([&] { storage_.skip_to(count * sizeof(T)); });
  annotate(limit(), end_, first() + count);
  end_ = first() + count;
}

/// What one container, or an algorithm, may do to the storage of another.
struct vector_access {
  template <class Vector>
  static auto& storage_of(Vector& target) noexcept {
    return target.storage_;
  }
  template <class Vector, class Change>
  static void with_storage_changing(Vector& target, std::size_t new_size, Change change) {
    target.with_storage_changing(new_size, std::move(change));
  }
  template <class Vector>
  static element_layout layout_of() noexcept {
    return Vector::layout();
  }
};

template <class Vector, class Predicate>
std::size_t erase_where(Vector& target, Predicate remove) {
  target.erase(target.end(), target.end());  // throws in a forked child before an element moves
  const auto kept = std::remove_if(target.begin(), target.end(), std::move(remove));
  const auto count = static_cast<std::size_t>(target.end() - kept);
  target.erase(kept, target.end());
  return count;
}

}  // namespace detail
}  // namespace mapvec::inline v0_1
