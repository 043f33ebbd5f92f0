# SPDX-License-Identifier: MIT
#
# Goal: what other programs read about the repository is true. Method: CI's workflow has one step
# that runs something, and that is .ci/run; each file is the YAML it should be; the version to cite,
# and that of the inline namespace, is that of the library.
import re

import sources

try:
    import yaml
except ImportError:
    sources.skip("no python3-yaml")

WORKFLOW = ".github/workflows/ci.yml"
CITATION = "CITATION.cff"
TEMPLATES = ".github/ISSUE_TEMPLATE"


def read(root, name):
    return yaml.safe_load((root / name).read_text(encoding="utf-8"))


def check_workflow(root):
    violations = [f"{path.relative_to(root)}: is a second workflow"
                  for path in (root / WORKFLOW).parent.iterdir() if path != root / WORKFLOW]
    workflow = read(root, WORKFLOW)
    triggers = list(workflow[True])  # YAML 1.1 reads `on` as a truth value
    for trigger in ("push", "pull_request", "schedule"):
        if trigger not in triggers:
            violations.append(f"{WORKFLOW}: does not run on {trigger}")
    jobs = list(workflow["jobs"].values())
    steps = [step for job in jobs for step in job["steps"]]
    for place in jobs + steps:
        for key in ("if", "continue-on-error"):
            if key in place:
                violations.append(f"{WORKFLOW}: {key} could let a change pass unseen")
    actions = [step["uses"] for step in steps if "uses" in step]
    violations += [f"{WORKFLOW}: uses {action}" for action in actions
                   if not action.startswith("actions/checkout@")]
    commands = [step["run"] for step in steps if "run" in step]
    if commands != [".ci/run"]:
        violations.append(f"{WORKFLOW}: runs {commands}, not .ci/run alone")
    if not (root / ".ci" / "run").stat().st_mode & 0o100:
        violations.append(".ci/run: is not executable")
    return violations


def version_of(root):
    config = (root / "include/mapvec/config.hpp").read_text(encoding="utf-8")
    return re.findall(r"#define MAPVEC_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", config)


def check_namespaces(root):
    """An inline namespace has the numbers of the SOVERSION: binaries of two versions, headers of
    one and the library of the other too, do not find each other's names."""
    wanted = "v" + "_".join(version_of(root)[:2])
    violations = []
    for folder in ("include", "src"):
        for path in sorted((root / folder).rglob("*.?pp")):
            text = path.read_text(encoding="utf-8")
            violations += [f"{path.relative_to(root)}: {found[0]} is not in {wanted}"
                           for found in re.finditer(r"^namespace mapvec\b(.*)", text, re.MULTILINE)
                           if not re.match(rf"::inline {wanted}\b", found[1])]
    return violations


def check_citation(root):
    violations = []
    citation = read(root, CITATION)
    for key in ("cff-version", "message", "title", "authors", "license"):
        if not citation.get(key):
            violations.append(f"{CITATION}: has no {key}")
    version = ".".join(version_of(root))
    cited = citation.get("version")
    if cited != version:
        violations.append(f"{CITATION}: version {cited}, the library's is {version}")
    return violations


def check_templates(root):
    violations = []
    for path in sorted((root / TEMPLATES).glob("*.yml")):
        name = path.relative_to(root).as_posix()
        form = read(root, name)
        wanted = [] if path.name == "config.yml" else ["name", "description", "body"]
        violations += [f"{name}: has no {key}" for key in wanted if not form.get(key)]
    return violations


def check(root):
    return (check_workflow(root) + check_citation(root) + check_namespaces(root) +
            check_templates(root))


if __name__ == "__main__":
    sources.finish(check(sources.ROOT))
