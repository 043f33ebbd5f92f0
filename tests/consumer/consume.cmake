# SPDX-License-Identifier: MIT
#
# One way of using the library, from an empty directory: -D way=static|shared|subdirectory
# -D components=a,b.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "failed (${status}): ${command}")
  endif()
endfunction()

set(program ${CMAKE_CURRENT_LIST_DIR}/program)
set(stage ${work}/stage)
set(build_options -G ${generator} -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_COMPILER=${compiler})
file(REMOVE_RECURSE ${work})

if(way STREQUAL "subdirectory")
  # The one way without Highway.
  list(APPEND build_options -D mapvec_source=${source} -D MAPVEC_USE_HIGHWAY=OFF)
else()
  set(shared OFF)
  if(way STREQUAL "shared")
    set(shared ON)
  endif()
  run(${CMAKE_COMMAND} -S ${source} -B ${work}/library ${build_options}
    -D BUILD_SHARED_LIBS=${shared} -D CMAKE_INSTALL_PREFIX=${stage} -D CMAKE_INSTALL_LIBDIR=lib
    -D MAPVEC_BUILD_TESTS=OFF -D MAPVEC_BUILD_EXAMPLES=OFF -D MAPVEC_BUILD_BENCHMARKS=OFF)
  run(${CMAKE_COMMAND} --build ${work}/library)
  run(${CMAKE_COMMAND} --install ${work}/library)
endif()

run(${CMAKE_COMMAND} -S ${program} -B ${work}/program ${build_options}
  -D CMAKE_PREFIX_PATH=${stage} -D components=${components})
run(${CMAKE_COMMAND} --build ${work}/program)
run(${work}/program/consumer)
string(REPLACE "," ";" components "${components}")
foreach(component IN LISTS components)
  run(${work}/program/${component}_consumer)
endforeach()

if(NOT way STREQUAL "subdirectory")
  set(ENV{PKG_CONFIG_PATH} ${stage}/lib/pkgconfig)
  execute_process(COMMAND pkg-config --cflags --libs mapvec
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags)
  run(${compiler} -std=c++20 ${program}/consumer.cpp ${flags} -o ${work}/pkg_config_consumer)
  run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${stage}/lib ${work}/pkg_config_consumer)
endif()
