#!/usr/bin/env python3
"""Checks what the linker knows of the built tree: `check-symbols.py BUILD`. Only objects that the Makefile lists in
BUILD/objects.stamp and BUILD/user-flags.stamp count: what a deleted source has left behind is not read.

Fails when a file names a symbol of a floor above its own, when files name each other's symbols in a circle, when a symbol is
global that no other file names, and when a function or object is in neither of the two kernels, or a global one of user/ is
in no program (dead code).
"""

import subprocess
import sys
from pathlib import Path

from floors import VOCABULARY, circles, floor_of

# What the compiler calls by itself, and what ASSERT calls: declared for all floors, defined where the log is.
HOOKS = {"__stack_chk_fail", "assert_failed"}
# The hand-over from assembly to C goes up: to the first function, and to what GS points at from then on.
HAND_OVER = {("boot/entry.asm", "kernel_main"), ("boot/entry.asm", "boot_cpu")}
# Named by the linker script, and by code that the compiler makes when it sees fit.
ENTRIES = {"multiboot_entry", "trap_stubs", "memcpy", "memmove", "memset", "memcmp", "_start"}
SANITIZER = "__ubsan_handle_"


def listed_objects(build, stamp="objects.stamp"):
    """The objects of today's sources, as the Makefile lists them: {folder of BUILD: [object, ...]}."""
    found = {}
    for word in (build / stamp).read_text().split():
        if word.endswith(".o"):
            item = Path(word)
            found.setdefault(item.relative_to(build).parts[0], []).append(item)
    return found


def symbols(folder, objects):
    """The symbols that each of the objects below `folder` defines for others, and those that it names: {file: set}, twice."""
    files = {str(item): str(item.relative_to(folder).with_suffix("")) for item in objects}
    defined, named = {file: set() for file in files.values()}, {file: set() for file in files.values()}
    listing = subprocess.run(["nm", "--print-file-name", *files], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        item, _, rest = line.partition(":")
        kind, name = rest.split()[-2:]
        if kind == "U":
            named[files[item]].add(name)
        elif kind.isupper():
            defined[files[item]].add(name)
    return defined, named


def references(defined, named):
    """Who names whose symbols: {(file, owner): set of names}."""
    owner = {name: file for file, names in defined.items() for name in names}
    found = {}
    for file, names in named.items():
        for name in names - HOOKS:
            if name in owner and (file, name) not in HAND_OVER:
                found.setdefault((file, owner[name]), set()).add(name)
    return found


def upward(found):
    """References to a floor above."""
    for (file, owner), names in sorted(found.items()):
        if VOCABULARY not in (floor_of(file), floor_of(owner)) and floor_of(owner) > floor_of(file):
            yield f"{file} names {', '.join(sorted(names))} of {owner}, which is a floor above it"


def rings(found):
    """Files that name each other's symbols, directly or through others."""
    direct = {}
    for file, owner in found:
        direct.setdefault(file, set()).add(owner)
    for ring in circles(direct):
        yield f"{' -> '.join(ring)}: these files name each other's symbols in a circle"


def needless_globals(defined, builds):
    """Global symbols that no other file names, in any of the builds."""
    wanted = set(ENTRIES).union(*(names for _, named in builds for names in named.values()))
    for file, names in sorted(defined.items()):
        for name in sorted(names - wanted):
            if not name.startswith(SANITIZER):
                yield f"{file}: {name} is global, but no other file names it"


def thrown_away(build, kernel):
    """The sections that the linker left out of a kernel, as its map file lists them: {(file, section)}."""
    found = set()
    section = None
    for line in (build / f"{kernel}.map").read_text().split("Memory Configuration")[0].splitlines():
        words = line.split()
        if words and words[0].startswith((".text.", ".data.", ".bss.", ".rodata.")):
            section = words[0]
        if section and words and words[-1].endswith(".o"):
            size = int(words[-2], 16) if len(words) > 1 else 0
            file = words[-1].split("/", 2)[-1].removesuffix(".o")
            if size and ".str" not in section:
                found.add((file, section.split(".", 2)[2]))
            section = None
    return found


def dead_code(build):
    """What neither kernel kept."""
    for file, name in sorted(thrown_away(build, "cairn") & thrown_away(build, "cairn-test")):
        if name not in ENTRIES and not name.startswith(SANITIZER):
            yield f"{file}: {name} is in neither kernel"


def programs(build, defined):
    """The programs of user/: for each file with a main(), that program's file with all symbols."""
    for file in (Path(file) for file, names in defined.items() if "main" in names):
        folder = file.parent.name
        yield build / "user" / f"{file.stem if folder in ('user', 'tools') else folder}.debug"


def in_no_program(build):
    """Symbols of user/ that no program contains, and those that are global, but that no other file names."""
    defined, named = symbols(build / "obj-user", listed_objects(build, "user-flags.stamp")["obj-user"])
    own = {file: names for file, names in defined.items() if file.startswith("user/")}
    listing = subprocess.run(["nm", *programs(build, own)], check=True, capture_output=True, text=True).stdout
    linked = {line.split()[-1] for line in listing.splitlines() if line}
    for file, names in sorted(own.items()):
        yield from (f"{file}: {name} is in no program" for name in sorted(names - linked))
    yield from needless_globals({file: names & linked - {"main"} for file, names in own.items()}, [(defined, named)])


def main():
    """Prints each offence; the exit status says whether there was one."""
    build = Path(sys.argv[1])
    listed = listed_objects(build)
    defined, named = symbols(build / "obj", listed["obj"])
    others = [symbols(build / folder, listed[folder]) for folder in ("obj-test", "host")]
    found = references(defined, named)
    offences = [*upward(found), *rings(found), *needless_globals(defined, [(defined, named), *others]),
                *dead_code(build), *in_no_program(build)]
    for offence in offences:
        print(offence, file=sys.stderr)
    return bool(offences)


if __name__ == "__main__":
    sys.exit(main())
