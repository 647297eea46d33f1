"""Reading KTAP out of a log, and saying what happened.

Pure logic: bytes in, a verdict out, so that the runner's own tests can play back any log. The
rule behind it: a run counts as passed only when everything that should have been said was said.
Silence, a crash and a hang all look alike from afar, so each has a verdict of its own.
"""

import re
from dataclasses import dataclass, field

PASSED = "passed"
FAILED = "failed"
PANIC = "panic"
TRIPLE_FAULT = "triple fault"
HANG = "hang"
NOT_FINISHED = "plan not finished"
WRONG_STATUS = "wrong exit status"
WRONG_PANIC = "not the panic that was expected"
WRONG_PLAN = "plan does not match the ELF file"
NO_KTAP = "no KTAP"
NOT_STARTED = "could not start"

# The log may be mixed in between KTAP lines, but never into one: each is printed whole.
RESULT = re.compile(r"^(?P<indent> *)(?P<not>not )?ok (?P<number>\d+)(?: -)? (?P<name>\S+)\s*$")
PLAN = re.compile(r"^(?P<indent> *)1\.\.(?P<count>\d+)\s*$")
NOTE = re.compile(r"^ +# (?!Subtest:)(?P<text>.*)$")
VERSION = re.compile(r"^ *KTAP version 1\s*$")
BANNER = re.compile(r"\[ *\d+\.\d+\] boot: Cairn")
PANIC_LINE = re.compile(r"^PANIC: ")
# A test that has to end in a panic says so before it begins: TEST_PANIC in tests/test.h.
EXPECT = re.compile(r"^ +# expect-(?P<what>panic|backtrace): (?P<text>.*)$")


@dataclass
class Case:
    """One finished test, with the lines in which it said why it failed."""

    number: int
    name: str
    passed: bool
    notes: list


@dataclass
class Verdict:
    """What became of a suite, and the lines that show it."""

    kind: str
    passed: int
    failed: int
    details: list = field(default_factory=list)


class Transcript:
    """What a log has said so far; fed with bytes as they come."""

    def __init__(self):
        self.lines = []
        self.ktap = False
        self.plan = None
        self.cases = []
        self.suite = None
        self.banners = 0
        self.panic_at = None
        self.expects_panic = False
        self.report_patterns = []  # of lines that the report has to contain
        self._rest = b""
        self._notes = []

    def feed(self, data):
        """Takes bytes; a line counts once its end has come."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._feed_line(line)

    def close(self):
        """No more bytes will come: what is left is the last line, cut short."""
        if self._rest:
            self._feed_line(self._rest)
        self._rest = b""

    @property
    def panicked(self):
        """Has the system under test said that it panics?"""
        return self.panic_at is not None

    def panic_report(self):
        """The lines from the panic to the end of the log."""
        return self.lines[self.panic_at:] if self.panicked else []

    def missing_in_report(self):
        """What was expected of the panic's report and is not there."""
        report = self.panic_report()
        return [pattern.pattern for pattern in self.report_patterns
                if not any(pattern.search(line) for line in report)]

    def _feed_line(self, raw):
        line = raw.decode("utf-8", "replace").rstrip("\r")
        self.lines.append(line)
        if BANNER.search(line):
            self.banners += 1
        if PANIC_LINE.match(line) and not self.panicked:
            self.panic_at = len(self.lines) - 1
        self._feed_ktap(line)

    def _feed_ktap(self, line):
        if VERSION.match(line):
            self.ktap = True
            return
        expected = EXPECT.match(line)
        if expected and not self.panicked:
            self._expect(expected["what"], expected["text"])
            return
        note = NOTE.match(line)
        if note:
            self._notes.append(note["text"])
            return
        plan = PLAN.match(line)
        if plan and plan["indent"]:
            self.plan = int(plan["count"])
            return
        result = RESULT.match(line)
        if result and result["indent"]:
            self._add_case(result)
        elif result:
            self.suite = not result["not"]

    def _expect(self, what, text):
        """A text stands somewhere in a line; a function, in a line of the backtrace, where the
        compiler may have added `.cold` or the like to its name."""
        self.expects_panic = True
        if what == "panic":
            self.report_patterns.append(re.compile(re.escape(text)))
        elif text:
            self.report_patterns.append(re.compile(rf"^    0x[0-9a-f]{{16}} {re.escape(text)}(\.\w+)*\+0x"))

    def _add_case(self, result):
        case = Case(int(result["number"]), result["name"], not result["not"], self._notes)
        self.cases.append(case)
        self._notes = []


