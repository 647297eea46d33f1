#!/usr/bin/env python3
"""Counts what Debian's programs cost in the kernel, on Linux and on Cairn, in the same QEMU and from the same disk, and writes
both into docs/benchmarks.md.

    tests/compare_programs.py VMLINUZ

A plugin (tests/tools/count_modes.c) counts the instructions of the kernel and of programs apart. The commands are in
tests/tools/count_programs.sh. Linux is Debian's kernel with `mitigations=off`. Each command has run twice before it is counted, so
that what it reads is in memory.
"""

import sys
import tempfile
from pathlib import Path

import bench
from runner import both, paths, qemu

LIMIT = 3600.0  # seconds
# The guest may not let time leap while the disk is busy: Linux gives up a disk that does not answer.
COUNTED = ["-cpu", "qemu64", "-icount", "shift=0,sleep=on,align=off", "-m", "1G"]
SCRIPT = Path(__file__).with_name("tools") / "count_programs.sh"
END = "rows: all"


def rows(text, out):
    """{name: (instructions in the kernel, in programs)} of what the script has printed and the plugin has written."""
    if END not in text or "has failed" in text:
        raise qemu.QemuError(f"the programs have not ended well:\n{text[-2000:]}")
    names = [line.removeprefix("row: ") for line in text.splitlines() if line.startswith("row: ")]
    counts = [tuple(map(int, line.split())) for line in out.read_text().splitlines()]
    return dict(zip(names, counts, strict=True))


def main(arguments):
    """Runs, writes, prints."""
    with tempfile.TemporaryDirectory(prefix="cairn-compare-") as folder:
        disk, out = Path(folder) / "disk", Path(folder) / "counts"
        both.make_disk(disk, [SCRIPT, paths.BUILD / "count-command"])
        options = [*COUNTED, *both.drive(disk), "-plugin", f"{paths.BUILD / 'count-modes.so'},out={out}"]
        try:
            linux = rows(both.on_linux(arguments[0], SCRIPT.name, options, paths.LOGS / "programs.linux.log", LIMIT), out)
            ours = rows(both.on_cairn(SCRIPT.name, options, paths.LOGS / "programs.cairn.log", LIMIT, END), out)
        except (qemu.QemuError, AssertionError) as error:
            print(f"compare: {error}", file=sys.stderr)
            return 1
    figures = {name: (*linux[name], *ours[name]) for name in linux}
    bench.write_programs(figures)
    print("\n".join(bench.program_rows(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
