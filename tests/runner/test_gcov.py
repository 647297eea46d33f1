"""The counters that GCC puts into code: reading and writing the files that gcov reads."""

import subprocess
import tempfile
import unittest
from array import array
from pathlib import Path

from runner import gcov

PROGRAM = """
int twice(int value) { return value > 3 ? 2 * value : 0; }
int never(void) { return 1; }
int main(int count, char **words) { (void)words; return twice(count); }
"""


class Counters(unittest.TestCase):
    """On a program of its own."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.path = Path(place.name)
        subprocess.run(["gcc", "-O0", "--coverage", "-x", "c", "-", "-o", "program"], cwd=self.path, check=True, text=True,
                       input=PROGRAM)

    def count(self):
        """Runs the program; the file that it leaves."""
        subprocess.run([self.path / "program"], cwd=self.path, check=False)
        (found,) = self.path.glob("*.gcda")
        return found

    def gcov_lines(self, file):
        """What gcov says of the program's lines: how often each has run."""
        said = subprocess.run(["gcov", "-t", file.name], cwd=self.path, check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout
        return [line.split(":")[0].strip() for line in said.splitlines() if not line.lstrip().startswith("-")]

    def test_read(self):
        """A function that never runs has counters, too."""
        _, functions, values = gcov.read(self.count())
        self.assertEqual(len(functions), 3)
        self.assertEqual(sum(function.count for function in functions), len(values))
        self.assertEqual(sorted(set(values)), [0, 1])

    def test_write(self):
        """What is written is read again, and gcov takes it; counters that were added up stand there."""
        file = self.count()
        once = self.gcov_lines(file)
        head, functions, values = gcov.read(file)
        gcov.write(file, head, functions, array("Q", (5 * value for value in values)))
        self.assertEqual(list(gcov.read(file)[2]), [5 * value for value in values])
        self.assertEqual(self.gcov_lines(file), [count.replace("1", "5") for count in once])
