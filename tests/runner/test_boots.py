"""Following a run: a fake machine plays the bytes that a real one would send."""

import functools
import sys
import tempfile
import time
import unittest
from pathlib import Path

from runner import boots, cases, host, jobs, ktap, loaded, modes, paths, qemu, report, suites
from runner import machine as machines

HEAD = b"[   0.000000] boot: Cairn\r\nKTAP version 1\r\n1..1\r\n  1..1\r\n"
DONE = HEAD + b"  ok 1 a\r\nok 1 s\r\n"


class FakeMachine:
    """Sends its chunks one after the other, then closes, or stays silent for ever."""

    def __init__(self, chunks, silent=False, status=33):
        self.chunks = list(chunks)
        self.silent = silent
        self.status = status
        self.closed = False
        self.time = 0

    def read(self, _):
        """Like Qemu.read; what is waited for passes quickly."""
        if self.chunks:
            return self.chunks.pop(0)
        if self.silent:
            self.time += 1
        else:
            self.closed = True
        return b""

    def guest_time(self):
        """Like Qemu.guest_time."""
        return self.time

    def wait(self, _):
        """Like Qemu.wait."""
        return self.status

    def errors(self):
        """Like Qemu.errors."""
        return ""


class Watch(unittest.TestCase):
    """When a run is ended."""

    def follow(self, machine, limit=0.2, grace=0.1):
        """Follows a machine: the verdict and how long it took."""
        transcript = ktap.Transcript()
        start = time.monotonic()
        ending = boots.watch(machine, transcript, limit, grace)
        verdict = ktap.judge(transcript, ending, ["a"], 33, 35)
        return verdict.kind, time.monotonic() - start

    def test_exit(self):
        """QEMU ends by itself."""
        self.assertEqual(self.follow(FakeMachine([DONE]))[0], ktap.PASSED)

    def test_limit(self):
        """Silence is ended when the guest's clock says so."""
        machine = FakeMachine([HEAD], silent=True)
        self.assertEqual(self.follow(machine, limit=60)[0], ktap.HANG)
        self.assertEqual(machine.time, boots.SILENCE + 1)

    def test_chatter_does_not_prolong(self):
        """A machine that prints for ever has the same limit."""
        chatter = FakeMachine([])
        chatter.read = lambda _: time.sleep(0.01) or b"[   0.1] a: b\r\n"
        self.assertEqual(self.follow(chatter)[0], ktap.HANG)

    def test_panic_ends_soon(self):
        """The report may complete, but the runner does not wait for the limit."""
        machine = FakeMachine([HEAD, b"PANIC: a\r\n", b"  f+0x1\r\n"], silent=True)
        machine.guest_time = lambda: 0
        kind, seconds = self.follow(machine, limit=60)
        self.assertEqual(kind, ktap.PANIC)
        self.assertLess(seconds, 30)

    def test_second_banner_ends_at_once(self):
        """A machine that reboots for ever is not followed through its boots."""
        machine = FakeMachine([HEAD, HEAD], silent=True)
        kind, seconds = self.follow(machine, limit=60)
        self.assertEqual(kind, ktap.TRIPLE_FAULT)
        self.assertLess(seconds, 30)

    def test_no_qemu(self):
        """QEMU is not installed."""
        start = functools.partial(qemu.Qemu, program="/nowhere/qemu")
        verdict = boots.boot_suite("none", ["a"], start)
        self.assertEqual((verdict.kind, verdict.failed), (ktap.NOT_STARTED, 1))

    def test_qemu_refuses(self):
        """QEMU is there but does not want its options."""
        def start(_, log):
            return qemu.Qemu(["-device", "nonsense"], log)
        verdict = boots.boot_suite("none", ["a"], start)
        self.assertEqual(verdict.kind, ktap.NOT_STARTED)
        self.assertIn("nonsense", " ".join(verdict.details))


class GuestTime(unittest.TestCase):
    """What the guest's silence is measured by."""

    def test_turn_of_the_month(self):
        """A second is a second, also from January to February."""
        times = []
        for date in ("2027-01-31T23:59:59", "2027-02-01T00:00:00"):
            log = paths.LOGS / "runner.guest_time.log"
            with qemu.Qemu(["-S", "-rtc", f"base={date},clock=vm"], log) as machine:
                times.append(machine.guest_time())
        self.assertEqual(times[1] - times[0], 1)


class Loaded(unittest.TestCase):
    """Machines as the loader leaves them."""

    def test_kind(self):
        """What the loader does not look at makes no other kind."""
        machine = ["-cdrom", "x.iso", "-machine", "pc"]
        words = qemu.fw_cfg_cmdline("test=heap")
        self.assertEqual(loaded.kind(machine + words + qemu.DEBUG_EXIT), tuple(machine))
        self.assertNotEqual(loaded.kind(machine + ["-device", "qemu-xhci"]), tuple(machine))
        self.assertEqual(loaded.kind(machines.virtio_disk("a")), loaded.kind(machines.virtio_disk("b")))
        self.assertNotEqual(loaded.kind(machines.virtio_disk("a")), loaded.kind(machines.virtio_disk("a", "snapshot=on")))


class Harness(unittest.TestCase):
    """The suites that have to end badly."""

    def test_as_expected(self):
        """Counts as one test, however many it holds."""
        verdict = boots.judge_harness("harness_hang", ktap.HANG, ktap.Verdict(ktap.HANG, 3, 2))
        self.assertEqual((verdict.kind, verdict.passed, verdict.failed), (ktap.PASSED, 1, 0))

    def test_otherwise(self):
        """A panic that is reported as a hang is a failure; so is one that passes."""
        for kind in (ktap.HANG, ktap.PASSED, ktap.NOT_FINISHED):
            verdict = boots.judge_harness("harness_panic", ktap.PANIC, ktap.Verdict(kind, 1, 0))
            self.assertEqual((verdict.passed, verdict.failed), (0, 1))

    def test_unknown(self):
        """A harness suite that is not expected cannot pass."""
        verdict = boots.judge_harness("harness_x", None, ktap.Verdict(ktap.PASSED, 1, 0))
        self.assertEqual((verdict.passed, verdict.failed), (0, 1))


