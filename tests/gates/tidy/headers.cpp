// SPDX-License-Identifier: MIT
//
// Every public header, with its templates instantiated, so that clang-tidy sees their bodies.
#include <string>

#include <mapvec/mapvec.hpp>

template class mapvec::vector<int>;
template class mapvec::vector<std::string>;
template class mapvec::segment<int>;