@dataclass
class Ending:
    """How the run came to its end: `status` is None when the limit ended it, which is in words."""

    status: int = None
    limit: str = ""
    error: str = ""


def judge(transcript, ending, expected, success, failure):
    """Says what happened. `expected` are the test names that the ELF file holds, in any order;
    `success` and `failure` are the exit statuses that mean so."""
    kind, why = _classify(transcript, ending, expected, success, failure)
    if transcript.expects_panic and kind == PASSED:
        return Verdict(PASSED, len(expected), 0)
    passed = sum(case.passed for case in transcript.cases)
    failed = sum(not case.passed for case in transcript.cases)
    missing = set(expected) - {case.name for case in transcript.cases}
    failed += len(missing)
    if kind != PASSED and failed == 0:
        failed = 1
    return Verdict(kind, passed, failed, why + _failed_cases(transcript))


def _classify(transcript, ending, expected, success, failure):
    """The verdict's kind and its reason: the gravest that fits."""
    if _never_started(transcript, ending, (success, failure)):
        return NOT_STARTED, [ending.error or f"exit status {ending.status} and not a word"]
    if transcript.banners > 1:
        return TRIPLE_FAULT, ["the kernel started a second time", _how_far(transcript)]
    if transcript.expects_panic and transcript.panicked:
        return _classify_expected_panic(transcript, ending, expected, failure)
    if transcript.panicked:
        return PANIC, transcript.panic_report()
    if ending.status is None:
        return HANG, [f"nothing ended it within {ending.limit}", _how_far(transcript)]
    if not transcript.ktap:
        return NO_KTAP, [f"exit status {ending.status}"] + _last_words(transcript, ending)
    if not _finished(transcript):
        why = [f"exit status {ending.status}", _how_far(transcript)]
        return NOT_FINISHED, why + _last_words(transcript, ending)
    return _classify_finished(transcript, ending, expected, success, failure)


def _classify_expected_panic(transcript, ending, expected, failure):
    """The panic has to be the right one, to end the machine, and to be the last test's."""
    missing = transcript.missing_in_report()
    if missing:
        return WRONG_PANIC, [f"no line matches: {pattern}" for pattern in missing] + \
            transcript.panic_report()
    if ending.status != failure:
        return WRONG_STATUS, [f"exit status {ending.status}, expected {failure}, after the panic"]
    if len(transcript.cases) != len(expected) - 1 or transcript.plan != len(expected):
        return WRONG_PLAN, [_how_far(transcript)]
    return (PASSED if all(case.passed for case in transcript.cases) else FAILED), []


def _classify_finished(transcript, ending, expected, success, failure):
    """The kinds that a complete plan leaves."""
    mismatch = _mismatch(transcript, expected)
    if mismatch:
        return WRONG_PLAN, mismatch
    good = all(case.passed for case in transcript.cases)
    wanted = success if good else failure
    if ending.status != wanted or good != transcript.suite:
        said = "passed" if transcript.suite else "failed"
        return WRONG_STATUS, [f"exit status {ending.status}, expected {wanted}; it said: {said}"]
    return (PASSED if good else FAILED), []


def _never_started(transcript, ending, statuses):
    """An emulator that refuses its options exits at once and says nothing on the serial line."""
    return not transcript.lines and ending.status is not None and ending.status not in statuses


def _finished(transcript):
    """Did all planned tests report, and the suite after them?"""
    return transcript.plan == len(transcript.cases) and transcript.suite is not None


def _mismatch(transcript, expected):
    """What the log and the ELF file do not agree about."""
    names = [case.name for case in transcript.cases]
    lines = [f"not reported: {name}" for name in sorted(set(expected) - set(names))]
    lines += [f"not in the ELF file: {name}" for name in sorted(set(names) - set(expected))]
    if not lines and sorted(names) != sorted(expected):
        lines.append("a name is there more than once")
    if [case.number for case in transcript.cases] != list(range(1, len(names) + 1)):
        lines.append("the tests are not numbered 1, 2, 3 …")
    return lines


def _how_far(transcript):
    """After which test it was."""
    if not transcript.cases:
        return "before the first test's result"
    last = transcript.cases[-1]
    return f"after test {last.number} of {transcript.plan}, {last.name}"


def _last_words(transcript, ending):
    """The end of the log and what the program said on its standard error."""
    words = [line for line in transcript.lines if line.strip()][-5:]
    return words + ending.error.splitlines()[:30]


def _failed_cases(transcript):
    """Each failed test with its notes."""
    lines = []
    for case in transcript.cases:
        if not case.passed:
            lines.append(f"not ok {case.number} {case.name}")
            lines += [f"    {note}" for note in case.notes]
    return lines
