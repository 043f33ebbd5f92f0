# SPDX-License-Identifier: MIT
#
# Builds the checkout that this port is in. vcpkg does not see when its sources change: pass
# --no-binarycaching after a change.
get_filename_component(source "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

# Whatever is installed, a component is there if and only if its feature is wanted.
vcpkg_check_features(OUT_FEATURE_OPTIONS feature_options
  FEATURES
    highway MAPVEC_USE_HIGHWAY
  INVERTED_FEATURES
    boost-serialization CMAKE_DISABLE_FIND_PACKAGE_Boost
    cereal CMAKE_DISABLE_FIND_PACKAGE_cereal
    fmt CMAKE_DISABLE_FIND_PACKAGE_fmt
    nlohmann-json CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json)

vcpkg_cmake_configure(
  SOURCE_PATH "${source}"
  OPTIONS
    ${feature_options}
    -DMAPVEC_BUILD_TESTS=OFF
    -DMAPVEC_BUILD_EXAMPLES=OFF
    -DMAPVEC_BUILD_BENCHMARKS=OFF
  MAYBE_UNUSED_VARIABLES
    CMAKE_DISABLE_FIND_PACKAGE_Boost
    CMAKE_DISABLE_FIND_PACKAGE_cereal
    CMAKE_DISABLE_FIND_PACKAGE_fmt
    CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME mapvec CONFIG_PATH lib/cmake/mapvec)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${source}/LICENSE")
