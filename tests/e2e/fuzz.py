"""The fuzzers, for a short time and from the same seed each time; `make fuzz` runs them longer, from any."""

import shutil
import subprocess
import unittest

from e2e.build import environment
from runner import paths

RUNS = 3000
LIMIT = 900  # seconds; for a machine that is busy with other things


def command(name):
    """How make runs a fuzzer for a moment, in the build directory of these tests."""
    return ["make", "--no-print-directory", f"B={paths.B}", f"{paths.B}/fuzz/{name}.run",
            f"FUZZ_LIMIT=-runs={RUNS} -seed=1", "FUZZ_CORPUS="]


class Fuzz(unittest.TestCase):
    """Each program below tests/fuzz/."""

    @unittest.skipUnless(shutil.which("clang"), "there is no clang")
    def test_a_few_inputs(self):
        """The fuzzer finds nothing."""
        for source in sorted((paths.ROOT / "tests" / "fuzz").glob("*.c")):
            with self.subTest(source.stem):
                done = subprocess.run(command(source.stem),
                                      cwd=paths.ROOT, env=environment(), timeout=LIMIT, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      errors="replace", check=False)
                self.assertEqual(done.returncode, 0, done.stdout[-3000:])
                self.assertRegex(done.stdout, r"Done \d+ runs")
