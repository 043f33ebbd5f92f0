# SPDX-License-Identifier: MIT
#
# Installs the Debian packages that are missing, and nothing else. Sourced by ./run and ./test.
# Sets of packages; each is needed for the reason behind it.
build_packages=(
  g++ cmake ninja-build
  libhwy-dev            # sorts numbers; without it std::sort does
)
test_packages=(
  libgtest-dev          # the tests
  nlohmann-json3-dev libcereal-dev libboost-serialization-dev libfmt-dev  # the components
  libc++-19-dev libc++abi-19-dev  # a standard library with <format>
  gdb                   # shows vectors
  python3 pkgconf       # gates, consumers
  binutils dpkg-dev     # what the shared library exports; Debian packages that need others
  debootstrap           # the system of somebody who has nothing yet
  ccache                # the library is built for several consumers
  python3-yaml          # what CI and those who cite read
  python3-numpy         # the other side of the .npy files
  clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev  # second compiler, gates, fuzzing
  g++-aarch64-linux-gnu # reads the sources as another machine's compiler
  e2fsprogs xfsprogs btrfs-progs mount  # small file systems that can be full
  qemu-system-common    # qemu-storage-daemon: a disk that logs each write, for power cuts
  libxtensor-dev        # another reader of .npy files
  libbenchmark-dev      # the benchmarks are compiled, not run
  libstxxl-dev          # the program that a page of docs/migration begins with
)
# Fetches a clone detector and a reader of .npy files. Elsewhere's npm brings its own node, which
# Debian's conflicts with.
command -v npm > /dev/null || test_packages+=(npm)
docs_packages=(         # the documentation site, which the tests build too
  mkdocs mkdocs-material  # the pages
  doxygen               # the reference of the headers
  python3               # what mkdocs and its hooks run on
)
benchmark_packages=(
  libbenchmark-dev      # what needs many repetitions
  python3               # runs and judges
)
peer_packages=(         # what mapvec is compared with; without one of them, its rows are left out
  fio                   # what the disk can do
  python3-numpy         # numpy.memmap
  libboost-dev          # Boost.Interprocess and boost::container::vector
  libosmium2-dev        # a vector in a file that grows in small steps
  libstxxl-dev          # a vector for data past memory that is not mapped
  liblmdb-dev           # a mapped B+ tree
)

# need_packages INSTALL PACKAGE... installs what is missing when INSTALL is yes, and otherwise
# ends the process, saying what to install. Prints one line.
need_packages() {
  local install=$1 package missing=()
  shift
  if ! command -v dpkg-query > /dev/null; then
    echo "packages: this is not Debian; needed are the counterparts of: $*"
    return
  fi
  for package in "$@"; do
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null) != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then
    echo "packages: all of $* are installed"
    return
  fi
  local command="apt-get install --no-install-recommends ${missing[*]}"
  if [[ $install != yes ]]; then
    echo "packages: missing ${missing[*]}; install them with: $command" >&2
    exit 1
  elif ((EUID != 0)); then
    echo "packages: missing ${missing[*]}; as root, install them with: $command" >&2
    exit 1
  fi
  echo "packages: installing ${missing[*]}"
  install_packages "${missing[@]}"
}

install_packages() {
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive \
           apt-get install -y --no-install-recommends "$@"; } > "$log" 2>&1 < /dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "packages: apt-get could not install $*" >&2
    exit 1
  fi
  rm -f "$log"
}
