#!/usr/bin/env python3
"""Changes the kernel in many places, one small change at a time, and counts how many of them a test notices.

    tests/mutants.py [COUNT [SEED]]    tries the first COUNT of PLACES places that are drawn with a seed; writes docs/evidence.md

Lines are drawn from all code of the kernel, and for each line one of the changes that tests/mutations.py knows. A change that
does not compile, or that makes the same objects, is drawn anew. Only tests that reach the line are run: the counters that
`make coverage` has kept say which, the quickest ones first. A line that no test reaches is a change that nobody notices. Where
nothing was counted, as in assembly, the suites of UNCOUNTED are run. A test that fails has noticed the change only if it passes
in the unchanged copy.

Each processor has a copy of the tree. What was found is kept in build/mutants/, so that an interrupted run goes on where it was,
as long as the kernel does not change.
"""

import json
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from threading import Lock

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

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
STRONGEST = "e2e/shell.the_same_as_on_linux"  # of those at a shell
AT_ONCE = 3  # tests in one run
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


def kind(test):
    """The kind of a test: host, kernel or e2e."""
    return test.split("/")[0]


def runs_of(tests):
    """The tests in the order in which they are run, some at a time: those of a kind that take least first, but STRONGEST before them."""
    seconds = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
    for of_kind in ("host", "kernel", "e2e"):
        chosen = sorted((test for test in tests if kind(test) == of_kind),
                        key=lambda test: test != STRONGEST and seconds.get(test.partition(".")[0], 60) / (10 if "." in test else 1))[:MOST[of_kind]]
        for start in range(0, len(chosen), AT_ONCE):
            yield chosen[start:start + AT_ONCE]


def failing(tests, noticed):
    """Those of the tests that the runner calls so when one of them fails: `e2e/shell: prompt` is e2e/shell.prompt."""
    suite, _, name = noticed.partition(": ")
    return [test for test in tests if test == f"{suite}.{name}"] or [test for test in tests if test.partition(".")[0] == suite]


class Trial:
    """Tries changes in a copy of the tree, one after the other."""

    def __init__(self, number):
        self.tree = BrokenTree(PLACE / f"tree{number}")
        self.tree.copy(paths.sources())
        self.good = {}  # test: does it pass in the unchanged copy?
        status, output = self.tree.build(["host/", "kernel/", "e2e/"])
        if status:
            sys.exit("the unchanged copy does not build:\n" + output[-2000:])

    def run_tests(self, tests):
        """Runs tests; the first that fails, or an empty text."""
        status, output = self.tree.run_tests(tests, BUILD="build", BOOT_LIMIT=HANG_LIMIT)
        return "" if status == 0 else first_failure(output) or "the build"

    def is_good(self, test):
        """Does a test pass in the unchanged copy? A busy machine gets a second chance."""
        if test not in self.good:
            self.good[test] = any(not self.run_tests([test]) for _ in range(2))
        return self.good[test]

    def objects(self, file):
        """Compiles a file for each program that has it; the objects' bytes, or None when it does not compile."""
        found = [Path("build") / kind / f"{file}.o" for kind in ("obj", "obj-test", "host")]
        found = [str(name) for name in found if (self.tree.folder / name).exists()]
        status, _ = self.tree.run("make", *found)
        return None if status else [(self.tree.folder / name).read_bytes() for name in found]

    def makes_a_difference(self, mutation, text):
        """Does the changed text compile, to other objects?"""
        before = self.objects(mutation.file)
        with self.tree.edited(mutation.file, text):
            after = self.objects(mutation.file)
        return after is not None and after != before

    def notice(self, mutation, text, tests):
        """The first test that notices the changed text; an empty text for none."""
        for some in runs_of(tests):
            some = [test for test in some if self.good.get(test, True)]
            while some:
                with self.tree.edited(mutation.file, text):
                    noticed = self.run_tests(some)
                if not noticed or all(map(self.is_good, failing(some, noticed))):
                    break
                some = [test for test in some if self.good.get(test, True)]
            if some and noticed:
                return noticed
        return ""


class Results:
    """What became of the changes of a seed, by their numbers, in a file; None for a change that makes no difference to the compiler."""

    def __init__(self, seed, count):
        self.count = count
        self._seed = str(seed)
        self._places = enumerate(draw(seed))
        self._lock = Lock()
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        self._known = {int(number): result for number, result in known.get(self._seed, {}).items()}

    def tried(self):
        """The first `count` changes that make a difference, as far as they were tried."""
        return [result for _, result in sorted(self._known.items()) if result][:self.count]

    def next_place(self):
        """A place that nobody has tried, (number, change), or None when enough were. Any thread may ask."""
        with self._lock:
            while len(self.tried()) < self.count:
                number, mutation = next(self._places)
                if number not in self._known:
                    return number, mutation
            return None

    def add(self, number, result):
        """Keeps what became of a change. Any thread may say so."""
        with self._lock:
            self._known[number] = result
            PLACE.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps({self._seed: self._known}, indent=1))


