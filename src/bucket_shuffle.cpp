// SPDX-License-Identifier: MIT
#include "bucket_shuffle.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include <mapvec/config.hpp>
#include <mapvec/error.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "direct_file.hpp"
#include "sorted_input.hpp"
#include "sorted_runs.hpp"

namespace mapvec::inline v0_1::detail {

// --- the plan -----------------------------------------------------------------------------------

namespace {

constexpr std::size_t least_memory_bytes = 256 * KiB;

}  // namespace

bucket_plan::bucket_plan(std::size_t all, std::size_t bytes, std::size_t memory)
    : count(all), element_bytes(bytes), memory_bytes(std::max(memory, least_memory_bytes)) {
  MAPVEC_ASSERT(all != 0 && bytes != 0);
  while (!divide()) memory_bytes += memory_bytes / 4;
  disk_bytes = memory_bytes / 4;
  // Of large elements, what reads ahead or writes behind has some, however little it may take.
  memory_bytes = std::max(memory_bytes, needed_bytes());
}

/// False if the memory is too small.
bool bucket_plan::divide() noexcept {
  const std::size_t most_elements = memory_bytes / 2 / element_bytes;
  if (most_elements == 0) return false;
  bucket_elements = divide_up(count, divide_up(count, most_elements));
  buckets = divide_up(count, bucket_elements);
  stride_bytes = round_up(bucket_elements * element_bytes, direct_bytes);
  collected_bytes = std::min(
      {round_down(memory_bytes / 2 / buckets, direct_bytes), largest_transfer_bytes, stride_bytes});
  return collected_bytes >= std::min(smallest_transfer_bytes, stride_bytes);
}

std::size_t bucket_plan::bucket_bytes(std::size_t bucket) const noexcept {
  return std::min(bucket_elements, count - bucket_begin(bucket)) * element_bytes;
}

std::size_t bucket_plan::buffer_bytes() const noexcept {
  return std::max(stride_bytes, buckets * collected_bytes) + direct_bytes;
}

block_write_plan bucket_plan::writing() const noexcept {
  block_write_plan behind{.element_bytes = element_bytes};
  behind.chunk_bytes = std::clamp(disk_bytes / behind.chunks, 2 * block_writer::margin_bytes,
                                  largest_transfer_bytes) -
                       block_writer::margin_bytes;
  return behind;
}

std::size_t bucket_plan::needed_bytes() const noexcept {
  const block_write_plan behind = writing();
  const std::size_t chunk_bytes = std::max(behind.chunk_bytes, element_bytes);
  return buffer_bytes() +
         std::max(memory_of_reading(count * element_bytes, element_bytes, disk_bytes),
                  behind.chunks * (chunk_bytes + block_writer::margin_bytes));
}

// --- the places that are left -------------------------------------------------------------------

namespace {

/// How many places each bucket has left. A tree of sums, so that one number finds its bucket in as
/// many steps as there are bits in their number.
class places_left {
 public:
  explicit places_left(const bucket_plan& plan)
      : leaves_(std::bit_ceil(plan.buckets)), left_(2 * leaves_) {
    for (std::size_t bucket = 0; bucket < plan.buckets; ++bucket) {
      left_[leaves_ + bucket] = plan.bucket_bytes(bucket) / plan.element_bytes;
    }
    for (std::size_t node = leaves_ - 1; node != 0; --node) {
      left_[node] = left_[2 * node] + left_[2 * node + 1];
    }
  }

  std::uint64_t count() const noexcept { return left_[1]; }
  /// Takes one of them; returns its bucket. REQUIRES: place < count().
  std::size_t take(std::uint64_t place) noexcept {
    std::size_t node = 1;
    --left_[node];
    while (node < leaves_) {
      node *= 2;
      const bool is_right = place >= left_[node];
      place -= is_right ? left_[node] : 0;
      node += is_right ? 1 : 0;
      --left_[node];
    }
    return node - leaves_;
  }

 private:
  std::size_t leaves_;
  std::vector<std::uint64_t> left_;  // the two below node n are 2 n and 2 n + 1
};

// --- the passes ---------------------------------------------------------------------------------

class bucket_file {
 public:
  bucket_file(const bucket_plan& plan, const segment_builder& builder)
      : plan_(plan),
        made_(builder, plan.temporary_bytes()),
        memory_(direct_memory(plan.buffer_bytes())),
        file_(made_.descriptor(), direct_file::purpose::writing) {}

  /// The first pass.
  void fill(const stored_bytes& source, element_shuffler& shuffler, sort_watch& watch) {
    places_left left(plan_);
    std::vector<collected_part> parts(plan_.buckets);
    for (std::size_t bucket = 0; bucket < plan_.buckets; ++bucket) {
      parts[bucket] = {.data = memory_.data() + bucket * plan_.collected_bytes,
                       .offset_bytes = bucket * plan_.stride_bytes};
    }
    block_reader reader = elements_of(source, plan_.element_bytes, plan_.disk_bytes);
    for (byte_block next = reader.next(); next.data != nullptr; next = reader.next()) {
      for (std::size_t at = 0; at != next.size_bytes; at += plan_.element_bytes) {
        append(parts[left.take(shuffler.below(left.count()))], next.data + at);
      }
      watch.advance(next.size_bytes / plan_.element_bytes);
      reader.release(next);
    }
    for (collected_part& each : parts) write(each);
  }

