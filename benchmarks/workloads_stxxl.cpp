// SPDX-License-Identifier: MIT
//
// The workloads for stxxl: a program of its own, because the library wants flags that nobody else
// should be built with.

#include "past_passes.hpp"
#include "peers/stxxl_vector.hpp"
#include "workloads.hpp"

namespace peers {

using writer = stxxl_writer<bench::number>;

/// The elements as they come; then what the writer still holds, which belongs to appending.
struct push_and_finish {
  void operator()(writer& out, std::size_t bytes) const {
    bench::push_each{}(out, bytes);
    out.finish();
  }
};

}  // namespace peers

namespace {

using vector = peers::stxxl_vector<bench::number>;

bench::counters push_back_cached(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::page_cache, asked.bytes);
  return bench::push_back<vector>(asked);
}

bench::counters push_back_past(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::direct, asked.bytes);
  return bench::push_back_past<vector>(asked);
}

bench::counters write_past(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::direct, asked.bytes);
  return bench::append<peers::writer>(asked, peers::push_and_finish{}, bench::ends::on_disk);
}

bench::counters scan_past(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::direct, asked.bytes);
  return bench::cold_pass(asked, [](const bench::job& now) {
    peers::stxxl_file<bench::number> file(now.path);
    const bench::stopwatch watch;
    bench::number sum = 0;
    file.visit_first(now.count(), [&](bench::number value) { sum += value; });
    bench::keep(sum);
    return bench::scan_counters(watch, now.bytes);
  });
}

}  // namespace

int main(int count, char** arguments) {
  return bench::run(count, arguments,
                    {{"push_back/stxxl", push_back_cached},
                     {"append_past/stxxl", push_back_past},
                     {"append_past/stxxl_writer", write_past},
                     {"scan_past/stxxl", scan_past}});
}
