# SPDX-License-Identifier: MIT
#
# A stand-in for the part of Conan 2 that our recipes use. What Conan would ask of its own cache and
# profiles is set by conan_create.py; an attribute that is not here is an error of the recipe, or
# one that has to be added.
import subprocess
import types


class _Options(dict):
    def get_safe(self, name, default=None):
        return self.get(name, default)

    def __getattr__(self, name):
        return self[name]


class _CppInfo(types.SimpleNamespace):
    def __init__(self):
        super().__init__(libs=[], system_libs=[], builddirs=[], properties={})

    def set_property(self, name, value):
        self.properties[name] = value


class ConanFile:
    def __init__(self, recipe_folder, source_folder, work_folder):
        self.recipe_folder = str(recipe_folder)
        self.source_folder = str(source_folder)
        self.export_sources_folder = str(work_folder / "export")
        self.build_folder = str(work_folder / "build")
        self.package_folder = str(work_folder / "package")
        self.settings = types.SimpleNamespace(os="Linux", arch="x86_64", compiler="gcc",
                                              build_type="Release")
        self.options = _Options(getattr(self, "default_options", {}))
        self.cpp = types.SimpleNamespace(build=types.SimpleNamespace(bindir=self.build_folder))
        self.cpp_info = _CppInfo()
        self.required = []
        self.cache_variables = {}

    def requires(self, reference, transitive_headers=None, transitive_libs=None):
        self.required.append(reference)

    def run(self, command, env=None):
        subprocess.run(command, shell=True, check=True)
