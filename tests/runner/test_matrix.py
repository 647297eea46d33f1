"""The matrix of machines: what it says of one that fails."""

import sys
import unittest

from runner import paths, qemu

sys.path.insert(0, str(paths.ROOT / "tests"))

import matrix  # noqa: E402  (the path has to be set first)


class Dumb:
    """A machine that comes up and answers nothing."""

    reads_com1 = True

    def __init__(self, _log):
        self.process = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def kill(self):
        """What the time limit would do."""

    def wait_ready(self):
        """Is at once."""

    def answer(self, _line):
        """Never the right one."""
        return ["?"]

    def output(self):
        """Its last words."""
        return "cairn: ready\r\ncairn> ?"


def absent(_log):
    """A machine that does not start."""
    raise qemu.QemuError("no such device")


class Matrix(unittest.TestCase):
    """Failing machines and tables."""

    ROWS = [matrix.Row("memory", "16 MiB"), matrix.Row("memory", "1 KiB"), matrix.Row("CPU", "max")]

    def test_wrong_answer(self):
        """It is shown with its last output."""
        why = matrix.run(matrix.Row("a", "b", start=Dumb, typed=matrix.over_com1))
        self.assertEqual(why, ["no answer on COM1", "cairn: ready", "cairn> ?"])

    def test_does_not_start(self):
        """The reason is reported."""
        self.assertEqual(matrix.run(matrix.Row("a", "b", start=absent)), ["no such device"])

    def test_short_table(self):
        """What fails stands apart."""
        self.assertEqual(matrix.short_table(self.ROWS, [True, False, True])[2:], [
            "| memory | 16 MiB |", "| CPU | max |", "| **fails** | memory: 1 KiB |"])

    def test_names_differ(self):
        """Each row can be chosen, and keeps a log of its own."""
        names = [f"{row.axis}: {row.name}" for row in matrix.all_rows()]
        self.assertEqual(len(names), len(set(names)))