class HostSuites(unittest.TestCase):
    """Suites on standard output."""

    def run_fake(self, script):
        """Runs a stand-in for build/host-tests."""
        return boots.run_host_suite("-c" + script, ["a"], sys.executable)

    def test_passed(self):
        """Exit status 0 and a finished plan."""
        verdict = self.run_fake(f"import sys; sys.stdout.buffer.write({DONE!r})")
        self.assertEqual((verdict.kind, verdict.passed), (ktap.PASSED, 1))

    def test_sanitizer(self):
        """A report on standard error is shown."""
        verdict = self.run_fake(f"import sys; sys.stdout.buffer.write({HEAD!r}); sys.exit('bad')")
        self.assertEqual((verdict.kind, verdict.failed), (ktap.NOT_FINISHED, 1))
        self.assertIn("bad", verdict.details)

    def test_missing_program(self):
        """No program, no success."""
        verdict = boots.run_host_suite("s", ["a"], "/nowhere/host-tests")
        self.assertEqual(verdict.kind, ktap.NOT_STARTED)

    def test_run_once(self):
        """A program that two suites ask for runs once in a run of the tests."""
        with tempfile.TemporaryDirectory(prefix="cairn-once-") as folder:
            program, runs = Path(folder) / "program", Path(folder) / "runs"
            program.write_text(f"#!/bin/sh\necho $1 | tee -a {runs}\n")
            program.chmod(0o755)
            for suites_asked, runs_then in ((["a", "a", "b"], "a\nb\n"), (["a"], "a\nb\na\n")):
                host.forget()
                self.assertEqual([host.run_once(program, suite).output.decode() for suite in suites_asked],
                                 [suite + "\n" for suite in suites_asked])
                self.assertEqual(runs.read_text(), runs_then)


class Choice(unittest.TestCase):
    """What is run, and what is counted."""

    def test_symbols(self):
        """nm's lines, with other symbols between them; the first `__` ends the suite's name."""
        listing = ("ffffffff80112480 r test__heap__grows\n"
                   "ffffffff80112498 r test__heap__frees_all__twice\n"
                   "ffffffff80100000 T kernel_main\n"
                   "ffffffff80100010 t run__heap__grows\n"
                   "00000000000124b0 d test__harness_hang__spins\n")
        self.assertEqual(suites.parse_symbols(listing), {
            "harness_hang": ["spins"], "heap": ["frees_all__twice", "grows"]})

    def test_prefixes(self):
        """With the group or without; a single case chooses the job that holds it."""
        self.assertTrue(jobs.chosen("kernel/heap", []))
        self.assertTrue(jobs.chosen("kernel/heap", ["x", "kernel/h"]))
        self.assertTrue(jobs.chosen("kernel/heap", ["heap"]))
        self.assertTrue(jobs.chosen("e2e/keyboard", ["e2e/keyboard.shift"]))
        self.assertFalse(jobs.chosen("kernel/heap", ["kernel/heap2", "eap", "heap.grows"]))

    def test_unknown_names(self):
        """A name that nothing has chooses nothing: neither a suite nor a single case."""
        for prefix in ("kernel/nix", "kernel/heap.grows", "e2e/boot.nix", "nix", "e2e/nix.log"):
            self.assertEqual(jobs.all_jobs([prefix]), [], prefix)
        self.assertEqual([job.name for job in jobs.all_jobs(["e2e/boot.log"])], ["e2e/boot"])

    def test_modes(self):
        """Suites that are named in a mode exist, so none is forgotten when a suite gets another name."""
        names = {job.name for job in jobs.all_jobs([])}
        self.assertLessEqual({f"kernel/{suite}{mode.suffix}" for mode in modes.MODES
                              for suite in mode.suites}, names)

    def test_runner_error_is_a_failure(self):
        """A bug in the runner does not vanish in a thread."""
        verdict = jobs.run(jobs.Job("x", lambda: 1 // 0))
        self.assertEqual(verdict.failed, 1)

    def test_cases(self):
        """unittest's results are counted one by one; a subtest's failures are one test's."""
        class Sample(unittest.TestCase):
            """Stands for a file in tests/e2e."""

            def test_good(self):
                """Passes."""

            def test_bad(self):
                """Fails in two subtests."""
                for number in (1, 2):
                    with self.subTest(number):
                        self.fail("no")

            def test_worse(self):
                """Fails likewise."""
                self.test_bad()

            @unittest.skip("absent")
            def test_skipped(self):
                """Is neither."""

        names = ("test_good", "test_bad", "test_worse", "test_skipped")
        verdict = cases.run([Sample(name) for name in names])
        self.assertEqual((verdict.passed, verdict.failed), (1, 2))
        self.assertIn("skipped: skipped: absent", verdict.details)

    def test_last_line(self):
        """The sum is the last line; nothing run is a failure."""
        lines = []
        results = report.Report(lines.append)
        self.assertEqual(results.close(), 1)
        results.add("a", ktap.Verdict(ktap.PASSED, 2, 0), 0.5)
        self.assertEqual(results.close(), 0)
        results.add("b", ktap.Verdict(ktap.PANIC, 1, 3, ["PANIC: x"]), 0.5)
        self.assertEqual(results.close(), 1)
        self.assertEqual(lines[-1], "3 passed, 3 failed")
