// SPDX-License-Identifier: MIT
//
// Goal: npyjs, the reader of the browsers, reads closed files of ours; it takes whatever lies
// behind the header for elements, so a file with spare capacity would not do. Method: the package
// is fetched with npm into the build folder, and npyjs_check.mjs compares all numbers.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>

#include <mapvec/file_vector.hpp>

#include "interop/elements.hpp"
#include "interop/numpy.hpp"
#include "support/directories.hpp"

namespace mapvec::test {
namespace {

/// Where node finds npyjs from then on; empty, or why there is none.
std::string fetch_npyjs(const std::string& log) {
  const std::string folder = MAPVEC_NPYJS_FOLDER;
  std::filesystem::create_directories(folder);
  if (!run_command("{ node --version && npm --version; }", log)) return "there is no node with npm";
  if (std::filesystem::exists(folder + "/node_modules/npyjs/package.json")) return {};
  const std::string install = "cd '" + folder +
                              "' && npm install --no-save --no-audit --no-fund "
                              "--ignore-scripts --prefix . npyjs@1.2.0";
  return run_command(install, log) ? "" : "npm cannot fetch npyjs: " + contents_of(log);
}

TEST(npyjs, reads_closed_files) {
  const scratch_directory directory("/dev/shm");
  if (const std::string why_not = fetch_npyjs(directory / "log"); !why_not.empty()) {
    GTEST_SKIP() << why_not;
  }
  std::size_t files = 0;
  const auto write = [&]<class T>(const std::string& kind, std::size_t count, T,
                                  std::size_t width) {
    std::string name = kind + '-' + std::to_string(count);
    if (width != 0) name += '-' + std::to_string(width);
    auto written = file_vector<T>::create(directory / (name + ".npy"), {.row_width = width});
    const std::size_t all = count * std::max<std::size_t>(width, 1);
    for (std::size_t i = 0; i < all; ++i) written.push_back(elements<T>::at(i));
    ++files;
  };
  for_each_kind([&]<class T>(const std::string& kind) {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, detail::float16>) {
      if constexpr (sizeof(T) <= 8) {
        for (const std::size_t count : {0, 1, 1000}) write(kind, count, T(), 0);
        write(kind, 100, T(), 7);
      }
    }
  });
  EXPECT_GE(files, 11U * 4);
  // Packages are looked for beside the script.
  const std::string script = MAPVEC_NPYJS_FOLDER "/npyjs_check.mjs";
  std::filesystem::copy_file(MAPVEC_NPYJS_CHECK, script,
                             std::filesystem::copy_options::overwrite_existing);
  const bool agrees = run_command("node '" + script + "' " + directory.path(), directory / "log");
  const std::string answer = contents_of(directory / "log");
  EXPECT_TRUE(agrees) << answer;
  EXPECT_EQ(answer, std::to_string(files) + " files are right\n");
}

}  // namespace
}  // namespace mapvec::test
