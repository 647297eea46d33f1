#!/usr/bin/env python3
"""Fails when a header declares a function without a contract: a comment right above it, or above the group of declarations,
without a blank line between, that it stands in.
"""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FUNCTION = re.compile(r"^(?!typedef|return|#|enum \w+ \{|struct \w+ \{)[A-Za-z_][\w \t*()]*?\b(\w+)\([^;{}]*\)[\w\s(),\"]*[;{]",
                      re.MULTILINE)


def paragraphs(text):
    """The pieces of a header between blank lines, a comment's own blank lines and a body's not counting."""
    text = COMMENT.sub(lambda match: re.sub(r"\n\s*\n", "\n *\n", match.group()), text)
    piece, depth = [], 0
    for line in text.splitlines():
        depth += line.count("{") - line.count("}")
        if line.strip() or depth:
            piece.append(line)
        else:
            yield "\n".join(piece)
            piece = []
    yield "\n".join(piece)


def functions(piece):
    """The functions that a piece declares or defines."""
    bare = COMMENT.sub("", piece)
    bare = re.sub(r"\{[^{}]*(\{[^{}]*\}[^{}]*)*\}", "{}", bare)
    bare = re.sub(r"^#define.*(\\\n.*)*", "", bare, flags=re.MULTILINE)
    return [match.group(1) for match in FUNCTION.finditer(bare) if match.group(1) != "sizeof"]


def main():
    """Prints each offence; the exit status says whether there was one."""
    offences = []
    for header in sorted([*(TOP / "include").rglob("*.h"), *(TOP / "user").rglob("*.h")]):
        for piece in paragraphs(header.read_text()):
            if not piece.lstrip().startswith("/*"):
                offences += [f"{header.relative_to(TOP)}: {name}() has no contract" for name in functions(piece)]
    for offence in offences:
        print(offence, file=sys.stderr)
    return bool(offences)


if __name__ == "__main__":
    sys.exit(main())
