# SPDX-License-Identifier: MIT
#
# find_package(mapvec [COMPONENTS nlohmann_json]) gives mapvec::mapvec, and with the component
# mapvec::nlohmann_json.
include(CMakeFindDependencyMacro)

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/mapvec-targets.cmake)

foreach(component IN LISTS mapvec_FIND_COMPONENTS)
  set(targets ${CMAKE_CURRENT_LIST_DIR}/mapvec-${component}-targets.cmake)
  if(NOT EXISTS ${targets})
    if(mapvec_FIND_REQUIRED_${component})
      set(mapvec_FOUND FALSE)
      set(mapvec_NOT_FOUND_MESSAGE "mapvec was installed without the component ${component}")
    endif()
    continue()
  endif()
  if(component STREQUAL "nlohmann_json")
    find_dependency(nlohmann_json 3.9)
  endif()
  include(${targets})
  set(mapvec_${component}_FOUND TRUE)
endforeach()