  /// A bucket, in memory until the next call; or null, and `failed` is an errno.
  std::byte* read(std::size_t bucket, int& failed) noexcept {
    const std::size_t size = plan_.bucket_bytes(bucket);
    failed =
        file_.read(memory_.data(), bucket * plan_.stride_bytes, round_up(size, direct_bytes), size);
    return failed == 0 ? memory_.data() : nullptr;
  }
  std::byte* read(std::size_t bucket) {
    int failed = 0;
    std::byte* const found = read(bucket, failed);
    if (found == nullptr) {
      throw_error(failed, "read", made_.name(),
                  {bucket * plan_.stride_bytes, plan_.bucket_bytes(bucket)});
    }
    return found;
  }
  /// The same, with the place in a page that it has at `place`.
  std::byte* read_as_at(std::size_t place, std::size_t bucket, int& failed) noexcept {
    std::byte* const found = read(bucket, failed);
    if (found == nullptr) return nullptr;
    const std::size_t inside = place % direct_bytes;
    if (inside != 0) std::memmove(found + inside, found, plan_.bucket_bytes(bucket));
    return found + inside;
  }

 private:
  /// Of one bucket.
  struct collected_part {
    std::byte* data = nullptr;
    std::size_t size_bytes = 0;
    std::size_t offset_bytes = 0;  // where it goes in the file
  };

  /// An element may end in the next transfer.
  void append(collected_part& to, const std::byte* element) {
    for (std::size_t done = 0; done != plan_.element_bytes;) {
      const std::size_t size =
          std::min(plan_.element_bytes - done, plan_.collected_bytes - to.size_bytes);
      std::memcpy(to.data + to.size_bytes, element + done, size);
      done += size;
      to.size_bytes += size;
      if (to.size_bytes == plan_.collected_bytes) write(to);
    }
  }

  void write(collected_part& full) {
    if (full.size_bytes == 0) return;
    const int failed =
        file_.write(full.data, full.offset_bytes, round_up(full.size_bytes, direct_bytes));
    if (failed != 0) {
      throw_error(failed, "write", made_.name(), {full.offset_bytes, full.size_bytes});
    }
    full.offset_bytes += full.size_bytes;
    full.size_bytes = 0;
  }

  const bucket_plan& plan_;
  const run_file made_;
  const region memory_;
  direct_file file_;
};

/// The second pass. Sets `has_begun` where bytes of the result may have changed.
void write_buckets(bucket_file& buckets, const stored_bytes& result, const bucket_plan& plan,
                   element_shuffler& shuffler, sort_watch& watch, bool& has_begun) {
  block_writer writer(result, plan.writing());
  try {
    for (std::size_t bucket = 0; bucket < plan.buckets; ++bucket) {
      std::byte* const elements = buckets.read(bucket);
      const std::size_t size = plan.bucket_bytes(bucket);
      shuffler.shuffle(elements, size / plan.element_bytes, watch);
      writer.write(elements, size);
    }
    writer.finish();
  } catch (...) {
    has_begun = writer.has_begun();
    throw;
  }
}

/// Puts the buckets where their elements came from, as many as can be. False if one could not.
bool copy_back(bucket_file& buckets, const stored_bytes& source, const bucket_plan& plan,
               direct_file& to) noexcept {
  bool is_complete = true;
  for (std::size_t bucket = 0; bucket < plan.buckets; ++bucket) {
    const std::size_t place = source.offset_bytes + plan.bucket_begin(bucket) * plan.element_bytes;
    int failed = 0;
    const std::byte* const elements = buckets.read_as_at(place, bucket, failed);
    if (failed == 0) failed = to.write_range(elements, place, plan.bucket_bytes(bucket));
    is_complete = is_complete && failed == 0;
  }
  return is_complete;
}

}  // namespace

void shuffle_through_file(const stored_bytes& source, const stored_bytes& result,
                          const bucket_plan& plan, element_shuffler& shuffler,
                          const segment_builder& builder, sort_watch& watch, bool& is_lost) {
  bucket_file buckets(plan, builder);
  watch.expect(2 * plan.count);
  buckets.fill(source, shuffler, watch);
  // Not later: where memory is out, nothing could be copied back.
  direct_file back(result.fd, direct_file::purpose::writing);
  bool has_begun = false;
  try {
    write_buckets(buckets, result, plan, shuffler, watch, has_begun);
  } catch (...) {
    if (has_begun && source.fd == result.fd) is_lost = !copy_back(buckets, source, plan, back);
    throw;
  }
}

}  // namespace mapvec::inline v0_1::detail
