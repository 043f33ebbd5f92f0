# SPDX-License-Identifier: MIT
#
# The version is written once, in config.hpp; CMake reads it from there.

function(mapvec_read_version result)
  set(config ${CMAKE_CURRENT_SOURCE_DIR}/include/mapvec/config.hpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${config})
  file(READ ${config} text)
  set(parts "")
  foreach(part IN ITEMS MAJOR MINOR PATCH)
    if(NOT text MATCHES "#define MAPVEC_VERSION_${part} ([0-9]+)")
      message(FATAL_ERROR "${config} does not define MAPVEC_VERSION_${part}")
    endif()
    list(APPEND parts ${CMAKE_MATCH_1})
  endforeach()
  list(JOIN parts . version)
  set(${result} ${version} PARENT_SCOPE)
endfunction()
