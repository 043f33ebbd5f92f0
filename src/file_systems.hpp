// SPDX-License-Identifier: MIT
//
// The file systems whose numbers decide something, or are worth a name (statfs(2), linux/magic.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

#include <mapvec/file.hpp>

namespace mapvec::inline v0_1::detail {

struct known_file_system {
  std::uint32_t magic;
  std::string_view name;
  file_system_traits traits = {};
};

inline constexpr known_file_system known_file_systems[] = {
    {0xEF53, "ext4 (or ext2, ext3)", {.allocation_holds = true}},
    {0x58465342, "xfs", {.allocation_holds = true, .shares_blocks = true}},
    {0x9123683E, "btrfs", {.copies_on_write = true, .shares_blocks = true}},
    {0x01021994, "tmpfs", {.in_memory = true, .allocation_holds = true}},
    {0x858458F6, "ramfs", {.in_memory = true, .allocation_holds = true}},
    {0x794C7630, "overlayfs", {.hides_pages = true}},
    {0xF2F52010, "f2fs"},
    {0x2FC12FC1, "zfs"},
    {0xCA451A4E, "bcachefs"},
    {0x65735546, "fuse"},
    {0x6969, "nfs", {.over_network = true}},
    {0xFF534D42, "cifs", {.over_network = true}},
    {0xFE534D42, "smb2", {.over_network = true}},
    {0x517B, "smb", {.over_network = true}},
    {0x01021997, "9p", {.over_network = true}},
    {0x00C36400, "ceph", {.over_network = true}},
    {0x5346414F, "afs", {.over_network = true}},
    {0x0BD00BD0, "lustre", {.over_network = true}},
};

/// Null for others. f_type is a signed word, and some numbers have the top bit of 32 set.
template <class Type>
constexpr const known_file_system* find_file_system(Type f_type) noexcept {
  const auto magic = static_cast<std::uint32_t>(f_type);
  const auto* found = std::ranges::find(known_file_systems, magic, &known_file_system::magic);
  return found != std::end(known_file_systems) ? found : nullptr;
}

}  // namespace mapvec::inline v0_1::detail
