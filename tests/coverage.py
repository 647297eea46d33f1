#!/usr/bin/env python3
"""Runs tests on a build that counts what runs, and reports which lines and branches of the kernel no test reaches.

    tests/coverage.py               a good part of the tests: those of CHOSEN
    tests/coverage.py PREFIX ...    those tests, as tests/run.py takes them; adds them to what earlier runs have counted
    tests/coverage.py --report      no tests: only the report of what was counted

The counters of the kernel's machines and of the host's tests are added up, and gcovr reports on both. The table by room goes to
docs/evidence.md, the report with every line to build/coverage/html/. A branch inside an ASSERT that fails is no branch to test.
"""

import json
import os
import shutil
import subprocess
import sys
from array import array
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from floors import FLOORS, floor_of  # noqa: E402  (the path has to be set first)
from runner import coverage, gcov, pages, paths  # noqa: E402

CHOSEN = ("host/", "kernel/", "e2e/acpi", "e2e/call_fuzzer", "e2e/com1", "e2e/commands", "e2e/damaged_disks", "e2e/debian", "e2e/disks",
          "e2e/faults", "e2e/layouts", "e2e/line_discipline", "e2e/line_editor", "e2e/memory", "e2e/pci", "e2e/proc", "e2e/root_disk",
          "e2e/screens", "e2e/shell", "e2e/sticks", "e2e/terminals", "e2e/usb", "e2e/user")
NO_BRANCH = r".*\b(ASSERT|_Static_assert|PANIC)\("
SUMMARY = paths.BUILD / "summary.json"
EVIDENCE = paths.ROOT / "docs" / "evidence.md"
AIM = {"line": 95, "branch": 85}
MANY = 9  # lines of a file that are worth a row


def run_tests(prefixes):
    """Runs tests with counters; those that fail are told of, and what they ran counts all the same."""
    command = [sys.executable, str(paths.ROOT / "tests" / "run.py"), *prefixes]
    return subprocess.run(command, env={**os.environ, "COVERAGE": "1"}, check=False).returncode


def add_up():
    """The counters of all runs, {file: values}."""
    total = {}
    for _, counters in coverage.runs():
        for name, values in counters.items():
            total[name] = [sum(pair) for pair in zip(total[name], values)] if name in total else values
    return total


def write_counters(total):
    """Writes the files of counters that gcov reads, beside the compiler's notes; those of earlier reports go."""
    for old in paths.BUILD.rglob("*.gcda"):
        old.unlink()
    for name, (head, functions) in coverage.objects().items():
        if name in total:
            gcov.write(Path(name), head, functions, array("Q", total[name]))


def report():
    """Has gcovr write its reports."""
    html = paths.BUILD / "html"
    shutil.rmtree(html, ignore_errors=True)
    html.mkdir()
    rooms = [word for room in sorted({floor.split("/")[0] for floor in FLOORS} | {"include"})
             for word in ("--filter", str(paths.ROOT / room) + "/")]
    subprocess.run(["gcovr", "-r", str(paths.ROOT), *rooms, f"-j{os.cpu_count()}", "--exclude-branches-by-pattern", NO_BRANCH,
                    "--exclude-unreachable-branches", "--exclude", str(paths.ROOT / "kernel/bench") + "/",
                    "--json-summary", str(SUMMARY), "--json", str(paths.BUILD / "lines.json"), "--html-details", str(html / "index.html"), str(paths.BUILD)], cwd=paths.ROOT, check=True,
                   stdout=subprocess.DEVNULL)


