#!/usr/bin/env python3
"""Changes the kernel in many places, one small change at a time, and counts how many of them a test notices.

    tests/mutants.py [COUNT [SEED]]    tries the first COUNT of PLACES places that are drawn with a seed; writes docs/evidence.md

Lines are drawn from all code of the kernel, and for each line one of the changes that tests/mutations.py knows. A change that
does not compile, or that makes the same program, is drawn anew. Only tests that reach the line are run: the counters that
`make coverage` has kept say which, the quickest ones first. A line that no test reaches is a change that nobody notices. Where
nothing was counted, as in assembly, the suites of UNCOUNTED are run.

What was found is kept in build/mutants/, so that an interrupted run goes on where it was.
"""

import hashlib
import json
import os
import random
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
os.environ.setdefault("BUILD", "build/coverage")

import mutations  # noqa: E402  (the path has to be set first)
from broken_tree import BrokenTree, first_failure  # noqa: E402
from floors import ROOMS  # noqa: E402
from runner import coverage, pages, paths, reach  # noqa: E402

PLACES = 200
PLACE = paths.ROOT / "build" / "mutants"
RESULTS = PLACE / "results.json"
SECONDS = paths.LOGS / "seconds.json"
LEFT_OUT = ("kernel/bench/", "drivers/layouts/")
UNCOUNTED = ["kernel/traps", "kernel/state", "kernel/user_mode", "kernel/threads", "e2e/refusals", "e2e/faults", "e2e/shell.prompt",
             "e2e/shell.the_same"]
AT_ONCE = 6  # tests in one run
MOST = {"host": 40, "kernel": 24, "e2e": 12}  # tests that are run, of each kind
HANG_LIMIT = "150"


def sources():
    """The kernel's files of code, in their order."""
    return sorted(str(name) for name in paths.sources() if name.parts[0] in ROOMS and name.suffix in (".c", ".asm")
                  and not str(name).startswith(LEFT_OUT))


def draw(seed):
    """Changes without end, in an order that the seed decides: one for each line."""
    lines = [some for file in sources() for some in mutations.of_text(file, (paths.ROOT / file).read_text()).values()]
    order = random.Random(seed)
    order.shuffle(lines)
    for some in lines:
        yield order.choice(some)


def objects(tree, file):
    """The bytes of what a file was compiled to."""
    found = [tree.folder / "build" / kind / f"{file}.o" for kind in ("obj", "obj-test", "host")]
    return hashlib.sha256(b"".join(item.read_bytes() for item in found if item.exists())).hexdigest()


def kind(test):
    """The kind of a test: host, kernel or e2e."""
    return test.split("/")[0]


def runs_of(tests):
    """The tests in the order in which they are run, some at a time: those of a kind that take least first."""
    seconds = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
    for of_kind in ("host", "kernel", "e2e"):
        chosen = sorted((test for test in tests if kind(test) == of_kind),
                        key=lambda test: seconds.get(test.partition(".")[0], 60) / (10 if "." in test else 1))[:MOST[of_kind]]
        for start in range(0, len(chosen), AT_ONCE):
            yield chosen[start:start + AT_ONCE]


class Trial:
    """Tries changes in a copy of the tree."""

    def __init__(self):
        self.tree = BrokenTree(PLACE / "tree")
        self.tree.copy(paths.sources())
        self.good = {}  # test: does it pass in the unbroken copy?

    def run_tests(self, tests, **variables):
        """Runs tests; the first that fails, or an empty text."""
        status, output = self.tree.run_tests(tests, BUILD="build", BOOT_LIMIT=HANG_LIMIT, **variables)
        return "" if status == 0 else first_failure(output) or "the build"

    def is_good(self, test):
        """Does a test pass in the unbroken copy?"""
        if test not in self.good:
            self.good[test] = not self.run_tests([test])
        return self.good[test]

    def compile(self, mutation):
        """Does the change compile, and make another program?"""
        text = (paths.ROOT / mutation.file).read_text()
        names = ["host/", "kernel/"]
        status, output = self.tree.build(names)
        if status:
            sys.exit("the unbroken copy does not build:\n" + output[-2000:])
        before = objects(self.tree, mutation.file)
        with self.tree.edited(mutation.file, mutations.apply(text, mutation)):
            status, _ = self.tree.build(names)
            return status == 0 and objects(self.tree, mutation.file) != before

    def notice(self, mutation, tests):
        """The first test that notices the change; an empty text for none."""
        text = mutations.apply((paths.ROOT / mutation.file).read_text(), mutation)
        for some in runs_of(tests):
            some = [test for test in some if self.is_good(test)]
            if not some:
                continue
            with self.tree.edited(mutation.file, text):
                noticed = self.run_tests(some)
            if noticed:
                return noticed
        return ""


def read_results(seed):
    """What is known of a seed's changes."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return known.get(str(seed), [])


def write_results(seed, results):
    """Keeps what is known."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[str(seed)] = results
    PLACE.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(known, indent=1))


# Changes that make no difference, by file, kind and line.
NO_DIFFERENCE = {
    ("kernel/syscall/processes.c", "0 is 1", "if (group < 0)"): "the caller has put a group in place of 0",
}


def why(result):
    """Why a change was not noticed."""
    known = NO_DIFFERENCE.get((result["file"], result["kind"], result["before"].strip()))
    return known or (f"{result['tests']} tests reach it" if result["tests"] else "no test reaches it")


def write_page(results, seed):
    """The part of docs/evidence.md."""
    noticed = sum(bool(result["noticed"]) for result in results)
    rows = [f"{noticed} of {len(results)} were noticed ({100 * noticed / len(results):.0f} %); seed {seed}. Those that were not:", "",
            "| line | change | why |", "| --- | --- | --- |"]
    for result in results:
        if not result["noticed"]:
            change = f"{result['kind']}: `{result['before'].strip()}`".replace("|", "\\|")
            rows.append(f"| `{result['file']}`, line {result['line']} | {change} | {why(result)} |")
    pages.write(paths.ROOT / "docs" / "evidence.md", "mutants", rows)


def main(words):
    """Tries what is not known yet; 1 when less than nine of ten were noticed."""
    count = int(words[0]) if words else PLACES
    seed = int(words[1]) if len(words) > 1 else 1
    results = read_results(seed)
    trial, reached = Trial(), reach.Reach(coverage.runs())
    for number, mutation in enumerate(draw(seed)):
        if len(results) >= count:
            break
        if results and number <= results[-1]["number"]:
            continue
        if not trial.compile(mutation):
            continue
        tests = reached.tests(mutation.file, mutation.line)
        tests = UNCOUNTED if tests is None else tests
        noticed = trial.notice(mutation, tests)
        results.append({**asdict(mutation), "number": number, "tests": len(tests), "noticed": noticed})
        write_results(seed, results)
        print(f"{'ok  ' if noticed else 'MISS'} {mutation.file}:{mutation.line}: {mutation.kind}: {noticed or f'{len(tests)} tests'}",
              flush=True)
    write_page(results, seed)
    noticed = sum(bool(result["noticed"]) for result in results)
    print(f"{noticed} of {len(results)} were noticed")
    return noticed < 0.9 * len(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
