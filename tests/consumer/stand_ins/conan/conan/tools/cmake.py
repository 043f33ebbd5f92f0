# SPDX-License-Identifier: MIT
import subprocess


def cmake_layout(conanfile):
    pass


class CMakeDeps:
    """What is required is installed where CMake finds it."""

    def __init__(self, conanfile):
        pass

    def generate(self):
        pass


class CMakeToolchain:
    def __init__(self, conanfile):
        self.conanfile = conanfile
        shared = conanfile.options.get_safe("shared")
        self.cache_variables = {} if shared is None else {"BUILD_SHARED_LIBS": shared}

    def generate(self):
        self.conanfile.cache_variables.update(self.cache_variables)


class CMake:
    def __init__(self, conanfile):
        self.conanfile = conanfile

    def configure(self):
        variables = {"CMAKE_BUILD_TYPE": self.conanfile.settings.build_type,
                     "CMAKE_INSTALL_PREFIX": self.conanfile.package_folder,
                     "CMAKE_INSTALL_LIBDIR": "lib", **self.conanfile.cache_variables}
        definitions = [f"-D{name}={value}" for name, value in variables.items()]
        self._cmake("-S", self.conanfile.source_folder, "-B", self.conanfile.build_folder,
                    *definitions)

    def build(self):
        self._cmake("--build", self.conanfile.build_folder)

    def install(self):
        self._cmake("--install", self.conanfile.build_folder)

    def _cmake(self, *arguments):
        subprocess.run(["cmake", *arguments], check=True)
