#!/usr/bin/env python3
"""Fails when a file includes a header of a floor above its own, or when headers include each other in a circle.

The floors are the rooms of the tree, ground floor first; a file may name its own floor and those below.
"""

import re
import sys
from pathlib import Path

from floors import ROOMS, VOCABULARY, circles, floor_of

TOP = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*<([^>]+)>', re.MULTILINE)


def included(file):
    """The project's headers that a file includes; the compiler's own do not count."""
    names = INCLUDE.findall(file.read_text())
    return [name for name in names if (TOP / "include" / name).is_file()]


def upward_includes(files):
    """Pairs of file and header in which the header is above the file."""
    for path, file in files.items():
        if floor_of(path) != VOCABULARY or file.parent == TOP / "include":
            for name in included(file):
                if floor_of(name) > floor_of(path):
                    yield f"{file.relative_to(TOP)} includes <{name}>, which is a floor above it"


def include_circles(headers):
    """Headers that include each other."""
    for circle in circles({path: included(file) for path, file in headers.items()}):
        yield f"{' -> '.join(circle)}: these headers include each other in a circle"


def main():
    """Prints each offence; the exit status says whether there was one."""
    headers = {str(file.relative_to(TOP / "include")): file for file in (TOP / "include").rglob("*.h")}
    sources = {str(file.relative_to(TOP)): file
               for room in ROOMS for file in (TOP / room).rglob("*.c")}
    offences = [*upward_includes({**headers, **sources}), *include_circles(headers)]
    for offence in offences:
        print(offence, file=sys.stderr)
    return bool(offences)


if __name__ == "__main__":
    sys.exit(main())
