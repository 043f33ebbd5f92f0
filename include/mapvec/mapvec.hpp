// SPDX-License-Identifier: MIT
//
// Everything that needs no other library.
#pragma once

#include <mapvec/advice.hpp>
#include <mapvec/allocator.hpp>
#include <mapvec/blocks.hpp>
#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>
#include <mapvec/explain.hpp>
#include <mapvec/file.hpp>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/gather.hpp>
#include <mapvec/memory_resource.hpp>
#include <mapvec/npy_header.hpp>
#include <mapvec/options.hpp>
#include <mapvec/partition.hpp>
#include <mapvec/print.hpp>
#include <mapvec/raw_file.hpp>
#include <mapvec/reduce.hpp>
#include <mapvec/region.hpp>
#include <mapvec/search.hpp>
#include <mapvec/segment.hpp>
#include <mapvec/set_operations.hpp>
#include <mapvec/shuffle.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/sorted_view.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/std_vector.hpp>
#include <mapvec/storage.hpp>
#include <mapvec/temporary.hpp>
#include <mapvec/top_n.hpp>
#include <mapvec/unique.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>
