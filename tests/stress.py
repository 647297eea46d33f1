#!/usr/bin/env python3
"""Has stress-ng's stressors run on Cairn and under Debian's kernel, and compares how they end and what they call a failure.

    tests/stress.py VMLINUZ [CLASS OR STRESSOR ...]

Without words, each class has two minutes, and docs/programs.md shows what came of it (tests/programs.py).
"""

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import both, debian, paths, qemu  # noqa: E402  (the path has to be set first)

CLASSES = "cpu memory vm pipe scheduler filesystem interrupt".split()
LIMIT = 7200.0  # seconds
OPTIONS = ["-cpu", "max", "-m", "1G"]
SCRIPT = Path(__file__).with_name("tools") / "stress_programs.sh"
END = "stress: all"
KEPT = {name: debian.DISKS / f"stress.{name}" for name in ("Linux", "Cairn")}
STATUS = re.compile(r"^(\S+) (\S+) status (\d+)$", re.MULTILINE)

# What Cairn does not do: stressors that may end otherwise, with the reason.
NOT_YET = {
    "aiol": "no io_setup: programs have other ways not to wait for disks",
    "dir": "a matter of speed: it makes thousands of directories in its time, and asks for each of them again for each that it removes",
    "netlink-proc": "no netlink sockets",
    "netlink-task": "no netlink sockets",
    "numa": "one node of memory, of which /sys does not tell",
    "physpage": "no /proc/self/pagemap",
    "sem-sysv": "no System V semaphores",
    "swap": "no memory on disks",
    "vm-segv": "no ptrace",
    "xattr": "no extended attributes on ext2",
}

HEAD = """
## stress-ng

`make stress` has each stressor of these classes run a while on Cairn and under Debian's kernel.

| class | stressors | end well on Linux | end well on Cairn |
| --- | ---: | ---: | ---: |
"""


def run(name, function):
    """What a run prints, kept for the page."""
    text = function(paths.LOGS / f"stress.{name}.log")
    if END not in text:
        raise qemu.QemuError(f"{name}'s stressors have not ended well:\n{text[-2000:]}")
    lines = [line.removeprefix("stress: ") for line in text.splitlines() if line.startswith("stress: ")]
    return "\n".join(lines) + "\n"


def ends(text):
    """{(class, stressor): status} of what a run has printed."""
    return {(kind, name): int(status) for kind, name, status in STATUS.findall(text)}


def lines_of(text, kind, name):
    """What a run has printed of a stressor."""
    return [line for line in text.splitlines() if line.startswith((f"{kind} {name} ", f"{kind} {name}: "))]


def differences(linux, ours):
    """The stressors that end well on Linux alone, or leave processes behind here alone: {name: its lines on Cairn}."""
    here, leaves = ends(ours), " leaves processes"
    return {name: lines_of(ours, kind, name) for (kind, name), status in ends(linux).items()
            if (status == 0 and here.get((kind, name)) != 0)
            or (f"{kind} {name}{leaves}" in ours and f"{kind} {name}{leaves}" not in linux)}


def page_part():
    """What docs/programs.md says of them; nothing if they have not run."""
    if not all(file.exists() for file in KEPT.values()):
        return ""
    linux, ours = (file.read_text() for file in KEPT.values())
    text = HEAD
    for kind in CLASSES:
        counts = [[status for (of, _), status in ends(each).items() if of == kind] for each in (linux, ours)]
        text += f"| {kind} | {len(counts[0])} | {counts[0].count(0)} | {counts[1].count(0)} |\n"
    text += "\nThese end well on Linux alone:\n\n"
    return text + "".join(f"- `{name}`: {NOT_YET.get(name, 'not known')}\n" for name in sorted(differences(linux, ours)))


def main(arguments):
    """Runs and compares; 1 when a stressor fails on Cairn alone, and nobody knows why."""
    with tempfile.TemporaryDirectory(prefix="cairn-stress-") as folder:
        disk, words = Path(folder) / "disk", Path(folder) / "stressors"
        words.write_text("\n".join(arguments[1:] or CLASSES) + "\n")
        both.make_disk(disk, [SCRIPT, words])
        options = [*OPTIONS, *both.drive(disk)]
        try:
            ours = run("Cairn", lambda log: both.on_cairn(SCRIPT.name, options, log, LIMIT, END))
            linux = run("Linux", lambda log: both.on_linux(arguments[0], SCRIPT.name, options, log, LIMIT))
        except (qemu.QemuError, AssertionError) as error:
            print(f"stress: {error}", file=sys.stderr)
            return 1
    if not arguments[1:]:
        KEPT["Linux"].write_text(linux)
        KEPT["Cairn"].write_text(ours)
    found = differences(linux, ours)
    for name, lines in found.items():
        print(f"stress: {name}: {NOT_YET.get(name, 'FAILED')}")
        print("".join(f"    {line}\n" for line in lines), end="")
    print(f"stress: {len(ends(linux))} stressors, {len(found)} end well on Linux alone")
    return bool(found.keys() - NOT_YET.keys())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
