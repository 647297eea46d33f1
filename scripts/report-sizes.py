#!/usr/bin/env python3
"""Reports the sizes of functions and files, assertions and comments beside what is aimed at. Nothing here fails."""

import re
import statistics
from pathlib import Path

from floors import FLOORS, ROOMS, floor_of

TOP = Path(__file__).resolve().parent.parent
# A function's body begins with a brace in the first column and ends with one: clang-format sees to that.
BODY = re.compile(r"^\{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def sources():
    """The kernel's C files, as {path: text}."""
    return {str(path.relative_to(TOP)): path.read_text() for room in [*ROOMS, "include"] for path in (TOP / room).rglob("*.[ch]")}


def share(part, whole):
    """A part of a whole per hundred, rounded."""
    return round(100 * part / whole)


def by_room(texts):
    """Each room with its files, headers among them, and their lines: all, and those of code."""
    for room, floor in enumerate(FLOORS):
        own = [text for path, text in texts.items() if floor_of(path.removeprefix("include/")) == room]
        code = [line for text in own for line in COMMENT.sub("", text).splitlines() if line.strip()]
        yield f"    {floor + '/':18}{len(own):5} files {sum(text.count(chr(10)) for text in own):7} lines {len(code):7} of code"


def main():
    """Prints the table."""
    texts = sources()
    functions = [body.count("\n") for text in texts.values() for body in BODY.findall(text)]
    lines = {path: text.count("\n") for path, text in texts.items()}
    total = sum(lines.values())
    asserts = sum(len(re.findall(r"\b(?:ASSERT|_Static_assert)\(", text)) for text in texts.values())
    comments = sum(match.count("\n") + 1 for text in texts.values() for match in COMMENT.findall(text))
    long_files = sorted(path for path, count in lines.items() if count > 400)
    percentile = statistics.quantiles(functions, n=20)[-1]
    print(f"files                 {len(lines)}, {total} lines, {share(comments, total)} % of them comments")
    print(f"functions             {len(functions)}, median {statistics.median(functions):g} lines (aim: 12 at most), "
          f"95th percentile {percentile:g} (45)")
    print(f"files over 400 lines  {', '.join(long_files) or 'none'} (none)")
    print(f"assertions            {1000 * asserts / total:.1f} per 1,000 lines (12 or more)")
    print("C by room:")
    print("\n".join(by_room(texts)))


if __name__ == "__main__":
    main()
