# SPDX-License-Identifier: MIT
#
# newcomer_test.py CHECKOUT WORK
#
# Goal: who knows the README only gets from an empty system to a program of his own in ten commands.
# Method: a Debian with nothing on it, made by debootstrap from where this machine's packages come
# from; in it the commands of the README's section, as they stand there, over the programs that
# stand there. What is printed is the transcript.
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

CHECKOUT, WORK = (pathlib.Path(each) for each in sys.argv[1:3])
ROOT = WORK / "root"
SECTION = "## Using it"
MOST_COMMANDS = 10
SKIPPED = 77
# Namespaces of its own: what is mounted is gone with the last process.
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
ENTER = ('mount --bind /dev "$1/dev" && mount -t proc proc "$1/proc" && '
         'exec chroot "$1" bash -euc "cd $2; $3"')
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive",
               **{name: value for name, value in os.environ.items()
                  if name.lower().endswith("_proxy")}}


class Skip(Exception):
    pass


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands_of(block):
    lines = [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]
    return [command.strip() for line in lines for command in line.split("&&")]


def mirror():
    """(site, codename): where the main packages of this Debian come from."""
    release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    codename = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)
    sites = output_of("apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)",
                      "Created-By: Packages").splitlines() if codename else []
    for site, its_codename, component in map(str.split, sites):
        if (its_codename, component) == (codename[1], "main"):
            return site, codename[1]
    raise Skip("apt has no packages of this Debian")


def make_system():
    """A Debian with nothing but what has to be there."""
    if os.geteuid() != 0 or subprocess.run([*NAMESPACES, "true"], check=False).returncode != 0:
        raise Skip("no root, or no namespaces")
    if shutil.which("debootstrap") is None:
        raise Skip("no debootstrap")
    site, codename = mirror()
    try:
        urllib.request.urlopen(f"{site}/dists/{codename}/Release", timeout=60).close()
    except urllib.error.URLError as error:
        raise Skip(f"no network: {error.reason}") from error
    made = subprocess.run([*NAMESPACES, "debootstrap", "--variant=minbase", codename, ROOT, site],
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        raise SystemExit("debootstrap:\n" + "\n".join(made.stdout.splitlines()[-20:]))
    # Where packages come from, and through which proxy.
    (ROOT / "etc/apt/sources.list").unlink()
    for name in ("sources.list", "sources.list.d", "apt.conf", "apt.conf.d", "auth.conf.d",
                 "keyrings", "preferences.d", "trusted.gpg.d"):
        here, there = pathlib.Path("/etc/apt", name), ROOT / "etc/apt" / name
        if here.is_dir():
            shutil.copytree(here, there, dirs_exist_ok=True)
        elif here.exists():
            shutil.copy(here, there)
    shutil.copy("/etc/resolv.conf", ROOT / "etc")


def run(folder, command):
    print(f"{folder}$ {command}", flush=True)
    made = subprocess.run([*NAMESPACES, "bash", "-c", ENTER, "bash", ROOT, folder, command],
                          check=False, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    lines = made.stdout.splitlines()
    shown = 3 if made.returncode == 0 else 40
    print("\n".join((["…"] if len(lines) > shown else []) + lines[-shown:]), flush=True)
    if made.returncode != 0:
        raise SystemExit(f"exit code {made.returncode}")


def main():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    program = blocks(readme, "cpp")[0]
    section = readme[readme.index(SECTION):]
    index = (CHECKOUT / "docs/index.md").read_text(encoding="utf-8")
    for language, first in (("sh", 3), ("cmake", 1)):
        if blocks(index, language) != blocks(section, language)[:first]:
            raise SystemExit(f"docs/index.md: its {language} is not that of the README")
    project = blocks(section, "cmake")[0]
    installing, by_hand, by_cmake = map(commands_of, blocks(section, "sh")[:3])
    count = len(installing + by_hand + by_cmake)
    if not 3 <= count <= MOST_COMMANDS:
        raise SystemExit(f"{count} commands, not {MOST_COMMANDS} at most")

    make_system()
    shutil.copytree(CHECKOUT, ROOT / "mapvec",
                    ignore=shutil.ignore_patterns("build", ".git", "site"))
    for command in installing:
        run("/mapvec", command)
    own = ROOT / "own"
    own.mkdir()
    (own / "main.cpp").write_text(program, encoding="utf-8")
    for command in by_hand:
        run("/own", command)
    (own / "CMakeLists.txt").write_text(project, encoding="utf-8")
    for command in by_cmake:
        run("/own", command)
    print(f"{count} commands")


if __name__ == "__main__":
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    try:
        main()
    except Skip as why:
        print(f"Skipped\n{why}")
        sys.exit(SKIPPED)
    finally:
        shutil.rmtree(WORK)