SANITIZED = "the build with counters is not built with the sanitizer that calls it; `kernel/fault_ubsan` tests it"
RESTARTS = "the machine starts anew, and its memory with it; `e2e/acpi` and `e2e/commands` test it"
MACHINES = "machines that lack something, which `make matrix` boots"
ON_PURPOSE = "faults on purpose: what stands behind one runs only where the processor or the heap does not notice it"
OUT_OF_MEMORY = "memory that runs out halfway: `user/exhaustion` comes to a part of it"
BROKEN_DEVICES = "devices that do not start, answer or let go: no emulated one does so; `host/disk_controllers` and the fuzzers have such"
MEMORY = "memory that runs out in the midst of a mount, and damage that is rarer than what `e2e/damaged_disks` and `e2e/sticks` make"
RARE_ENTRIES = "damage of directories that is rarer than what `e2e/damaged_disks` makes, and memory that runs out there"
# Why no test here reaches the rest of a file. Where nothing is said, nobody has looked yet.
REASONS = {
    "kernel/log/ubsan.c": SANITIZED,
    "kernel/fault/ubsan_faults.c": SANITIZED,
    "drivers/reset.c": RESTARTS,
    "kernel/monitor/power_commands.c": RESTARTS,
    "kernel/syscall/system.c": RESTARTS,
    "include/kernel/cpu/control.h": "halting for good, and random numbers that the emulator's usual processor does not have",
    "kernel/main.c": MACHINES,
    "kernel/input.c": MACHINES,
    "kernel/fault/exception_faults.c": ON_PURPOSE,
    "kernel/fault/heap_faults.c": ON_PURPOSE,
    "kernel/process/fork.c": OUT_OF_MEMORY,
    "kernel/process/exec.c": OUT_OF_MEMORY,
    "kernel/tty/pty.c": OUT_OF_MEMORY,
    "kernel/first_program.c": OUT_OF_MEMORY,
    "kernel/process/signal_fpu.c": "processors with XSAVE: the emulator's usual one has none",
    "kernel/monitor/memory_commands.c": "the command `translate`: `e2e/framebuffer` and the session of `make docs` use it",
    "kernel/syscall/call_trace.c": "the monitor's command `syscalls`, asked of a thread that is not recorded",
    "kernel/tty/virtual_terminal.c": "requests that only programs for keyboards and consoles make",
    "drivers/block/ahci.c": BROKEN_DEVICES,
    "drivers/block/ide.c": BROKEN_DEVICES,
    "drivers/block/nvme.c": BROKEN_DEVICES,
    "drivers/block/virtio_blk.c": BROKEN_DEVICES,
    "fs/ext2/super.c": MEMORY,
    "fs/fat/super.c": MEMORY,
    "fs/iso9660/super.c": MEMORY,
    "fs/procfs.c": MEMORY,
    "fs/ext2/entries.c": RARE_ENTRIES,
    "fs/ext2/inode.c": RARE_ENTRIES,
    "fs/ext2/names.c": RARE_ENTRIES,
    "fs/fat/directory.c": RARE_ENTRIES,
    "fs/ext2/commit.c": "files with attributes of their own, which Cairn does not make, and that are removed",
    "fs/block_file.c": "disks that fail when their file is closed, and memory that runs out when a disk is found",
    "fs/sysfs.c": "memory that runs out while a directory is filled",
    "kernel/sysfs_sources.c": "devices that the machines of these tests do not have",
    "kernel/syscall/files.c": "memory that runs out in the midst of a call",
    "kernel/syscall/mounts.c": "the propagation of mounts, of which there is none, and the wrong arguments of pivot_root",
    "kernel/syscall/socket_messages.c": "messages of very many parts, and descriptors that run out while a message is received",
    "kernel/syscall/socket_options.c": "options that no test reads back",
    "fs/page_store.c": "memory and disks that fail while a page is read; `host/files` has some of it",
}


def room_of(file):
    """The room of a file, or its folder in include/."""
    floor = floor_of(file.removeprefix("include/"))
    return FLOORS[floor] if floor >= 0 else "include"


def percent(part, whole):
    """A share, as text."""
    return f"{100 * part / whole:.1f}" if whole else "–"


def table(files):
    """The table by room, and the sum."""
    rooms = defaultdict(lambda: [0, 0, 0, 0])
    for file in files:
        for room in (room_of(file["filename"]), "all"):
            for at, key in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
                rooms[room][at] += file[key]
    yield from ("| room | lines | % | branches | % |", "| --- | ---: | ---: | ---: | ---: |")
    for room in [*(floor for floor in FLOORS if floor in rooms), "include", "all"]:
        lines, all_lines, branches, all_branches = rooms[room]
        name = "**all**" if room == "all" else f"`{room}/`"
        yield f"| {name} | {all_lines} | {percent(lines, all_lines)} | {all_branches} | {percent(branches, all_branches)} |"


def gaps(files):
    """The files of which less than the aim is reached, and of which more than a few lines are left, those with the most left first."""
    yield from ("| file | lines not reached | branches not reached | why |", "| --- | ---: | ---: | --- |")
    for file in sorted(files, key=lambda file: file["line_covered"] - file["line_total"]):
        left = {key: file[f"{key}_total"] - file[f"{key}_covered"] for key in AIM}
        if left["line"] > MANY and any(left[key] > file[f"{key}_total"] * (100 - AIM[key]) / 100 for key in AIM):
            yield (f"| `{file['filename']}` | {left['line']} of {file['line_total']} | {left['branch']} of {file['branch_total']} |"
                   f" {REASONS.get(file['filename'], '')} |")


def main(words):
    """Runs, adds up and reports; the exit status says whether a test has failed."""
    status = 0
    if words != ["--report"]:
        if not words:
            shutil.rmtree(coverage.RUNS, ignore_errors=True)
        status = run_tests(words or CHOSEN)
    write_counters(add_up())
    report()
    files = json.loads(SUMMARY.read_text())["files"]
    rows = list(table(files))
    print("\n".join(rows))
    pages.write(EVIDENCE, "coverage", rows)
    pages.write(EVIDENCE, "gaps", list(gaps(files)))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