# Changes that make no difference, or none that a test should insist on, by file, kind and line.
NO_DIFFERENCE = {
    ("boot/early_error.asm", "the instruction is left out", "out dx, al"): "emulated serial ports run at any speed",
    ("boot/early_error.asm", "the instruction is left out", "jmp .halt"): "only an NMI would bring the processor back from `hlt`",
    ("drivers/block/ahci.c", "1 is 0", "for (unsigned tries = 1; error == ERROR_DEVICE && tries < 3; tries++)"):
        "one more try of a drive that fails each time",
    ("drivers/block/ahci.c", "the opposite condition", "if (error != ERROR_NO_DEVICE && error != ERROR_DEVICE)"):
        "whether a line of the log is written",
    ("drivers/fw_cfg.c", "0 is 1", "for (unsigned i = 0; i < LIMIT; i++) {"): "one try less of a million",
    ("mm/processor.c", "0xff00 is 0xff01", "uint64_t pat = read_msr(MSR_PAT) & ~UINT64_C(0xff00);"):
        "bit 0 is 0 already: entry 0 is 6, write-back",
    ("mm/frame_block.c", "the statement is left out", "list_node_init(&block->node);"): "nothing looks at the node before it is on a list",
    ("fs/ext2/inode.c", "0 is 1", "uint8_t bytes[EXT2_INODE_BYTES] = {0};"): "all of it is read from the disk, or none is used",
    ("fs/fat/super.c", "the statement is left out", "fat->filesystem.is_read_only = true;"):
        "nothing writes before fat_begin_writing() decides it, or mount_add() for a mount that only reads",
    ("fs/page_store.c", "the statement is left out", "*error = OK;"): "the first page is not there, so the loop sets it",
    ("kernel/first_program.c", "- is +", "module->range.end - module->range.start);"): "the archive's own end comes first",
    ("kernel/main.c", "0 is 1", 'info->loader[0] ? info->loader : "a nameless loader");'): "no loader has a name of one letter",
    ("kernel/ticks.c", "3 is 2", "if (local_count_measured && measured > wanted * 3 / 4)"):
        "how far a timer may be off before it is set anew: no machine lies between the two bounds",
    ("kernel/process/user_thread.c", "the statement is left out", "process_timers_check(process_current());"):
        "a thread of niceness -20 then sees its timers only when it gets the processor again, which other work brings about within milliseconds",
    ("kernel/syscall/processes.c", "0 is 1", "if (group < 0)"): "the caller has put a group in place of 0",
    ("mm/address_space.c", ">= is >", "bool is_inside = area->start >= *start && area->end <= end;"):
        "an area that begins where the range does is split at its own borders, which changes nothing",
    ("kernel/task/clock.c", "0 is 1", "struct time_base *next = &bases[current_base == &bases[0]];"):
        "a reader that interrupts the change would see half of it: no test hits that instruction",
    ("kernel/task/clock.c", "0 is 1", "last_reading.refusals = 0;"): "one refusal less before the reference is given up",
    ("kernel/process/vdso.c", ">= is >", "if (index >= PAGES)"): "its mapping asks for no page behind the last",
    ("mm/alternatives/bump.c", ">= is >", "if (block < heap->first || block >= heap->next)"):
        "no header is written there yet, and what is there is none",
    ("kernel/syscall/socket_messages.c", "|= is &=", "flags |= MESSAGE_END_OF_RECORD;"):
        "the line was wrong, for Linux does not set that flag; it is gone",
    ("kernel/syscall/system.c", "0 is 1", "CAD_OFF = 0,"): "the same test would turn off Ctrl+Alt+Del on the build machine",
    ("lib/tree.c", ">= is >", "while (*link && (*link)->priority >= priority) {"):
        "which of two nodes with the same random priority is the upper one",
}


def why(result):
    """Why a change was not noticed."""
    known = NO_DIFFERENCE.get((result["file"], result["kind"], result["before"].strip()))
    return known or (f"{result['tests']} tests reach it" if result["tests"] else "no test reaches it")


def write_page(results, seed):
    """The part of docs/evidence.md."""
    noticed = sum(bool(result["noticed"]) for result in results)
    tried = "" if len(results) >= PLACES else f" Of the {PLACES} places, the first {len(results)} were tried."
    rows = [f"{noticed} of {len(results)} were noticed ({100 * noticed / len(results):.0f} %); seed {seed}.{tried} Those that were not:", "",
            "| line | change | why |", "| --- | --- | --- |"]
    for result in results:
        if not result["noticed"]:
            change = f"{result['kind']}: `{result['before'].strip()}`".replace("|", "\\|")
            rows.append(f"| `{result['file']}`, line {result['line']} | {change} | {why(result)} |")
    pages.write(paths.ROOT / "docs" / "evidence.md", "mutants", rows)


def try_places(trial, results, reached):
    """Tries changes in one copy until enough were tried."""
    while place := results.next_place():
        number, mutation = place
        text = mutations.apply((paths.ROOT / mutation.file).read_text(), mutation)
        if not trial.makes_a_difference(mutation, text):
            results.add(number, None)
            continue
        tests = reached.tests(mutation.file, mutation.line)
        tests = UNCOUNTED if tests is None else tests
        noticed = trial.notice(mutation, text, tests)
        results.add(number, {**asdict(mutation), "tests": len(tests), "noticed": noticed})
        print(f"{'ok  ' if noticed else 'MISS'} {mutation.file}:{mutation.line}: {mutation.kind}: {noticed or f'{len(tests)} tests'}",
              flush=True)


def main(words):
    """Tries what is not known yet; 1 when less than nine of ten were noticed."""
    count = int(words[0]) if words else PLACES
    seed = int(words[1]) if len(words) > 1 else 1
    results = Results(seed, count)
    if len(results.tried()) < count:
        reached = reach.Reach(coverage.runs())
        with ThreadPoolExecutor() as pool:
            trials = list(pool.map(Trial, range(os.cpu_count() or 1)))
            for work in [pool.submit(try_places, trial, results, reached) for trial in trials]:
                work.result()
    tried = results.tried()
    write_page(tried, seed)
    noticed = sum(bool(result["noticed"]) for result in tried)
    print(f"{noticed} of {len(tried)} were noticed")
    return noticed < 0.9 * len(tried)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
