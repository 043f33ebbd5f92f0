# SPDX-License-Identifier: MIT
#
# conan_create.py SOURCE WORK VERSION COMPONENTS: does what `conan create` does with our recipe and
# its test_package, all components wanted, on the stand-in of Conan beside this file. Puts the
# package into WORK/package.
import importlib.util
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).with_name("conan")))


def recipe_class(path):
    spec = importlib.util.spec_from_file_location("recipe_of_" + path.parent.name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = [item for item in vars(module).values() if isinstance(item, type)
               and item.__module__ == module.__name__]
    return classes[0]


def demand(condition, why):
    if not condition:
        sys.exit(f"the recipe: {why}")


def create(source, work, version, components):
    folder = source / "packaging" / "conan"
    recipe = recipe_class(folder / "conanfile.py")(folder, source, work)
    recipe.set_version()
    demand(recipe.name == "mapvec" and recipe.version == version, f"is of {recipe.version}")
    demand(set(components) | {"shared"} == set(recipe.options), "has other components")
    recipe.options.update({name: True for name in components})
    recipe.export_sources()
    # What was exported is enough; what is built is the same files, whose objects may be there.
    subprocess.run(["cmake", "-S", recipe.export_sources_folder, "-B", work / "of_export",
                    "-DMAPVEC_BUILD_TESTS=OFF", "-DMAPVEC_BUILD_EXAMPLES=OFF",
                    "-DMAPVEC_BUILD_BENCHMARKS=OFF"], check=True)
    recipe.layout()
    recipe.requirements()
    demand(len(recipe.required) == len(components), f"requires {recipe.required}")
    recipe.validate()
    recipe.generate()
    recipe.build()
    recipe.package()
    recipe.package_info()
    package = work / "package"
    demand((package / "licenses" / "LICENSE").exists(), "has no licence")
    for name in recipe.cpp_info.libs:
        demand((package / "lib" / f"lib{name}.a").exists(), f"has no library {name}")
    for name in recipe.cpp_info.builddirs:
        demand((package / name / "mapvec-config.cmake").exists(), f"has nothing in {name}")
    return recipe


def test(source, work, recipe):
    folder = source / "packaging" / "conan" / "test_package"
    tested = recipe_class(folder / "conanfile.py")(folder, folder, work / "test_package")
    tested.tested_reference_str = f"{recipe.name}/{recipe.version}"
    tested.cache_variables["CMAKE_PREFIX_PATH"] = recipe.package_folder
    tested.requirements()
    tested.layout()
    tested.build()
    tested.test()


if __name__ == "__main__":
    work_folder = pathlib.Path(sys.argv[2])
    checkout = pathlib.Path(sys.argv[1])
    test(checkout, work_folder,
         create(checkout, work_folder, sys.argv[3], sys.argv[4].split(",")))
