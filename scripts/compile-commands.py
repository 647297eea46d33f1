#!/usr/bin/env python3
"""Writes compile_commands.json, by which clangd and other tools know how each C file is compiled.

    compile-commands.py OUT -- COMPILER FLAG ... -- FILE ... -- COMPILER FLAG ... -- FILE ...

Between dashes: a command, the files that are compiled by it, and so on. A file that has been named already is passed over.
"""

import json
import sys
from pathlib import Path


def groups(words):
    """The lists of words between dashes."""
    group = []
    for word in words:
        if word == "--":
            yield group
            group = []
        else:
            group.append(word)
    yield group


def main(words):
    """Writes the file."""
    (out,), *rest = groups(words)
    entries = {}
    for command, files in zip(rest[::2], rest[1::2]):
        for file in files:
            entries.setdefault(file, {"directory": str(Path.cwd()), "file": file, "arguments": [*command, "-c", file]})
    Path(out).write_text(json.dumps(list(entries.values()), indent=1) + "\n")


if __name__ == "__main__":
    if "--" not in sys.argv:
        sys.exit(__doc__)
    main(sys.argv[1:])
