"""Which tests reach a line of the kernel's code: gcov says it, of the counters of each test alone."""

import json
import shutil
import subprocess
import tempfile
from array import array
from collections import defaultdict
from pathlib import Path

from runner import coverage, gcov


def counted_line(counts, line):
    """The line whose counter stands for a line: its own, or that of the statement or function in which it is, above it."""
    return min(counts, key=lambda other: (other > line, abs(other - line)))


class Reach:
    """The counters of many tests, by the files of counters."""

    def __init__(self, runs):
        self.counters = defaultdict(lambda: defaultdict(list))  # file: {test: [values, ...]}
        for test, counters in runs:
            for name, values in counters.items():
                self.counters[name][test].append(values)
        self.objects = coverage.objects()

    def of_source(self, source):
        """The files of counters of a source: of both kernels, and of the host's tests."""
        return [name for name in self.objects if name.endswith(f"/{source}.gcda")]

    def tests(self, source, line):
        """The tests that reach a line, by their names; None: the source is not compiled with counters."""
        names = self.of_source(source)
        if not names:
            return None
        return sorted({test for name in names for test in self._tests(name, source, line)})

    def _tests(self, name, source, line):
        """The tests that reach a line of one object."""
        for test, some in self.counters[name].items():
            values = array("Q", map(sum, zip(*some)))
            counts = self._counts(name, values, source)
            if counts and counts[counted_line(counts, line)]:
                yield test

    def _counts(self, name, values, source):
        """{line: how often it ran} with these counters."""
        head, functions = self.objects[name]
        with tempfile.TemporaryDirectory(prefix="cairn-gcov-") as folder:
            notes = Path(name).with_suffix(".gcno")
            file = Path(folder) / Path(name).name
            shutil.copy(notes, folder)
            gcov.write(file, head, functions, values)
            said = subprocess.run(["gcov", "--json-format", "--stdout", file.name], cwd=folder, check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        files = json.loads(said)["files"]
        return {line["line_number"]: line["count"] for item in files if item["file"].endswith(source) for line in item["lines"]}
