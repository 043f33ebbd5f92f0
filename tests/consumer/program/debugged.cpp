// SPDX-License-Identifier: MIT
//
// A program to be looked at by a debugger, which stops it in stop(): vectors in every state, files
// in the directory of its argument.
#include <array>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <string>
#include <utility>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>

namespace {

struct point {
  int x;
  int y;
};

[[gnu::noinline]] void stop(std::size_t count) { asm volatile("" : : "r"(count) : "memory"); }

template <class T>
mapvec::file_vector<T> file_with(const std::string& path, std::size_t committed) {
  auto made = mapvec::file_vector<T>::create(path);
  made.resize(committed);
  made.commit();
  return made;
}

}  // namespace

int main(int, char** arguments) {
  const std::string directory = arguments[1];
  mapvec::vector<int> empty;
  mapvec::vector<int> few = {1, 2, 3};
  mapvec::vector<int> many(mapvec::options{.builder = mapvec::segment_builder::unnamed(directory)});
  many.resize(1'000'000);
  std::iota(many.begin(), many.end(), 0);
  mapvec::vector<int> named(mapvec::options{.builder = mapvec::segment_builder::named(directory)});
  named.push_back(7);
  mapvec::vector<int> moved_from = {1, 2};
  const mapvec::vector<int> moved_to = std::move(moved_from);
  mapvec::vector<point> points;
  points.push_back({1, 2});

  auto rows = file_with<double>(directory + "/rows.npy", 2);
  rows.push_back(0.5);
  auto triples = file_with<std::array<float, 3>>(directory + "/triples.npy", 2);
  auto closed = file_with<int>(directory + "/closed.npy", 2);
  closed.close();
  auto view = mapvec::file_view<double>::open(directory + "/rows.npy");
  const mapvec::file_view<double> no_view;
  auto cut = file_with<double>(directory + "/cut.npy", 2);
  std::filesystem::resize_file(directory + "/cut.npy", 0);

  stop(few.size() + named.size() + moved_to.size() + points.size() + rows.size() + triples.size() +
       closed.size() + view.size() + no_view.size() + cut.size() + empty.size());
  cut.abandon();
  return 0;
}
