#!/usr/bin/env python3
"""Compares what a million operations on files give on Cairn's tmpfs and on this machine's (tests/user/random_files.c).

    tests/random_files.py [STEPS]

Needs the right to mount a tmpfs here. Ends with 1 when the sums of the results differ, and says after how many operations.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import paths, qemu  # noqa: E402  (the path has to be set first)
from runner.shell import ShellMachine  # noqa: E402

STEPS = 1_000_000
LIMIT = 3600  # seconds for either side
NAME = "random_files"
SUM = re.compile(r"# same after (\d+): ([0-9a-f]+)")


def sums_here(steps):
    """{operations: sum} on this machine."""
    done = subprocess.run([str(paths.user_tests()[NAME]), NAME], env={**os.environ, "STEPS": str(steps)}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=LIMIT, check=True)
    return dict(SUM.findall(done.stdout))


def sums_on_cairn(steps):
    """{operations: sum} on Cairn."""
    options = [*qemu.initramfs(paths.USER_TESTS_INITRAMFS), *qemu.DEBUG_EXIT,
               *qemu.fw_cfg_cmdline(f"init=/run-tests panic=exit -- STEPS={steps} {NAME}")]
    with ShellMachine(paths.LOGS / f"{NAME}.log", options=options) as machine:
        machine.wait_output(lambda: machine.closed, "end of QEMU", LIMIT)
        return dict(SUM.findall(machine.output()))


def main(words):
    """1 when the sides differ."""
    steps = int(words[0]) if words else STEPS
    start = time.monotonic()
    here, there = sums_here(steps), sums_on_cairn(steps)
    if not here:
        print(f"{NAME}: this machine does not let us mount a tmpfs")
        return 1
    for count, value in here.items():
        if there.get(count) != value:
            print(f"{NAME}: after {count} operations {value} here, {there.get(count)} on Cairn")
            return 1
    print(f"{NAME}: {steps:,} operations give the same ({value}), {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
