#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# deb.sh static|shared LIBRARY WORK COMPONENTS VERSION: makes the Debian packages of the build in
# LIBRARY/build, reads what they say of themselves, installs them, and builds and runs the programs
# of users against them. As root they are installed by dpkg in a chroot, which is this system with a
# layer over it, and removed again, when nothing may be left; otherwise they are unpacked only.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  echo "deb.sh: $*" >&2
  exit 1
}

# Configures, builds and runs the programs in $1 against what is installed at the prefix $2, with
# libraries in $3, found by CMake and pkg-config.
use_installed() {
  local work=$1 prefix=$2 libraries=$2/$3 components=$4 component
  # The packages are used as they are: no cache of compilers reaches into the chroot.
  unset CMAKE_CXX_COMPILER_LAUNCHER
  export LD_LIBRARY_PATH=
  if [[ $prefix != /usr ]]; then
    export CMAKE_PREFIX_PATH=$prefix LD_LIBRARY_PATH=$libraries
    export PKG_CONFIG_PATH=$libraries/pkgconfig
  fi
  cmake -S "$work/program" -B "$work/build" -D "components=$components"
  grep "mapvec_DIR:PATH=$libraries/cmake/mapvec" "$work/build/CMakeCache.txt" ||
    fail "another mapvec was found"
  cmake --build "$work/build"
  "$work/build/consumer"
  for component in ${components//,/ }; do "$work/build/${component}_consumer"; done
  local flags
  read -ra flags < <(pkg-config --cflags --libs mapvec)
  "$CXX" -std=c++20 "$work/program/consumer.cpp" "${flags[@]}" -o "$work/by_pkg_config"
  "$work/by_pkg_config"
}

# In namespaces of its own: the layer is in memory, and gone with the last process.
use_in_chroot() {
  local work=$1 libraries=$2 components=$3 layer=$1/layer package
  mkdir -p "$layer"
  mount -t tmpfs mapvec "$layer"
  mkdir "$layer/upper" "$layer/work" "$layer/root"
  mount -t overlay mapvec "$layer/root" \
    -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work"
  mount --bind /dev "$layer/root/dev"
  mount -t proc mapvec "$layer/root/proc"
  mount -t tmpfs mapvec "$layer/root/tmp"
  mkdir "$layer/root/tmp/test"
  cp -r "$here/program" "$here/deb.sh" "$work"/packages/*.deb "$layer/root/tmp/test"
  for package in "$work"/packages/*.deb; do dpkg-deb -f "$package" Package; done > "$work/names"
  local names
  mapfile -t names < "$work/names"
  chroot "$layer/root" bash -c 'dpkg --install /tmp/test/*.deb'
  chroot "$layer/root" bash /tmp/test/deb.sh use_installed /tmp/test /usr \
    "$libraries" "$components"
  chroot "$layer/root" dpkg --purge "${names[@]}"
  local left
  left=$(find "$layer/upper/usr" ! -type d ! -type c -o -name '*mapvec*' ! -type c)
  [[ -z $left ]] || fail "this is left behind: $left"
}

# What `dpkg-deb` prints of the field $2 of the package $1 has to match the pattern $3.
expect() {
  local value
  value=$(dpkg-deb -f "$1" "$2")
  [[ $value =~ $3 ]] || fail "$1: $2 is '$value', not '$3'"
}

read_packages() {
  local linkage=$1 library=$2 packages=$3/packages components=$4 version=$5 file
  local runtime=libmapvec${version%.*} architecture
  architecture=$(dpkg --print-architecture)
  local dev=$packages/libmapvec-dev_${version}_$architecture.deb
  expect "$dev" Maintainer '^the mapvec authors$'
  expect "$dev" Section '^libdevel$'
  expect "$dev" Description "not fit in memory"
  expect "$dev" Depends 'libstdc\+\+-'
  expect "$dev" Suggests "^([a-z0-9-]+(, )?){$(tr , '\n' <<< "$components" | wc -l)}$"
  local count=1
  if [[ $linkage == shared ]]; then
    count=2
    expect "$dev" Depends "$runtime \(= $version\)"
    expect "$packages/${runtime}_${version}_$architecture.deb" Depends 'libhwy1.*libstdc\+\+6'
    expect "$packages/${runtime}_${version}_$architecture.deb" Section '^libs$'
  elif grep -q hwy "$library/build/mapvec.pc"; then
    expect "$dev" Depends 'libhwy-dev \(>= '
  fi
  [[ $(find "$packages" -name '*.deb' | wc -l) == "$count" ]] || fail "not $count packages"
  for file in "$packages"/*.deb; do dpkg-deb -x "$file" "$3/root"; done
  for file in "$3"/root/usr/share/doc/*/copyright; do cmp "$file" "$here/../../LICENSE"; done
  [[ $(find "$3/root/usr/share/doc" -name copyright | wc -l) == "$count" ]] || fail "no copyright"
  diff -r "$library/stage/include" "$3/root/usr/include"
}

main() {
  local linkage=$1 library=$2 work=$3 components=$4 version=$5
  mkdir -p "$work/packages"
  (cd "$work" && cpack --config "$library/build/CPackConfig.cmake" -B "$work/packages")
  rm -rf "$work/packages/_CPack_Packages"
  read_packages "$linkage" "$library" "$work" "$components" "$version"
  local libraries
  libraries=$(cd "$work/root/usr" && find lib -name pkgconfig -printf %h)
  if ((EUID == 0)) && unshare --mount --pid --fork --mount-proc true; then
    unshare --mount --pid --fork bash "${BASH_SOURCE[0]}" use_in_chroot "$work" \
      "$libraries" "$components"
  else
    echo "deb.sh: no chroot can be had; the packages are unpacked, not installed"
    cp -r "$here/program" "$work/program"
    use_installed "$work" "$work/root/usr" "$libraries" "$components"
  fi
}

case $1 in
  use_installed | use_in_chroot) "$@" ;;
  *) main "$@" ;;
esac
