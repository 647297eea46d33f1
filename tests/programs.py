#!/usr/bin/env python3
"""Has Debian's programs do their own work on Cairn, and compares what they print with the same programs on Linux.

    tests/programs.py [NAME ...]

Each tests/programs/NAME.sh runs on a machine of its own whose root is Debian's disk, and on the build machine with the same
tree of files as its root, in namespaces of its own, which need no root rights. All that it prints has to be the same, but for the
lines of NOT_YET. What the build machine prints stays in build/debian/expected/, what Cairn prints in build/debian/printed/.
docs/programs.md is made of them once all scripts have run.
"""

import argparse
import difflib
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import stress  # noqa: E402  (the path has to be set first)
from runner import debian, paths  # noqa: E402  (the path has to be set first)

SCRIPTS = Path(__file__).with_name("programs")
LIMIT = 1800  # seconds for one script, on a slow machine

# What Cairn does not do yet: lines that may differ, with the reason.
NOT_YET = {
    "python": {
        "TestSendfile": "no network",
        "WakeupFDTests.test_(invalid_socket|set_wakeup_fd_socket_result)|: test_invalid_socket": "no network",
        "ExtendedAttributeTests": "no extended attributes on ext2",
    },
}


def command(name):
    """What runs a script."""
    return f"bash /tmp/programs/{name}.sh"


def on_cairn(name, disk):
    """What the script prints on Cairn."""
    return debian.run(disk, {"programs": SCRIPTS}, command(name), [], paths.LOGS / f"programs.{name}.log", LIMIT)["out"]


def kept(place, name):
    """The lines that a script has printed when it ran last; none if it has not."""
    file = debian.DISKS / place / name
    return file.read_text("utf-8", "replace").splitlines(keepends=True) if file.exists() else []


def is_known(name, line):
    """May the line differ?"""
    return any(re.search(pattern, line) for pattern in NOT_YET.get(name, {}))


def differences(name):
    """The lines in which Cairn differs from Linux, as diff shows them."""
    lines = [[line for line in kept(place, name) if not is_known(name, line)] for place in ("expected", "printed")]
    return list(difflib.unified_diff(*lines, "Linux", "Cairn", n=1))


def compare(name, disk):
    """Runs one script on both. Returns the lines in which they differ, and shows them."""
    start = time.monotonic()
    printed = {"expected": debian.on_linux(command(name), disk.with_suffix(".tree"), SCRIPTS, LIMIT), "printed": on_cairn(name, disk)}
    for place, text in printed.items():
        (debian.DISKS / place).mkdir(exist_ok=True)
        (debian.DISKS / place / name).write_bytes(text)
    different = differences(name)
    print(f"programs: {name}: {'FAILED' if different else 'ok'}, {len(kept('expected', name))} lines, {time.monotonic() - start:.0f} s",
          flush=True)
    sys.stdout.writelines(different)
    return different


# --- docs/programs.md -----------------------------------------------------------------------------

HEAD = """# Debian's programs on Cairn

Programs out of Debian's packages, unmodified, from the disk that `make run ROOT=debian` boots from
(`scripts/debian-packages.txt`). Each script of `tests/programs/` has them do their own work on Cairn and on Linux, with the same
files, and compares all that is printed. `make programs` has written this page.

| script | what is done | packages | lines | the same |
| --- | --- | --- | ---: | --- |
"""

SELF = """
`make self` has Cairn build its own kernel from its own tree, with Debian's GCC and NASM, in a machine of 2 GiB: the file is the one
that the build machine makes, byte for byte.
"""


def packages(name):
    """The packages that the list gives to a script."""
    lines = [line.split() for line in (SCRIPTS.parents[1] / "scripts" / "debian-packages.txt").read_text().splitlines()]
    return ", ".join(words[0] for words in lines if len(words) == 3 and words[2] == name)


def row(name):
    """A script's row of the table."""
    comment = (SCRIPTS / f"{name}.sh").read_text().splitlines()[0].lstrip("# ").rstrip(".").replace("|", "\\|")
    known = sum(is_known(name, line) for line in kept("printed", name))
    same = "no" if differences(name) else f"but for {known} lines" if known else "yes"
    return f"| `{name}` | {comment} | {packages(name)} | {len(kept('expected', name))} | {same} |\n"


def python_tests():
    """Python's own tests, counted by their results, and those that do not say the same on both."""
    results = [dict(line.split(" ", 1) for line in kept(place, "python") if line.startswith("test.")) for place in ("expected", "printed")]
    text = "\n## Python's own tests\n\n| module | tests | ok on Linux | ok on Cairn | skipped on Linux | skipped on Cairn |\n" \
           "| --- | ---: | ---: | ---: | ---: | ---: |\n"
    for module in sorted({test.split(".")[1] for test in results[0]}):
        of_module = [[value.strip() for test, value in result.items() if test.split(".")[1] == module] for result in results]
        counts = [sum(value.startswith(word) for value in values) for word in ("ok", "skipped") for values in of_module]
        text += f"| `{module}` | {len(of_module[0])} | {' | '.join(map(str, counts))} |\n"
    text += "\nThese say something else on Cairn than on Linux:\n\n"
    for test in sorted(set(results[0]) | set(results[1])):
        values = [result.get(test, "not run").strip() for result in results]
        if values[0] != values[1]:
            reason = next((why for pattern, why in NOT_YET.get("python", {}).items() if re.search(pattern, test)), "")
            text += f"- `{test}`: {values[0]} on Linux, {values[1]} on Cairn{': ' + reason if reason else ''}\n"
    return text


def write_page(names):
    """Writes docs/programs.md, if all scripts have run some time."""
    if all(kept("printed", name) for name in names):
        (paths.ROOT / "docs" / "programs.md").write_text(HEAD + "".join(map(row, names)) + SELF + python_tests() + stress.page_part())


def main():
    """Runs the scripts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    every = sorted(script.stem for script in SCRIPTS.glob("*.sh"))
    names = parser.parse_args().names or every
    failed = [name for name in names if compare(name, debian.DISKS / "full.img")]
    write_page(every)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
