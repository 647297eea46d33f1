"""Before the first test is run."""

import contextlib
import functools
import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from collections import namedtuple
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from unittest import mock

import run
from runner import cases, jobs, ktap, paths

Usage = namedtuple("Usage", "total used free")


class BuildDirectory(unittest.TestCase):
    """BUILD in the environment."""

    def test_outside_the_tree(self):
        """It may lie anywhere; what is run from there is named so."""
        said = subprocess.run([sys.executable, "-c", "from e2e import fuzz; print(fuzz.paths.ISO, *fuzz.command('font'))"],
                              cwd=paths.ROOT / "tests", env={**os.environ, "BUILD": "/elsewhere/out"}, check=True, text=True,
                              stdout=subprocess.PIPE).stdout.split()
        self.assertEqual(said[0], "/elsewhere/out/cairn.iso")
        self.assertIn("B=/elsewhere/out", said)
        self.assertIn("/elsewhere/out/fuzz/font.run", said)


class Start(unittest.TestCase):
    """What keeps a run from starting is told at once."""

    def start(self, prefixes, free=1 << 40):
        """Starts a run with so many bytes for temporary files; the status, and what it says."""
        said = io.StringIO()
        with mock.patch("shutil.disk_usage", lambda _: Usage(1 << 40, 0, free)), \
                mock.patch("run.run_all", lambda jobs: 0), contextlib.redirect_stderr(said):
            return run.main(prefixes, 1), said.getvalue()

    def test_no_room_for_files(self):
        """A full TMPDIR is named."""
        with mock.patch.dict("os.environ", TMPDIR="/full"):
            status, said = self.start([], free=5 << 20)
        self.assertEqual(status, 1)
        self.assertRegex(said, "in /full, and 5 are free")

    def test_room_for_files(self):
        """Where there is room, nothing is said."""
        self.assertEqual(self.start([]), (0, ""))

    def test_unknown_name(self):
        """A test that does not exist is named."""
        status, said = self.start(["nothing"])
        self.assertEqual(status, 1)
        self.assertIn("no test is called nothing", said)


def run_three_jobs(ends):
    """Runs three jobs, one at a time, of which the first fails and the second runs until all QEMUs are ended; the status, and how
    many have begun."""
    ended, begun = threading.Event(), []

    def job(wait):
        begun.append(1)
        assert not (wait and ends) or ended.wait(60)
        return ktap.Verdict(ktap.FAILED, 0, 1)

    with tempfile.TemporaryDirectory() as folder, mock.patch("run.SECONDS", Path(folder) / "seconds"), \
            mock.patch("runner.cases.FIRST_FAILURE_ENDS", ends), mock.patch("run.qemu.kill_all", ended.set), \
            mock.patch("run.WORKERS", 1), contextlib.redirect_stdout(io.StringIO()):
        return run.run_all([jobs.Job(f"job{i}", functools.partial(job, i > 0)) for i in range(3)]), len(begun)


class FirstFailure(unittest.TestCase):
    """Whoever breaks the kernel asks for no more than the first failure."""

    def failing_cases(self, ends):
        """How many of two cases that fail are run."""
        two = [unittest.FunctionTestCase(lambda: self.fail("as it should")) for _ in range(2)]
        with mock.patch("runner.cases.FIRST_FAILURE_ENDS", ends):
            return cases.run(two).failed

    def test_cases(self):
        """It ends a suite."""
        self.assertEqual([self.failing_cases(ends) for ends in (False, True)], [2, 1])

    def jobs_run(self, ends):
        """How many of three jobs are run. In a process of its own: other tests run in this one, and print."""
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            status, begun = process.submit(run_three_jobs, ends).result()
        self.assertEqual(status, 1)
        return begun

    def test_jobs(self):
        """It ends a run: what has not begun by then does not begin."""
        self.assertEqual(self.jobs_run(False), 3)
        self.assertLess(self.jobs_run(True), 3)
