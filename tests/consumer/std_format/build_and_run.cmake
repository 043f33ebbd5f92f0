# SPDX-License-Identifier: MIT
#
# -D source=… -D work=… -D generator=…: builds the programs with clang++-19 and libc++, and runs
# them. Without that compiler it prints why it skips.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work}/files_20 ${work}/files_23)
file(WRITE ${work}/has_format.cpp "#include <format>\n")
execute_process(COMMAND clang++-19 -stdlib=libc++ -std=c++20 -fsyntax-only ${work}/has_format.cpp
  RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(NOT status EQUAL 0)
  message("Skipped\nthere is no clang++-19 with libc++")
  return()
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${work}/build
  -G ${generator} -D CMAKE_CXX_COMPILER=clang++-19 -D CMAKE_BUILD_TYPE=Debug
  -D mapvec_source=${source} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${work}/build COMMAND_ERROR_IS_FATAL ANY)
foreach(standard IN ITEMS 20 23)
  execute_process(COMMAND ${work}/build/formats_${standard} ${work}/files_${standard}
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
