"""The runner's verdicts, over logs played back."""

import unittest

from runner import ktap

BANNER = "[   0.000000] boot: Cairn, built from nothing\r\n"
HEAD = BANNER + "KTAP version 1\r\n1..1\r\n  KTAP version 1\r\n  # Subtest: heap\r\n  1..2\r\n"
FIRST = "  ok 1 grows\r\n[   0.120000] heap: a line of the log\r\n"
SECOND = "  ok 2 shrinks\r\n"
BROKEN = "    # tests/kernel/heap.c:7: expected: a\r\n    #   is 1 (0x1)\r\n  not ok 2 shrinks\r\n"
TAIL = "ok 1 heap\r\n"
NAMES = ["grows", "shrinks"]
PANIC = "PANIC: ASSERT(a) (mm/heap.c:12)\r\n    0xffffffff80101234 heap_grow+0x1f\r\n"


def judge(log, status=33, names=None, error=""):
    """The verdict about a log that ended with an exit status (None: at the time limit)."""
    transcript = ktap.Transcript()
    transcript.feed(log.encode())
    transcript.close()
    ending = ktap.Ending(status=status, limit="60 s", error=error)
    return ktap.judge(transcript, ending, NAMES if names is None else names, 33, 35)


class Verdicts(unittest.TestCase):
    """Each way in which a run can end has a verdict of its own."""

    def expect(self, verdict, kind, passed, failed):
        """Compares everything but the details."""
        self.assertEqual((verdict.kind, verdict.passed, verdict.failed), (kind, passed, failed))

    def test_passed(self):
        """Log lines between KTAP lines, and carriage returns, do not disturb."""
        self.expect(judge(HEAD + FIRST + SECOND + TAIL), ktap.PASSED, 2, 0)

    def test_failed_shows_its_notes(self):
        """A failed test is reported with the lines that say why."""
        verdict = judge(HEAD + FIRST + BROKEN + "not " + TAIL, status=35)
        self.expect(verdict, ktap.FAILED, 1, 1)
        self.assertEqual(verdict.details, ["not ok 2 shrinks",
                                           "    tests/kernel/heap.c:7: expected: a",
                                           "      is 1 (0x1)"])

    def test_panic_after_a_result(self):
        """The test that was running, and all after it, count as failed; the report is shown."""
        verdict = judge(HEAD + FIRST + PANIC, status=35)
        self.expect(verdict, ktap.PANIC, 1, 1)
        self.assertEqual(verdict.details, PANIC.splitlines())

    def test_panic_before_everything(self):
        """A panic during boot has no KTAP at all."""
        self.expect(judge(BANNER + PANIC, status=35), ktap.PANIC, 0, 2)

    def test_panic_that_hangs(self):
        """A panic is a panic even when QEMU had to be ended."""
        self.expect(judge(HEAD + PANIC, status=None), ktap.PANIC, 0, 2)

    def test_panic_only_at_the_start_of_a_line(self):
        """A test may talk about panics."""
        log = HEAD + "[   0.1] log: PANIC: not one\r\n" + FIRST + SECOND + TAIL
        self.expect(judge(log), ktap.PASSED, 2, 0)

    def test_expected_panic(self):
        """A panic that its test has announced, with its texts and its backtrace."""
        expect = "    # expect-backtrace: heap_grow\r\n    # expect-panic: ASSERT(a)\r\n"
        self.expect(judge(HEAD + FIRST + expect + PANIC, status=35), ktap.PASSED, 2, 0)
        self.expect(judge(expect + HEAD + PANIC, status=35), ktap.WRONG_PLAN, 0, 2)
        for status in (None, 33, 0):
            verdict = judge(HEAD + FIRST + expect + PANIC, status=status)
            self.expect(verdict, ktap.WRONG_STATUS, 1, 1)

    def test_panic_other_than_expected(self):
        """Another text, another function, or a function outside of the backtrace."""
        for expect in ("panic: ASSERT(b)", "backtrace: heap", "backtrace: a", "panic: KTAP"):
            verdict = judge(HEAD + FIRST + f"    # expect-{expect}\r\n" + PANIC, status=35)
            self.expect(verdict, ktap.WRONG_PANIC, 1, 1)
            self.assertIn("PANIC: ASSERT(a) (mm/heap.c:12)", verdict.details)

    def test_expected_panic_announced_too_late(self):
        """What a report says cannot make it the right one."""
        log = HEAD + FIRST + PANIC + "    # expect-panic: ASSERT(a)\r\n"
        self.expect(judge(log, status=35), ktap.PANIC, 1, 1)

    def test_expected_panic_that_does_not_come(self):
        """The test came back, and another one failed before the panic."""
        expect = "    # expect-panic: ASSERT(a)\r\n"
        log = HEAD + FIRST + expect + BROKEN + "not " + TAIL
        self.expect(judge(log, status=35), ktap.FAILED, 1, 1)
        self.expect(judge(HEAD + FIRST + expect, status=None), ktap.HANG, 1, 1)
        broken = HEAD + "  not ok 1 grows\r\n" + expect + PANIC
        self.expect(judge(broken, status=35), ktap.FAILED, 0, 2)

    def test_triple_fault(self):
        """A second banner is a triple fault, whatever came before and after it."""
        verdict = judge(HEAD + FIRST + BANNER, status=None)
        self.expect(verdict, ktap.TRIPLE_FAULT, 1, 1)
        self.assertIn("after test 1 of 2, grows", verdict.details)
        self.expect(judge(HEAD + FIRST + BANNER + PANIC), ktap.TRIPLE_FAULT, 1, 1)

    def test_hang_says_after_which_test(self):
        """Nothing came before the limit."""
        verdict = judge(HEAD + FIRST, status=None)
        self.expect(verdict, ktap.HANG, 1, 1)
        self.assertIn("after test 1 of 2, grows", verdict.details)

    def test_hang_after_the_last_test(self):
        """All is well but the machine does not end: that is no success."""
        self.expect(judge(HEAD + FIRST + SECOND + TAIL, status=None), ktap.HANG, 2, 1)

    def test_silence_is_a_hang(self):
        """Not even a banner."""
        verdict = judge("", status=None)
        self.expect(verdict, ktap.HANG, 0, 2)
        self.assertIn("before the first test's result", verdict.details)

    def test_plan_not_finished(self):
        """QEMU ended in the middle, even with the status of success."""
        self.expect(judge(HEAD + FIRST), ktap.NOT_FINISHED, 1, 1)
        self.expect(judge(HEAD + FIRST + SECOND), ktap.NOT_FINISHED, 2, 1)
        self.expect(judge(HEAD + FIRST + TAIL), ktap.NOT_FINISHED, 1, 1)

    def test_a_line_cut_short_is_no_result(self):
        """The stream ended inside a name."""
        self.expect(judge(HEAD + FIRST + "  ok 2 shri"), ktap.NOT_FINISHED, 2, 1)

    def test_wrong_status(self):
        """The exit status and the log have to agree, in both directions."""
        self.expect(judge(HEAD + FIRST + SECOND + TAIL, status=0), ktap.WRONG_STATUS, 2, 1)
        self.expect(judge(HEAD + FIRST + SECOND + TAIL, status=35), ktap.WRONG_STATUS, 2, 1)
        self.expect(judge(HEAD + FIRST + BROKEN + "not " + TAIL), ktap.WRONG_STATUS, 1, 1)

    def test_suite_that_contradicts_its_tests(self):
        """`not ok` for the suite although every test passed."""
        self.expect(judge(HEAD + FIRST + SECOND + "not " + TAIL), ktap.WRONG_STATUS, 2, 1)

    def test_plan_against_the_elf_file(self):
        """A test that is not reported, one too many, and one under a wrong name."""
        log = HEAD + FIRST + SECOND + TAIL
        verdict = judge(log, names=["grows", "moves", "shrinks"])
        self.expect(verdict, ktap.WRONG_PLAN, 2, 1)
        self.assertEqual(verdict.details, ["not reported: moves"])
        self.expect(judge(log, names=["grows"]), ktap.WRONG_PLAN, 2, 1)
        self.expect(judge(log, names=["grows", "sinks"]), ktap.WRONG_PLAN, 2, 1)

    def test_numbers_count(self):
        """A result under a wrong number is not the one that was planned."""
        log = HEAD + FIRST + SECOND.replace("2", "3") + TAIL
        self.expect(judge(log), ktap.WRONG_PLAN, 2, 1)

    def test_no_ktap(self):
        """The kernel ended in good order and tested nothing."""
        self.expect(judge(BANNER), ktap.NO_KTAP, 0, 2)

    def test_empty_suite(self):
        """No test is not a success."""
        log = HEAD.replace("1..2", "1..0") + "not " + TAIL
        verdict = judge(log, status=35, names=[])
        self.assertNotEqual(verdict.kind, ktap.PASSED)
        self.assertEqual(verdict.failed, 1)

    def test_not_started(self):
        """QEMU refused its options."""
        verdict = judge("", status=1, error="qemu: no such machine")
        self.expect(verdict, ktap.NOT_STARTED, 0, 2)
        self.assertEqual(verdict.details, ["qemu: no such machine"])

    def test_bytes_in_any_portions(self):
        """What is read depends on the machine's speed; what is understood does not."""
        whole = (HEAD + FIRST + SECOND + TAIL).encode()
        transcript = ktap.Transcript()
        for value in whole:
            transcript.feed(bytes([value]))
        self.assertEqual([case.name for case in transcript.cases], NAMES)
        self.assertTrue(transcript.suite)
