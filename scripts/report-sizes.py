#!/usr/bin/env python3
"""Reports the sizes of functions and files, assertions and comments beside what is aimed at. Nothing here fails.

    scripts/report-sizes.py            prints them
    scripts/report-sizes.py --write    writes them into docs/evidence.md
"""

import re
import statistics
import sys
from pathlib import Path

from floors import FLOORS, ROOMS, floor_of

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))

from runner import pages  # noqa: E402  (the path has to be set first)

# A function's body begins with a brace in the first column and ends with one: clang-format sees to that.
BODY = re.compile(r"^\{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ASSEMBLY_COMMENT = re.compile(r"(^|\s);.*")


def sources():
    """The kernel's C files, as {path: text}."""
    return {str(path.relative_to(TOP)): path.read_text() for room in [*ROOMS, "include"] for path in (TOP / room).rglob("*.[ch]")}


def share(part, whole):
    """A part of a whole per hundred, rounded."""
    return round(100 * part / whole)


def by_room(texts):
    """Each room with its files, headers and assembly among them, and their lines: all, and those of code."""
    yield from ("| room | files | lines | of code |", "| --- | ---: | ---: | ---: |")
    assembly = {str(path.relative_to(TOP)): path.read_text() for room in ROOMS for path in (TOP / room).rglob("*.asm")}
    bare = {path: COMMENT.sub("", text) for path, text in texts.items()} | \
        {path: ASSEMBLY_COMMENT.sub("", text) for path, text in assembly.items()}
    whole = texts | assembly
    rooms = [(f"`{floor}/`", [path for path in whole if floor_of(path.removeprefix("include/")) == room])
             for room, floor in enumerate(FLOORS)]
    for name, paths in [*rooms, ("**all**", [path for _, some in rooms for path in some])]:
        code = sum(bool(line.strip()) for path in paths for line in bare[path].splitlines())
        yield f"| {name} | {len(paths)} | {sum(whole[path].count(chr(10)) for path in paths)} | {code} |"


def figures(texts):
    """The figures beside their aims, of C."""
    functions = [body.count("\n") for text in texts.values() for body in BODY.findall(text)]
    lines = {path: text.count("\n") for path, text in texts.items()}
    total = sum(lines.values())
    asserts = sum(len(re.findall(r"\b(?:ASSERT|_Static_assert)\(", text)) for text in texts.values())
    comments = sum(match.count("\n") + 1 for text in texts.values() for match in COMMENT.findall(text))
    long_files = sorted(f"`{path}`" for path, count in lines.items() if count > 400)
    percentile = statistics.quantiles(functions, n=20)[-1]
    yield from ("| in C | figure | aim |", "| --- | --- | --- |",
                f"| files | {len(lines)} with {total} lines, {share(comments, total)} % of them comments | |",
                f"| files over 400 lines | {', '.join(long_files) or 'none'} | none |",
                f"| functions | {len(functions)} | |",
                f"| lines of a function | median {statistics.median(functions):g}, 95th percentile {percentile:g} | 12, 45 |",
                f"| assertions | {1000 * asserts / total:.1f} per 1,000 lines | 12 or more |")


def main(words):
    """Prints or writes the tables."""
    texts = sources()
    tables = [*figures(texts), "", *by_room(texts)]
    if words == ["--write"]:
        pages.write(TOP / "docs" / "evidence.md", "sizes", tables)
    else:
        print("\n".join(tables))


if __name__ == "__main__":
    main(sys.argv[1:])
