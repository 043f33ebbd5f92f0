# SPDX-License-Identifier: MIT
#
# vcpkg.py SOURCE WORK VERSION: vcpkg.json is what the library is, and the port, run by stand-ins
# for vcpkg's own functions with all its features, installs into WORK/packages.
import json
import pathlib
import subprocess
import sys


def complaints_about(port, version):
    manifest = json.loads((port / "vcpkg.json").read_text(encoding="utf-8"))
    complaints = []
    if manifest["name"] != port.name or manifest["version"] != version:
        complaints.append(f"vcpkg.json is of {manifest['name']} {manifest['version']}")
    if not set(manifest["default-features"]) <= set(manifest["features"]):
        complaints.append("a default feature does not exist")
    if set(manifest["features"]) != features_of(port):
        complaints.append("vcpkg.json and portfile.cmake have different features")
    return complaints


def features_of(port):
    """What portfile.cmake hands to vcpkg_check_features."""
    text = (port / "portfile.cmake").read_text(encoding="utf-8")
    words = text.split("vcpkg_check_features(")[1].split(")")[0].split()
    return {word for word in words if word.islower() and word != "feature_options"}


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1], "packaging/vcpkg/ports/mapvec")
    found = complaints_about(folder, sys.argv[3])
    print("\n".join(found))
    if found:
        sys.exit(1)
    sys.exit(subprocess.run(
        ["cmake", "-D", f"CURRENT_PORT_DIR={folder}", "-D", f"work={sys.argv[2]}",
         "-D", "FEATURES=" + ";".join(["core", *sorted(features_of(folder))]),
         "-P", pathlib.Path(__file__).with_name("vcpkg.cmake")], check=False).returncode)
