# SPDX-License-Identifier: MIT
#
# mapvec_add_peer_program(TARGET SOURCE HEADER [LIBRARY]) makes a program that uses another library,
# if header and library are found. System headers, so that warnings of others are not ours.
function(mapvec_add_peer_program target source header)
  find_path(MAPVEC_PEER_${target}_INCLUDE ${header})
  set(needed MAPVEC_PEER_${target}_INCLUDE)
  if(ARGN)
    find_library(MAPVEC_PEER_${target}_LIBRARY ${ARGN})
    list(APPEND needed MAPVEC_PEER_${target}_LIBRARY)
  endif()
  foreach(found IN LISTS needed)
    if(NOT ${found})
      message(STATUS "mapvec: no ${header} or its library, so no ${target}")
      return()
    endif()
  endforeach()
  add_executable(${target} ${source})
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_include_directories(${target} SYSTEM PRIVATE ${MAPVEC_PEER_${target}_INCLUDE})
  if(ARGN)
    target_link_libraries(${target} PRIVATE ${MAPVEC_PEER_${target}_LIBRARY})
  endif()
  # What Debian's STXXL was built with.
  if(source MATCHES "stxxl")
    target_compile_options(${target} PRIVATE -fopenmp -DNDEBUG)
    target_link_options(${target} PRIVATE -fopenmp)
  endif()
endfunction()
