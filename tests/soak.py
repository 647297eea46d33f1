#!/usr/bin/env python3
"""Makes millions of system calls with made-up arguments: one machine after the other, each with the next seed.

    tests/soak.py [CALLS [SEED]]

Ends with the first failure, and says how it comes again.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import fuzzer, paths  # noqa: E402  (the path has to be set first)
from runner.shell import ShellMachine  # noqa: E402

CALLS = 10_000_000


def run(seed):
    """Runs one machine to its end; what it has found."""
    log = paths.LOGS / f"soak.{seed}.log"
    with ShellMachine(log, options=fuzzer.options(seed, fuzzer.CALLS)) as machine:
        try:
            return fuzzer.verdict(machine)
        except AssertionError as error:
            return str(error)


def main(words):
    """Runs as many machines as it takes; 1 when one has found something."""
    calls = int(words[0]) if words else CALLS
    first = int(words[1]) if len(words) > 1 else 1
    start = time.monotonic()
    for seed in range(first, first + -(-calls // fuzzer.CALLS)):
        found = run(seed)
        if found:
            print(f"{found}\nseed {seed}: see build/test-logs/soak.{seed}.log; again: make soak CALLS=1 SEED={seed}")
            return 1
        print(f"seed {seed}: {(seed - first + 1) * fuzzer.CALLS:,} calls, {time.monotonic() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
