"""The small changes that `make mutants` makes."""

import contextlib
import tempfile
import types
import unittest
from pathlib import Path

import mutants
import mutations
from runner import reach

C = """/* a < b */
enum { SIZE = 3 };

static int least(int a, int b)
{
    const char *text = "a < 1"; /* a + b */
    if (a < b && a != 10) {
        ASSERT(a > 0);
        count(a);
    }
    value = a + b;
    return *text - a;
}
"""

ASM = """label:                     ; a word: 1
    jz .there
    add rax, 8                 ; 3 bytes
.there:
    dq 1
"""


class Changes(unittest.TestCase):
    """Of C and of assembly."""

    def kinds(self, file, text):
        """{line: what may be changed there}."""
        return {line: [change.kind for change in some] for line, some in mutations.of_text(file, text).items()}

    def test_c(self):
        """In functions alone, and neither in comments nor in texts nor in assertions."""
        left_out, opposite = "the statement is left out", "the opposite condition"
        self.assertEqual(self.kinds("a.c", C), {
            7: ["< is <=", "&& is ||", "!= is ==", "10 is 11", "10 is 9", opposite],
            9: [left_out], 11: ["+ is -", left_out], 12: ["- is +"]})

    def test_assembly(self):
        """Instructions, but neither labels nor data."""
        left_out = "the instruction is left out"
        self.assertEqual(self.kinds("a.asm", ASM), {2: ["jz is jnz", left_out], 3: ["add is sub", "8 is 9", "8 is 7", left_out]})

    def test_apply(self):
        """One line differs."""
        change = mutations.of_text("a.c", C)[7][-1]
        changed = mutations.apply(C, change)
        self.assertEqual([line for line in changed.split("\n") if line not in C.split("\n")], ["    if (!(a < b && a != 10)) {"])

    def test_octal(self):
        """A constant stays in its base."""
        text = "void f(void)\n{\n    make(0600, 0x1f, 0);\n}\n"
        kinds = self.kinds("a.c", text)[3]
        self.assertEqual(kinds, ["0600 is 0601", "0600 is 0577", "0x1f is 0x20", "0x1f is 0x1e", "0 is 1", "the statement is left out"])


class Reached(unittest.TestCase):
    """Which counter stands for a line."""

    def test_line_without_a_counter(self):
        """A statement's further lines, and a table in a function, count like what is above them; a table above all code like what is below."""
        counts = {10: 1, 12: 2, 20: 3}
        self.assertEqual([reach.counted_line(counts, line) for line in (3, 10, 11, 12, 15, 30)], [10, 10, 10, 12, 12, 20])


class Trials(unittest.TestCase):
    """When a change counts as noticed."""

    def trial(self, unchanged, changed):
        """A trial without a tree, in which these tests fail in the unchanged copy, and these in a changed one."""
        trial = mutants.Trial.__new__(mutants.Trial)
        trial.good, trial.failing = {}, unchanged

        @contextlib.contextmanager
        def edited(_file, _text):
            trial.failing = changed
            yield
            trial.failing = unchanged

        trial.tree = types.SimpleNamespace(edited=edited)
        trial.run_tests = lambda tests: next((trial.failing[test] for test in tests if test in trial.failing), "")
        return trial

    def notice(self, unchanged, changed, *tests):
        """What notices a change that these tests reach."""
        return self.trial(unchanged, changed).notice(mutations.Mutation("a.c", 1, "", ";", ""), "", tests)

    def test_noticed(self):
        """By the first test that fails."""
        self.assertEqual(self.notice({}, {"host/b": "host/b: works", "host/c": "host/c: works"}, "host/a", "host/b", "host/c"), "host/b: works")

    def test_not_noticed(self):
        """All pass, or none reaches it."""
        self.assertEqual(self.notice({}, {}, "host/a", "e2e/b.c"), "")
        self.assertEqual(self.notice({}, {}), "")

    def test_fails_anyway(self):
        """A test that fails in the unchanged copy, too, notices nothing, and does not hide another."""
        bad = {"e2e/b.c": "e2e/b: c"}
        self.assertEqual(self.notice(bad, bad, "e2e/b.c"), "")
        self.assertEqual(self.notice(bad, {**bad, "e2e/b.d": "e2e/b: d"}, "e2e/b.c", "e2e/b.d"), "e2e/b: d")


class KeptResults(unittest.TestCase):
    """Which places are tried, and in which order they count."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cairn-mutants-")
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, mutants, "PLACE", mutants.PLACE)
        self.addCleanup(setattr, mutants, "RESULTS", mutants.RESULTS)
        self.addCleanup(setattr, mutants, "draw", mutants.draw)
        mutants.PLACE = Path(folder.name)
        mutants.RESULTS = mutants.PLACE / "results.json"
        mutants.draw = lambda _seed: iter("abcdef")

    def test_order(self):
        """The first places that make a difference count, whichever ends first."""
        results = mutants.Results(1, 2)
        first, second, third = (results.next_place() for _ in range(3))
        self.assertEqual((first, second, third), ((0, "a"), (1, "b"), (2, "c")))
        results.add(2, {"place": "c"})
        results.add(1, None)
        self.assertEqual(results.next_place(), (3, "d"))
        results.add(0, {"place": "a"})
        self.assertIsNone(results.next_place())
        results.add(3, {"place": "d"})
        self.assertEqual(results.tried(), [{"place": "a"}, {"place": "c"}])

    def test_interrupted(self):
        """The next run goes on with what was not tried."""
        results = mutants.Results(1, 3)
        for _ in range(3):
            results.next_place()
        results.add(0, {"place": "a"})
        results.add(2, None)
        results = mutants.Results(1, 3)
        self.assertEqual([results.next_place() for _ in range(2)], [(1, "b"), (3, "d")])
        self.assertEqual(results.tried(), [{"place": "a"}])
