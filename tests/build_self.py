#!/usr/bin/env python3
"""Builds Cairn on Cairn: the kernel of this tree, with Debian's GCC and NASM, and compares it with the build machine's.

    tests/build_self.py [FILE]

FILE is what make is to make there and what has been made here, build/cairn.elf if it is not given. Both have to be the same, byte
for byte. It takes long.
"""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import debian, paths  # noqa: E402  (the path has to be set first)

LIMIT = 4 * 3600  # seconds
MEMORY = "2G"


def tree():
    """The tree's files, as git knows them."""
    names = subprocess.run(["git", "ls-files"], cwd=paths.ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout.split("\n")
    return {f"cairn/{name}": paths.ROOT / name for name in names if name and (paths.ROOT / name).is_file()}


def main(words):
    """Builds and compares; 1 when they differ."""
    file = words[0] if words else "build/cairn.elf"
    start = time.monotonic()
    made = debian.run(debian.DISKS / "full.img", tree(), f"make -C cairn {file}", [f"cairn/{file}"], paths.LOGS / "build_self.log",
                      LIMIT, MEMORY)
    here = (paths.BUILD / Path(file).relative_to("build")).read_bytes()
    there = made.get(f"cairn/{file}")
    if there != here:
        print(made["out"].decode("utf-8", "replace")[-4000:])
    print(f"self: {file}: {'the same' if there == here else 'DIFFERENT' if there else 'NOT MADE'}, {len(here)} bytes, "
          f"{time.monotonic() - start:.0f} s")
    return there != here


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
