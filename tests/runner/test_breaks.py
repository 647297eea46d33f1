"""What noticed a break, read off the runner's output; and the list of breaks."""

import sys
import unittest
from pathlib import Path

import breaks
from breaks_list import BREAKS
from runner import jobs, paths

sys.path.insert(0, str(paths.ROOT / "scripts"))

from floors import ROOMS  # noqa: E402  (the path has to be set first)

GOOD = "ok   host/utf8                        passed (3 passed), 0.0 s\n"
SUM = "3 passed, 1 failed\n"


class FirstFailure(unittest.TestCase):
    """The name that goes into docs/breaks.md."""

    def test_a_test(self):
        """The first test that failed, by its name."""
        output = (GOOD + "FAIL kernel/heap                      failed (9 passed, 1 failed), 0.4 s\n"
                  "        not ok 4 frees_all\n            tests/kernel/heap.c:10: no\n"
                  "        not ok 5 grows\n" + SUM)
        self.assertEqual(breaks.first_failure(output), "kernel/heap: frees_all")

    def test_a_suite_that_did_not_end(self):
        """How it ended and how far it came, not the name of another suite's test."""
        output = ("FAIL host/allocators                  plan not finished (7 passed, 3 failed), 0.1 s\n"
                  "        exit status 1\n        after test 7 of 10, grows\n" + GOOD +
                  "FAIL host/heap                        failed (2 passed, 1 failed), 0.1 s\n"
                  "        not ok 1 merges\n" + SUM)
        self.assertEqual(breaks.first_failure(output), "host/allocators: plan not finished after test 7 of 10, grows")

    def test_nothing(self):
        """No failure has no name."""
        self.assertEqual(breaks.first_failure(GOOD + "3 passed, 0 failed\n"), "")


class List(unittest.TestCase):
    """tests/breaks_list.py against the tree as it is."""

    def test_can_be_made(self):
        """Each edit has its text in the file, once, and its suites exist."""
        for item in BREAKS:
            with self.subTest(item.what):
                self.assertEqual((paths.ROOT / item.file).read_text().count(item.before), 1)
                self.assertNotEqual(item.before, item.after)
                for prefix in item.tests.split():
                    program = prefix.removeprefix("cairn/")
                    self.assertTrue(program in paths.user_tests() if program != prefix else jobs.all_jobs([prefix]), prefix)

    def test_every_room(self):
        """C and NASM, and each directory with a kernel's source in it."""
        rooms = {str(name.parent) for name in paths.sources() if name.suffix in (".c", ".asm")
                 and name.parts[0] in ROOMS}
        broken = {str(Path(item.file).parent) for item in BREAKS}
        self.assertLessEqual(rooms - {"kernel", "kernel/bench", "drivers/layouts"}, broken)
        self.assertLessEqual({".c", ".asm"}, {Path(item.file).suffix for item in BREAKS})
        self.assertGreaterEqual(len(BREAKS), 40)
