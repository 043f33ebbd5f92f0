# SPDX-License-Identifier: MIT
#
# Installation: headers, library, the CMake package `mapvec` with its components, mapvec.pc for
# pkg-config, and what gdb shows vectors with. Left out where MAPVEC_INSTALL is OFF, as it is inside
# another project: its targets, such as an fmt of its own, may be in no export set, which CMake then
# refuses.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(mapvec_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mapvec)

# Two parts: what runs, and what one builds with.
install(TARGETS mapvec EXPORT mapvec-targets
  LIBRARY COMPONENT mapvec_runtime NAMELINK_COMPONENT mapvec_dev
  ARCHIVE COMPONENT mapvec_dev
  FILE_SET HEADERS COMPONENT mapvec_dev)
install(EXPORT mapvec-targets
  NAMESPACE mapvec:: DESTINATION ${mapvec_package_dir} COMPONENT mapvec_dev)
set(mapvec_component_packages "")
foreach(component IN LISTS mapvec_components)
  install(TARGETS mapvec_${component} EXPORT mapvec-${component}-targets
    FILE_SET HEADERS COMPONENT mapvec_dev)
  install(EXPORT mapvec-${component}-targets
    NAMESPACE mapvec:: DESTINATION ${mapvec_package_dir} COMPONENT mapvec_dev)
  string(APPEND mapvec_component_packages
    "set(mapvec_package_of_${component} ${mapvec_package_of_${component}})\n")
endforeach()

# gdb looks for the file of a shared library below the library's own path, and reads it by itself.
set(mapvec_gdb_printers share/gdb/mapvec_printers.py)
install(FILES ${mapvec_gdb_printers} DESTINATION ${CMAKE_INSTALL_DATADIR}/mapvec/gdb
  COMPONENT mapvec_dev)
if(BUILD_SHARED_LIBS)
  install(FILES ${mapvec_gdb_printers}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/gdb/auto-load${CMAKE_INSTALL_FULL_LIBDIR}
    RENAME libmapvec.so.${PROJECT_VERSION}-gdb.py COMPONENT mapvec_runtime)
endif()

# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/mapvec-config-version.cmake
  COMPATIBILITY SameMinorVersion)
# Who links the static library links what it was built with.
set(mapvec_needs_highway OFF)
set(mapvec_static_libraries "")
if(mapvec_uses_highway AND NOT BUILD_SHARED_LIBS)
  set(mapvec_needs_highway ON)
  set(mapvec_static_libraries "-lhwy_contrib -lhwy")
endif()
configure_file(cmake/mapvec-config.cmake.in mapvec-config.cmake @ONLY)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/mapvec-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/mapvec-config-version.cmake
  DESTINATION ${mapvec_package_dir} COMPONENT mapvec_dev)

# mapvec.pc finds the rest from where it lies itself, so that the installation may be moved; where a
# directory was given as an absolute path it is that one.
set(mapvec_pc_prefix ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  file(RELATIVE_PATH mapvec_pc_prefix
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  string(REGEX REPLACE "/$" "" mapvec_pc_prefix "\${pcfiledir}/${mapvec_pc_prefix}")
endif()
foreach(directory IN ITEMS LIBDIR INCLUDEDIR)
  set(mapvec_pc_${directory} ${CMAKE_INSTALL_${directory}})
  if(NOT IS_ABSOLUTE ${mapvec_pc_${directory}})
    set(mapvec_pc_${directory} "\${prefix}/${mapvec_pc_${directory}}")
  endif()
endforeach()
configure_file(cmake/mapvec.pc.in mapvec.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mapvec.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT mapvec_dev)
