# SPDX-License-Identifier: MIT
#
# The components: a header each for another library, with a target that brings it along. One whose
# library is not found is left out. A target that the project around has already made is taken as it
# is.

# mapvec_add_component(NAME LIBRARY PACKAGE...) makes mapvec::NAME of the headers in
# mapvec_NAME_headers, which links LIBRARY of find_package(PACKAGE...).
set(mapvec_components "")
function(mapvec_add_component name library)
  if(NOT TARGET ${library})
    find_package(${ARGN} QUIET)
  endif()
  if(NOT TARGET ${library})
    return()
  endif()
  add_library(mapvec_${name} INTERFACE)
  add_library(mapvec::${name} ALIAS mapvec_${name})
  set_target_properties(mapvec_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(mapvec_${name} INTERFACE mapvec::mapvec ${library})
  target_sources(mapvec_${name}
    INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${mapvec_${name}_headers})
  set(mapvec_components ${mapvec_components} ${name} PARENT_SCOPE)
  list(JOIN ARGN " " package)
  set(mapvec_package_of_${name} ${package} PARENT_SCOPE)
endfunction()

mapvec_add_component(nlohmann_json nlohmann_json::nlohmann_json nlohmann_json 3.9)
mapvec_add_component(cereal cereal::cereal cereal 1.3)
mapvec_add_component(boost_serialization Boost::serialization Boost 1.74 COMPONENTS serialization)
mapvec_add_component(fmt fmt::fmt fmt 9)
