# SPDX-License-Identifier: MIT
#
# The recipe of the checkout that it is in: `conan create packaging/conan`. The components are
# options. Numbers are sorted by std::sort: Highway is left out, since what its package in
# ConanCenter calls its targets is not what CMake looks for.
import pathlib
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

# Each component: what Conan calls its library, and what CMake calls it.
COMPONENTS = {
    "nlohmann_json": ("nlohmann_json/[>=3.9 <4]", "nlohmann_json"),
    "cereal": ("cereal/[>=1.3 <2]", "cereal"),
    "boost_serialization": ("boost/[>=1.74]", "Boost"),
    "fmt": ("fmt/[>=9]", "fmt"),
}


class MapvecRecipe(ConanFile):
    name = "mapvec"
    description = "A std::vector whose elements live in a memory-mapped file"
    license = "MIT"
    topics = ("container", "mmap", "numpy", "out-of-core")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], **{name: [True, False] for name in COMPONENTS}}
    default_options = {"shared": False, **{name: False for name in COMPONENTS}}

    def set_version(self):
        config = load(self, pathlib.Path(self.recipe_folder, "../../include/mapvec/config.hpp"))
        numbers = re.findall(r"#define MAPVEC_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", config)
        self.version = ".".join(numbers)

    def export_sources(self):
        checkout = pathlib.Path(self.recipe_folder).resolve().parents[1]
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "share/*", "src/*"):
            copy(self, pattern, src=str(checkout), dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        for component, (reference, _) in COMPONENTS.items():
            if self.options.get_safe(component):
                self.requires(reference, transitive_headers=True, transitive_libs=True)

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os != "Linux" or self.settings.arch not in ("x86_64", "armv8"):
            raise ConanInvalidConfiguration("mapvec needs 64-bit little-endian Linux")

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in ("USE_HIGHWAY", "BUILD_TESTS", "BUILD_EXAMPLES", "BUILD_BENCHMARKS"):
            toolchain.cache_variables[f"MAPVEC_{part}"] = False
        # Whatever is installed, a component is there if and only if its option is on.
        for component, (_, package) in COMPONENTS.items():
            wanted = bool(self.options.get_safe(component))
            toolchain.cache_variables[f"CMAKE_DISABLE_FIND_PACKAGE_{package}"] = not wanted
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=f"{self.package_folder}/licenses")
        CMake(self).install()

    def package_info(self):
        # The package of CMake that was installed serves, with its components.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/mapvec"]
        self.cpp_info.set_property("pkg_config_name", "mapvec")
        self.cpp_info.libs = ["mapvec"]
        self.cpp_info.system_libs = ["pthread"]
