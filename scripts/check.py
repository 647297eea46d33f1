#!/usr/bin/env python3
"""Runs checks one after the other, the quick ones first, and goes on after one that fails: `check.py MAKE TARGET ...`.

What a check prints is shown as it comes. At the end stands each check that has failed, and what to type.
"""

import subprocess
import sys
import time

# What mends the finding, where a command does.
MENDS = {"check-format": "make fmt", "check-figures": "make docs"}


def run(make, target):
    """Runs one check; true when it passes."""
    start = time.monotonic()
    passed = subprocess.run([*make, "--keep-going", "--no-print-directory", target], check=False).returncode == 0
    print(f"{'ok  ' if passed else 'FAIL'} {target}, {time.monotonic() - start:.1f} s", flush=True)
    return passed


def summary(targets, failed):
    """The last lines."""
    if not failed:
        yield f"all {len(targets)} checks passed"
        return
    yield f"{len(failed)} of {len(targets)} checks failed:"
    for target in failed:
        mend = f"; '{MENDS[target]}' mends it" if target in MENDS else ""
        yield f"    make {target}{mend}"


def main(make, targets):
    """Runs all of them; the exit status says whether one has failed."""
    failed = [target for target in targets if not run(make, target)]
    print("\n".join(summary(targets, failed)))
    return bool(failed)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1].split(), sys.argv[2:]))
