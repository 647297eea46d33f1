#!/usr/bin/env python3
"""Runs the kernel for long, on work that a seed chooses.

    tests/soak.py [CALLS [SEED]]            millions of system calls with made-up arguments: one machine after the other
    tests/soak.py minutes MINUTES [SEED]    commands, programs that fault, hot-plug and work on disks at once, on one machine

Ends with the first failure, and says how it comes again. The second writes docs/evidence.md's part about it.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import fuzzer, pages, paths, qemu, soaking  # noqa: E402  (the path has to be set first)
from runner.shell import ShellMachine  # noqa: E402

CALLS = 10_000_000


def run(seed):
    """Runs one machine of the call fuzzer to its end; what it has found."""
    log = paths.LOGS / f"soak.{seed}.log"
    with ShellMachine(log, options=fuzzer.options(seed, fuzzer.CALLS)) as machine:
        try:
            return fuzzer.verdict(machine)
        except AssertionError as error:
            return str(error)


def soak_calls(calls, first):
    """Runs as many machines as it takes; 1 when one has found something."""
    start = time.monotonic()
    for seed in range(first, first + -(-calls // fuzzer.CALLS)):
        found = run(seed)
        if found:
            print(f"{found}\nseed {seed}: see build/test-logs/soak.{seed}.log; again: make soak CALLS=1 SEED={seed}")
            return 1
        print(f"seed {seed}: {(seed - first + 1) * fuzzer.CALLS:,} calls, {time.monotonic() - start:.0f} s", flush=True)
    return 0


def soak_minutes(minutes, seed):
    """Runs one machine for this many minutes; 1 when something was wrong."""
    with tempfile.TemporaryDirectory(prefix="cairn-soak-") as folder:
        disks = soaking.make_disks(Path(folder))
        try:
            with ShellMachine(paths.LOGS / f"soak-minutes.{seed}.log", options=soaking.options(disks)) as machine:
                counts = soaking.soak(machine, random.Random(seed), 60 * minutes)
            wrong = soaking.check_disks(disks)
        except (AssertionError, qemu.QemuError, subprocess.SubprocessError) as error:
            wrong, counts = str(error), {}
    if wrong:
        print(f"{wrong}\nseed {seed}: see build/test-logs/soak-minutes.{seed}.log")
        return 1
    total = sum(counts.values())
    print(f"{minutes:g} minutes, {total} actions: clean")
    pages.write(paths.ROOT / "docs" / "evidence.md", "soak",
                [f"{minutes:g} minutes with seed {seed}, {total} actions, clean:", "", "| action | times |", "| --- | ---: |",
                 *(f"| {name} | {count} |" for name, count in sorted(counts.items()))])
    return 0


def main(words):
    """One of the two."""
    if words[:1] == ["minutes"]:
        return soak_minutes(float(words[1]), int(words[2]) if len(words) > 2 else 1)
    return soak_calls(int(words[0]) if words else CALLS, int(words[1]) if len(words) > 1 else 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
