#!/usr/bin/env python3
"""Checks the documents against the tree: links and paths lead somewhere, `file:function` names a function of that file, the
steps of a journey follow each other in the code, C code in a fence is complete and compiles, each claim of the README names
a test, and each machine of the matrix and each bench has a row.

    scripts/check-docs.py COMPILER FLAG ... -- COMPILER FLAG ...    the second compiles tests of system calls
"""

import re
import subprocess
import sys
from pathlib import Path

import journeys

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))

import matrix  # noqa: E402  (the path has to be set first)

LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
PATH = re.compile(r"`((?!build/|~?/)(?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`")
FUNCTION = re.compile(r"`([\w/.-]+\.(?:c|h|asm|py|sh)):(\w+)(?:\(\))?`")
FENCE = re.compile(r"^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What shows that a file has tests: ours, Python's, libFuzzer's, SPIN's, the matrix's rows, the list of breaks.
IN_A_TEST = r"(?m)^\w*TEST\w*\(|def test_|LLVMFuzzerTestOneInput|proctype|^def all_rows|^BREAKS"
LONGEST_EXAMPLE = 10
KERNEL_FOLDERS, TEST_FOLDERS = ["-Itests/kernel", "-iquote", "user"], ["-iquote", "tests/user"]


def documents():
    """The documents, as {path: text}."""
    files = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")]
    return {file: file.read_text() for file in sorted(files)}


def anchors(text):
    """What a link to a heading can be, as the usual viewers have it."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def dead_links(file, text):
    """Links within the tree that lead nowhere, and paths of files and folders that are not there."""
    for target, anchor in LINK.findall(text):
        page = file.parent / target if target else file
        if not page.exists():
            yield f"the link to {target} leads nowhere"
        elif anchor and anchor not in anchors(page.read_text()):
            yield f"the link to {target}#{anchor} leads to no heading"
    for path in PATH.findall(text):
        if not (TOP / path).exists() and not (TOP / "include" / path).exists():
            yield f"there is no {path}"


def unlisted_options():
    """Options of the kernel that CONTRIBUTING.md does not list."""
    listed = (TOP / "CONTRIBUTING.md").read_text()
    for file in sorted((TOP / "kernel").rglob("*.c")):
        for key in re.findall(r"^OPTION\((\w+)\);", file.read_text(), re.MULTILINE):
            if f"| `{key}=" not in listed:
                yield f"CONTRIBUTING.md: nothing about the option {key}= of {file.relative_to(TOP)}"


def missing_rows():
    """Machines and benches that are missing in the tables, which runs of minutes write."""
    machines, benches = ((TOP / "docs" / name).read_text() for name in ("machines.md", "benchmarks.md"))
    for row in matrix.all_rows():
        if f"| {row.axis} | {row.name} |" not in machines:
            yield f"docs/machines.md: nothing about '{row.axis}: {row.name}'; 'make matrix' writes it anew"
    for file in sorted((TOP / "kernel" / "bench").glob("*.c")):
        for name in re.findall(r'^BENCH\(\w+, "([\w.]+)"\)', file.read_text(), re.MULTILINE):
            if f"| `{name}" not in benches:
                yield f"docs/benchmarks.md: nothing about '{name}'; 'make bench BENCH={name}' adds it"


def claims():
    """The rows of the README's tables that say what shows each claim."""
    is_claim = False
    for line in (TOP / "README.md").read_text().splitlines():
        if line.endswith("| shown by |"):
            is_claim = True
        elif not line.startswith("|"):
            is_claim = False
        elif is_claim and not line.startswith("| ---"):
            yield line


def bare_claims():
    """What the README says that Cairn does without naming a test that shows it, or with a file that has none in it."""
    for row in claims():
        files = [file for file in re.findall(r"\]\((tests/[^)]*)\)", row) if (TOP / file).is_file()]
        if not files:
            yield f"README.md: no test is named for {row.split('|')[1].strip()}"
        yield from (f"README.md: there is no test in {file}" for file in files
                    if re.search(IN_A_TEST, (TOP / file).read_text()) is None)


def unknown_functions(text):
    """Functions that are not defined where the text says."""
    for name, function in FUNCTION.findall(text):
        source = TOP / name
        definition = rf"^(?:[A-Za-z_][\w \t*()]*\b{function}\([^;]*$|{function}:|(?: *)def {function}\()"
        if not source.is_file():
            yield f"there is no file {name}"
        elif not re.search(definition, source.read_text(), re.MULTILINE):
            yield f"{name} has no function {function}"


def bad_examples(text, kernel, tests):
    """Code that does not compile, or is longer than an example should be."""
    for code in FENCE.findall(text):
        lines = [line for line in code.splitlines() if line.strip()]
        if len(lines) > LONGEST_EXAMPLE:
            yield f"an example of {len(lines)} lines, more than {LONGEST_EXAMPLE}: {lines[0]}"
        compiler = [*tests, *TEST_FOLDERS] if '#include "support.h"' in code else [*kernel, *KERNEL_FOLDERS]
        done = subprocess.run([*compiler, "-x", "c", "-fsyntax-only", "-"], cwd=TOP, input=code, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            yield f"an example does not compile: {done.stdout}"


def main(words):
    """Prints each offence; the exit status says whether there was one."""
    kernel, tests = words[:words.index("--")], words[words.index("--") + 1:]
    found = [*missing_rows(), *unlisted_options(), *bare_claims()]
    code = journeys.sources(TOP)
    for file, text in documents().items():
        offences = (*dead_links(file, text), *unknown_functions(text), *journeys.offences(code, text),
                    *bad_examples(text, kernel, tests))
        found += [f"{file.relative_to(TOP)}: {offence}" for offence in offences]
    for offence in found:
        print(offence, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
