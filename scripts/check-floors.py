#!/usr/bin/env python3
"""Fails when a file includes a header of a floor above its own, or when headers include each other in a circle.

The floors are the rooms of the tree, ground floor first; a file may name its own floor and those below. A program below user/ may
name its own folder and user/lib/; of the kernel's headers, lib/, the vocabulary, and those that SHARED lists, which the kernel and
programs agree on.
"""

import re
import sys
from pathlib import Path

from floors import ROOMS, VOCABULARY, circles, floor_of

TOP = Path(__file__).resolve().parent.parent
OWN_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
SHARED = {"kernel/task/clock_page.h", "kernel/syscall/description.h"}
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


def own_includes(file):
    """The headers of user/ that a program's file includes, as paths below user/."""
    return [name for name in OWN_INCLUDE.findall(file.read_text()) if (TOP / "user" / name).is_file()]


def foreign_includes(files):
    """What a program's file includes and may not."""
    for file in files:
        place = file.parent.relative_to(TOP / "user")
        for name in own_includes(file):
            if Path(name).parent not in (place, Path("lib")):
                yield f"{file.relative_to(TOP)} includes \"{name}\", which is another program's"
        for name in included(file):
            if floor_of(name) > floor_of("lib/") and name not in SHARED:
                yield f"{file.relative_to(TOP)} includes <{name}>, which is the kernel's"


def include_circles(headers):
    """Headers that include each other."""
    for circle in circles({path: included(file) for path, file in headers.items()}):
        yield f"{' -> '.join(circle)}: these headers include each other in a circle"


def main():
    """Prints each offence; the exit status says whether there was one."""
    headers = {str(file.relative_to(TOP / "include")): file for file in (TOP / "include").rglob("*.h")}
    sources = {str(file.relative_to(TOP)): file
               for room in ROOMS for file in (TOP / room).rglob("*.c")}
    programs = sorted(file for kind in ("*.c", "*.h") for file in (TOP / "user").rglob(kind))
    of_programs = circles({str(file.relative_to(TOP / "user")): own_includes(file) for file in programs})
    offences = [*upward_includes({**headers, **sources}), *include_circles(headers), *foreign_includes(programs),
                *(f"{' -> '.join(circle)}: these headers of user/ include each other in a circle" for circle in of_programs)]
    for offence in offences:
        print(offence, file=sys.stderr)
    return bool(offences)


if __name__ == "__main__":
    sys.exit(main())
