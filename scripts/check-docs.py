#!/usr/bin/env python3
"""Holds the documents against the tree: links lead somewhere, `file:function` names a function of that file, the steps of a
journey follow each other in the code, and C code in a fence is complete and compiles. `check-docs.py COMPILER FLAG ...`
"""

import re
import subprocess
import sys
from pathlib import Path

import journeys

TOP = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
FUNCTION = re.compile(r"`([\w/.-]+\.(?:c|h|asm|py|sh)):(\w+)(?:\(\))?`")
FENCE = re.compile(r"^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST_EXAMPLE = 10


def documents():
    """The documents, as {path: text}."""
    files = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")]
    return {file: file.read_text() for file in sorted(files)}


def dead_links(file, text):
    """Links within the tree that lead nowhere."""
    for target in LINK.findall(text):
        if not (file.parent / target).exists():
            yield f"the link to {target} leads nowhere"


def unknown_functions(text):
    """Functions that are not defined where the text says."""
    for name, function in FUNCTION.findall(text):
        source = TOP / name
        definition = rf"^(?:[A-Za-z_][\w \t*()]*\b{function}\([^;]*$|{function}:|(?: *)def {function}\()"
        if not source.is_file():
            yield f"there is no file {name}"
        elif not re.search(definition, source.read_text(), re.MULTILINE):
            yield f"{name} has no function {function}"


def bad_examples(text, compiler):
    """Code that does not compile, or is longer than an example should be."""
    for code in FENCE.findall(text):
        lines = [line for line in code.splitlines() if line.strip()]
        if len(lines) > LONGEST_EXAMPLE:
            yield f"an example of {len(lines)} lines, more than {LONGEST_EXAMPLE}: {lines[0]}"
        done = subprocess.run([*compiler, "-Itests/kernel", "-x", "c", "-fsyntax-only", "-"], cwd=TOP, input=code, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            yield f"an example does not compile: {done.stdout}"


def main(compiler):
    """Prints each offence; the exit status says whether there was one."""
    failed = False
    code = journeys.sources(TOP)
    for file, text in documents().items():
        for offence in (*dead_links(file, text), *unknown_functions(text), *journeys.offences(code, text),
                        *bad_examples(text, compiler)):
            print(f"{file.relative_to(TOP)}: {offence}", file=sys.stderr)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
