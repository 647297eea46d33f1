#!/usr/bin/env python3
"""Breaks the kernel on purpose, one place at a time, and sees whether a test notices.

    tests/breaks.py            all breaks; writes docs/breaks.md
    tests/breaks.py WORD ...   those whose file has one of the words in its path

Each break is a small edit of a kind that people make. It is made in a copy of the tree below build/breaks/, built, and the
suites that ought to notice are run; each processor has a copy of its own. A break that nothing notices, or that cannot be
made any more because the code has changed, is an error; so is a suite that fails in the unbroken copy, for it would notice
anything. What was noticed is kept in build/breaks/, so that an interrupted run goes on where it was, as long as nothing but
tests and documents changes.
"""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock

from breaks_list import BREAKS
from broken_tree import BrokenTree, first_failure
from runner import paths

PLACE = paths.ROOT / "build" / "breaks"
TREES = [BrokenTree(PLACE / f"tree{number}") for number in range(os.cpu_count() or 1)]
NOTICED = PLACE / "noticed.json"
PAGE = paths.ROOT / "docs" / "breaks.md"

INTRODUCTION = """# Breaks

Written by `make breaks`. Each line is a small edit that breaks the kernel, made one at a time, and what noticed it: the
first test that failed (of the suites that the break names; others may notice as well). The edits themselves are in
[tests/breaks_list.py](../tests/breaks_list.py).

| file | what was broken | what noticed it |
| --- | --- | --- |
"""

HANG_LIMIT = "150"  # seconds for a broken kernel's boot, which often hangs: half of what a whole one gets


@dataclass
class Outcome:
    """What became of a break: the test that noticed it, or what went wrong."""

    noticed: str = ""
    error: str = ""


class Noticed:
    """The breaks that were noticed in this state of the kernel, and by what; kept in a file."""

    def __init__(self, sources):
        state = hashlib.sha256()
        for name in sorted(sources):
            if name.parts[0] not in ("tests", "docs") and name.suffix != ".md":
                state.update((paths.ROOT / name).read_bytes())
        self._state = state.hexdigest()
        kept = json.loads(NOTICED.read_text()) if NOTICED.exists() else {}
        self._noticed = kept.get("noticed", {}) if kept.get("state") == self._state else {}
        self._lock = Lock()

    def get(self, item):
        """What has noticed a break earlier, or None."""
        return self._noticed.get(repr(item))

    def add(self, item, noticed):
        """A break was noticed. Any thread may say so."""
        with self._lock:
            self._noticed[repr(item)] = noticed
            NOTICED.write_text(json.dumps({"state": self._state, "noticed": self._noticed}))


def suites_of(item):
    """The names for tests/run.py, and the variable that chooses programs of tests/user. `cairn/signals` is
    tests/user/signals.c on Cairn, compared with this machine's Linux."""
    names = item.tests.split()
    programs = [name.removeprefix("cairn/") for name in names if name.startswith("cairn/")]
    others = [name for name in names if not name.startswith("cairn/")]
    return others + ["e2e/shell.the_same"] * bool(programs), {"USER_SUITES": " ".join(programs)}


def try_break(item, tree):
    """Makes one break in a copy, runs its suites, and takes the break back."""
    names, variables = suites_of(item)
    text = (paths.ROOT / item.file).read_text()
    if text.count(item.before) != 1:
        return Outcome(error=f"the text to edit is there {text.count(item.before)} times")
    with tree.edited(item.file, text.replace(item.before, item.after)):
        status, output = tree.run_tests(names, BOOT_LIMIT=HANG_LIMIT, **variables)
    if status is None:
        return Outcome(error="does not build: " + output[-600:])
    if status == 0:
        return Outcome(error=f"nothing in {item.tests} has noticed")
    noticed = first_failure(output)
    return Outcome(noticed=noticed) if noticed else Outcome(error="the tests did not run: " + output[-600:])


def outcomes(items, known):
    """Tries breaks, as many at once as there are copies; each with what became of it, in order."""
    free = SimpleQueue()
    for tree in TREES:
        free.put(tree)

    def outcome(item):
        if known.get(item):
            return Outcome(known.get(item))
        tree = free.get()
        try:
            tried = try_break(item, tree)
        finally:
            free.put(tree)
        if tried.noticed:
            known.add(item, tried.noticed)
        return tried

    with ThreadPoolExecutor(len(TREES)) as pool:
        yield from zip(items, pool.map(outcome, items))


def chosen(words):
    """The breaks to try."""
    return [item for item in BREAKS if not words or any(word in item.file for word in words)]


def main(words):
    """Tries the breaks, and writes the page when they were all tried and all noticed."""
    sources = paths.sources()
    for tree in TREES:
        tree.copy(sources)
    known = Noticed(sources)
    suites = {name for item in chosen(words) if not known.get(item) for name in suites_of(item)[0]}
    status, output = TREES[0].run_tests(sorted(suites)) if suites else (0, "")
    if status != 0:
        said = "\n".join(line for line in output.splitlines() if not line.startswith("ok "))
        print("a suite fails though nothing is broken:\n" + said[-3000:])
        return 1
    rows, failed = [], 0
    for item, outcome in outcomes(chosen(words), known):
        print(f"{'ok  ' if outcome.noticed else 'MISS'} {item.file}: {item.what}: {outcome.noticed or outcome.error}",
              flush=True)
        failed += not outcome.noticed
        rows.append(f"| `{item.file}` | {item.what} | {outcome.noticed} |\n")
    print(f"{len(rows) - failed} noticed, {failed} not")
    if not words and not failed:
        PAGE.write_text(INTRODUCTION + "".join(rows))
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
