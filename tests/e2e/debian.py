"""Debian's own programs, dynamically linked: a few of those that `make programs` runs. The disk is scripts/make-debian.py's."""

import unittest

from runner import debian, paths

DISK = debian.DISKS / "small.img"
SCRIPTS = paths.ROOT / "tests" / "programs"
QUICK = ("script", "calculators", "text")


@unittest.skipUnless(DISK.exists(), "no disk of Debian's packages: apt-get could not download them")
class Debian(unittest.TestCase):
    """Scripts on a machine whose root is the small disk."""

    maxDiff = None

    def test_the_same_as_on_linux(self):
        """They print what they print on the build machine with the same files."""
        commands = "; ".join(f"bash /tmp/programs/{name}.sh >{name}.out 2>&1; echo status $? >>{name}.out" for name in QUICK)
        left = debian.run(DISK, {"programs": SCRIPTS}, f"bash -c '{commands}'", [f"{name}.out" for name in QUICK],
                          paths.LOGS / (self.id() + ".log"), limit=300)
        for name in QUICK:
            with self.subTest(name):
                expected = debian.on_linux(f"bash /tmp/programs/{name}.sh", DISK.with_suffix(".tree"), SCRIPTS, limit=300)
                self.assertEqual(left[f"{name}.out"].decode().splitlines(), expected.decode().splitlines())
