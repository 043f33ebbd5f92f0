# SPDX-License-Identifier: MIT
#
# Debian packages, made by `cpack` in the build directory: libmapvec-dev, and for a shared library
# the package that is named after its SONAME.
find_program(mapvec_dpkg dpkg)
mark_as_advanced(mapvec_dpkg)
if(NOT mapvec_dpkg)
  return()
endif()

set(mapvec_runtime_package libmapvec${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mapvec)
set(CPACK_PACKAGE_VENDOR "the mapvec authors")
set(CPACK_PACKAGE_CONTACT "the mapvec authors")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL mapvec_dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

# Who builds with the package needs a C++ library at least as new as ours; who links the static
# library also what that was built with.
set(mapvec_standard_library libstdc++-dev)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  string(REGEX MATCH "^[0-9]+" major ${CMAKE_CXX_COMPILER_VERSION})
  set(mapvec_standard_library "libstdc++-${major}-dev | libstdc++-dev")
endif()
set(mapvec_dev_depends libc6-dev ${mapvec_standard_library})
if(mapvec_needs_highway)
  list(APPEND mapvec_dev_depends "libhwy-dev (>= ${hwy_VERSION})")
endif()
if(BUILD_SHARED_LIBS)
  list(APPEND CPACK_COMPONENTS_ALL mapvec_runtime)
  list(APPEND mapvec_dev_depends "${mapvec_runtime_package} (= ${PROJECT_VERSION})")
endif()
list(JOIN mapvec_dev_depends ", " mapvec_dev_depends)

# What the components belong to; they are in the package if it was built where their libraries were.
set(mapvec_debian_package_of_nlohmann_json nlohmann-json3-dev)
set(mapvec_debian_package_of_cereal libcereal-dev)
set(mapvec_debian_package_of_boost_serialization libboost-serialization-dev)
set(mapvec_debian_package_of_fmt libfmt-dev)
set(mapvec_dev_suggests "")
foreach(component IN LISTS mapvec_components)
  if(NOT mapvec_debian_package_of_${component})
    message(FATAL_ERROR "cmake/package.cmake does not say which Debian package ${component} needs")
  endif()
  list(APPEND mapvec_dev_suggests ${mapvec_debian_package_of_${component}})
endforeach()
list(JOIN mapvec_dev_suggests ", " mapvec_dev_suggests)

# The first line of the description is the project's.
set(mapvec_description "For data that does not fit in memory. Growing moves no element, a full disk
is an exception, and a vector that stays is a .npy file, which NumPy opens as
it is.")
set(CPACK_DEBIAN_MAPVEC_DEV_DESCRIPTION "${mapvec_description}
.
This package holds what one builds with.")
set(CPACK_DEBIAN_MAPVEC_RUNTIME_DESCRIPTION "${mapvec_description}
.
This package holds the shared library.")

set(CPACK_DEBIAN_MAPVEC_DEV_PACKAGE_NAME libmapvec-dev)
set(CPACK_DEBIAN_MAPVEC_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_MAPVEC_DEV_PACKAGE_DEPENDS ${mapvec_dev_depends})
set(CPACK_DEBIAN_MAPVEC_DEV_PACKAGE_SUGGESTS ${mapvec_dev_suggests})

set(CPACK_DEBIAN_MAPVEC_RUNTIME_PACKAGE_NAME ${mapvec_runtime_package})
set(CPACK_DEBIAN_MAPVEC_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_MAPVEC_RUNTIME_PACKAGE_SHLIBDEPS ON)  # by dpkg-shlibdeps, of dpkg-dev
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)

# Debian wants the licence here, of each package. Other installations leave it out.
foreach(part IN ITEMS "mapvec_dev libmapvec-dev" "mapvec_runtime ${mapvec_runtime_package}")
  separate_arguments(part)
  list(GET part 0 component)
  list(GET part 1 package)
  install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package}
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
