# SPDX-License-Identifier: MIT
#
# Stand-ins for the functions of vcpkg that our port calls: they do on one build, a static release,
# what vcpkg's do, and fail on arguments that those do not know. Includes the port in
# -D CURRENT_PORT_DIR, with -D FEATURES; works in -D work.
cmake_minimum_required(VERSION 3.25)

set(PORT mapvec)
set(CURRENT_BUILDTREES_DIR ${work}/buildtrees)
set(CURRENT_PACKAGES_DIR ${work}/packages)

macro(parse one_value multi_value)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "${one_value}" "${multi_value}")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
endmacro()

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_check_features)
  parse("OUT_FEATURE_OPTIONS" "FEATURES;INVERTED_FEATURES")
  set(options "")
  foreach(kind IN ITEMS FEATURES INVERTED_FEATURES)
    while(arg_${kind})
      list(POP_FRONT arg_${kind} feature variable)
      set(value OFF)
      if((feature IN_LIST FEATURES AND kind STREQUAL "FEATURES") OR
         (NOT feature IN_LIST FEATURES AND kind STREQUAL "INVERTED_FEATURES"))
        set(value ON)
      endif()
      list(APPEND options -D${variable}=${value})
    endwhile()
  endforeach()
  set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  parse("SOURCE_PATH" "OPTIONS;MAYBE_UNUSED_VARIABLES")
  run(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${CURRENT_BUILDTREES_DIR}
    -D CMAKE_BUILD_TYPE=Release -D BUILD_SHARED_LIBS=OFF -D CMAKE_INSTALL_LIBDIR=lib
    -D CMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} ${arg_OPTIONS})
endfunction()

function(vcpkg_cmake_install)
  parse("" "")
  run(${CMAKE_COMMAND} --build ${CURRENT_BUILDTREES_DIR} --target install)
endfunction()

# The package of CMake goes to share/, which is one folder nearer to the prefix.
function(vcpkg_cmake_config_fixup)
  parse("PACKAGE_NAME;CONFIG_PATH" "")
  set(to ${CURRENT_PACKAGES_DIR}/share/${arg_PACKAGE_NAME})
  # Other files may be there already.
  file(COPY ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/ DESTINATION ${to})
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH})
  set(up "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\n")
  file(GLOB targets ${to}/*-targets.cmake)
  foreach(file IN LISTS targets)
    file(READ ${file} text)
    string(REPLACE "${up}${up}" "${up}" text "${text}")
    file(WRITE ${file} "${text}")
  endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
  parse("" "")
  file(STRINGS ${CURRENT_PACKAGES_DIR}/lib/pkgconfig/mapvec.pc prefix REGEX "^prefix=")
  if(NOT prefix STREQUAL "prefix=\${pcfiledir}/../..")
    message(FATAL_ERROR "mapvec.pc has ${prefix}")
  endif()
endfunction()

function(vcpkg_install_copyright)
  parse("" "FILE_LIST")
  file(COPY_FILE ${arg_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright)
endfunction()

include(${CURRENT_PORT_DIR}/portfile.cmake)
foreach(file IN ITEMS share/mapvec/copyright share/mapvec/usage share/mapvec/mapvec-config.cmake)
  if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
    message(FATAL_ERROR "the port has not installed ${file}")
  endif()
endforeach()
