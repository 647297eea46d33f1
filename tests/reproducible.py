#!/usr/bin/env python3
"""Builds the tree twice from nothing, in folders of different names and depths and at different times, without a compiler's
cache, and compares the built files byte for byte.

    tests/reproducible.py

Writes docs/evidence.md's part about it; exits with 1 when a file differs.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import pages, paths  # noqa: E402  (the path has to be set first)

COMPARED = ("cairn.elf", "cairn-test.elf", "initramfs.cpio", "cairn.iso", "cairn-test.iso")
FOLDERS = ("one", "another folder/further down")
OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "B")


def build(tree):
    """Copies the sources to a folder and builds the images there; {file: its bytes' SHA-256}."""
    paths.copy_sources(tree)
    environment = {name: value for name, value in os.environ.items() if name not in OUTER_MAKE}
    subprocess.run(["make", "-s", f"-j{os.cpu_count()}", *(f"build/{name}" for name in COMPARED if name.endswith(".iso"))],
                   cwd=tree, env={**environment, "CCACHE_DISABLE": "1"}, check=True, stdout=subprocess.DEVNULL)
    return {name: hashlib.sha256((tree / "build" / name).read_bytes()).hexdigest() for name in COMPARED}


def main():
    """Builds, compares and writes the part; the exit status says whether a file differs."""
    with tempfile.TemporaryDirectory(prefix="cairn-reproducible-") as place:
        first, second = (build(Path(place, folder)) for folder in FOLDERS)
    differ = [name for name in COMPARED if first[name] != second[name]]
    for name in COMPARED:
        print(f"{'DIFF' if name in differ else 'same'} {name}: {first[name][:16]} {second[name][:16]}")
    pages.write(paths.ROOT / "docs" / "evidence.md", "reproducible",
                ["| file | both builds |", "| --- | --- |",
                 *(f"| `{name}` | {'**differ**' if name in differ else 'the same bytes'} |" for name in COMPARED)])
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
