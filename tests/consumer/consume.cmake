# SPDX-License-Identifier: MIT
#
# One way of using the library, from an empty directory: -D way=NAME, the name of the test behind
# "consumer.". -D library is where consumer.library.* has built it, in `build`, and installed it, in
# `stage`; the other ways work in -D work. -D components=a,b.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "failed (${status}): ${command}")
  endif()
endfunction()

set(here ${CMAKE_CURRENT_LIST_DIR})
set(program ${here}/program)
file(REMOVE_RECURSE ${work})

# Builds the user's project with the options ARGN, and runs its programs.
function(build_and_run_program)
  run(${CMAKE_COMMAND} -S ${program} -B ${work}/program -D components=${components} ${ARGN})
  run(${CMAKE_COMMAND} --build ${work}/program)
  run(${work}/program/consumer)
  string(REPLACE "," ";" names "${components}")
  foreach(name IN LISTS names)
    run(${work}/program/${name}_consumer)
  endforeach()
endfunction()

# The same of a package at PREFIX, by a debug build.
function(use_installed prefix)
  build_and_run_program(-D CMAKE_BUILD_TYPE=Debug -D CMAKE_PREFIX_PATH=${prefix})
endfunction()

# The user's project installs its own program and nothing of ours.
function(install_program_alone)
  run(${CMAKE_COMMAND} --install ${work}/program --prefix ${work}/stage)
  file(GLOB_RECURSE files RELATIVE ${work}/stage ${work}/stage/*)
  if(NOT files STREQUAL "bin/consumer")
    message(FATAL_ERROR "the user's project has installed: ${files}")
  endif()
endfunction()

function(use_by_pkg_config prefix)
  file(GLOB_RECURSE file ${prefix}/mapvec.pc)
  cmake_path(GET file PARENT_PATH folder)
  cmake_path(GET folder PARENT_PATH libraries)
  set(ENV{PKG_CONFIG_PATH} ${folder})
  foreach(options IN ITEMS "--cflags;--libs" "--define-prefix;--cflags;--libs")
    execute_process(COMMAND pkg-config ${options} mapvec
      OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    string(FIND "${flags}" "${prefix}/" at_prefix)
    string(FIND "${flags}" "${library}/stage" at_stage)
    if(at_prefix EQUAL -1 OR NOT at_stage EQUAL -1)
      message(FATAL_ERROR "pkg-config ${options} leads away from ${prefix}: ${flags}")
    endif()
  endforeach()
  execute_process(COMMAND pkg-config --cflags --libs mapvec
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags)
  run(${compiler} -std=c++20 ${program}/consumer.cpp ${flags} -o ${work}/consumer)
  run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${work}/consumer)
endfunction()

# Each command works on what the one before has left.
if(way MATCHES "^library\\.(.*)")
  set(shared OFF)
  if(CMAKE_MATCH_1 STREQUAL "shared")
    set(shared ON)
  endif()
  run(${CMAKE_COMMAND} -S ${source} -B ${library}/build
    -D CMAKE_BUILD_TYPE=Release -D BUILD_SHARED_LIBS=${shared} -D CMAKE_INSTALL_PREFIX=/usr
    -D MAPVEC_BUILD_TESTS=OFF -D MAPVEC_BUILD_EXAMPLES=OFF -D MAPVEC_BUILD_BENCHMARKS=OFF)
  run(${CMAKE_COMMAND} --build ${library}/build)
  run(${CMAKE_COMMAND} --install ${library}/build --prefix ${library}/stage)
elseif(way MATCHES "^find_package")
  build_and_run_program(-D CMAKE_BUILD_TYPE=Debug -D CMAKE_PREFIX_PATH=${library}/stage
    -D with_debugged=ON)
  run(${CMAKE_COMMAND} -S ${program} -B ${work}/optional -D CMAKE_PREFIX_PATH=${library}/stage
    -D optional=fmt,no_such -D CMAKE_DISABLE_FIND_PACKAGE_fmt=ON)
elseif(way MATCHES "^pkg_config")
  # Not where it was installed.
  file(COPY ${library}/stage/ DESTINATION ${work}/moved)
  use_by_pkg_config(${work}/moved)
elseif(way STREQUAL "subdirectory")
  # The one way without Highway.
  build_and_run_program(-D mapvec_subdirectory=${source}
    -D CMAKE_BUILD_TYPE=Release -D MAPVEC_USE_HIGHWAY=OFF)
  install_program_alone()
  # By itself it has nothing to install either, if it is told so.
  run(${CMAKE_COMMAND} -S ${source} -B ${work}/alone -D MAPVEC_INSTALL=OFF
    -D MAPVEC_BUILD_TESTS=OFF -D MAPVEC_BUILD_EXAMPLES=OFF -D MAPVEC_BUILD_BENCHMARKS=OFF)
  run(${CMAKE_COMMAND} --install ${work}/alone --prefix ${work}/nothing)
  if(EXISTS ${work}/nothing)
    message(FATAL_ERROR "MAPVEC_INSTALL=OFF installs something")
  endif()
elseif(way STREQUAL "parent_targets")
  build_and_run_program(-D mapvec_subdirectory=${source}
    -D CMAKE_BUILD_TYPE=Release -D with_own_targets=ON)
  install_program_alone()
elseif(way STREQUAL "fetch_content")
  build_and_run_program(-D FETCHCONTENT_SOURCE_DIR_MAPVEC=${source}
    -D CMAKE_BUILD_TYPE=Release -D FETCHCONTENT_FULLY_DISCONNECTED=ON -D MAPVEC_INSTALL=ON)
  run(${CMAKE_COMMAND} --install ${work}/program --prefix ${work}/stage)
  run(${CMAKE_COMMAND} -S ${program} -B ${work}/installed -D CMAKE_PREFIX_PATH=${work}/stage
    -D components=${components})
elseif(way MATCHES "^deb\\.(.*)")
  run(bash ${here}/deb.sh ${CMAKE_MATCH_1} ${library} ${work} ${components} ${version})
elseif(way STREQUAL "exports")
  run(${python} -B ${here}/exports.py ${library}/stage ${version})
elseif(way STREQUAL "vcpkg")
  run(${python} -B ${here}/stand_ins/vcpkg.py ${source} ${work} ${version})
  use_installed(${work}/packages)
  use_by_pkg_config(${work}/packages)
elseif(way STREQUAL "conan")
  run(${python} -B ${here}/stand_ins/conan_create.py ${source} ${work} ${version} ${components})
  use_installed(${work}/package)
else()
  message(FATAL_ERROR "there is no way ${way}")
endif()
