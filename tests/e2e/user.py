"""Programs: the archive that the root is filled with."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from runner import paths

MAKE = paths.ROOT / "scripts" / "make-initramfs.py"


def make_archive(*words):
    """The bytes of an archive."""
    with tempfile.TemporaryDirectory(prefix="cairn-cpio-") as folder:
        out = Path(folder, "out.cpio")
        tree = [word for word in words if word.startswith("--")]
        subprocess.run([sys.executable, str(MAKE), *tree, str(out), *(word for word in words if word not in tree)], check=True)
        return out.read_bytes()


def read_archive(data):
    """The entries of a `newc` archive, as {name: (mode, contents)}, in their order."""
    entries, at = {}, 0
    while True:
        fields = [int(data[start:start + 8], 16) for start in range(at + 6, at + 110, 8)]
        size, name_size = fields[6], fields[11]
        name = data[at + 110:at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return entries
        entries[name] = (fields[1], data[start:start + size])
        at = (start + size + 3) // 4 * 4


class User(unittest.TestCase):
    """What programs find when they start."""

    def test_the_same_files_make_the_same_archive(self):
        """And every folder comes before what lies in it."""
        words = ["b/c/d=" + str(MAKE), "a/", "tmp/", "root/"]
        self.assertEqual(make_archive(*words), make_archive(*reversed(words)))
        entries = read_archive(make_archive(*words))
        self.assertEqual(list(entries), ["a", "b", "b/c", "b/c/d", "root", "tmp"])
        self.assertEqual(entries["b/c/d"], (0o100755, MAKE.read_bytes()))
        self.assertEqual([entries[name][0] for name in ("a", "root", "tmp")], [0o040755, 0o040700, 0o041777])

    def test_the_images_root(self):
        """It has what programs expect: a shell, places to mount at, and who is root."""
        entries = read_archive((paths.BUILD / "initramfs.cpio").read_bytes())
        for name in ("init", "bin/sh", "dev", "proc", "sys", "tmp", "root", "etc/passwd", "etc/group"):
            self.assertIn(name, entries)
        self.assertEqual(entries["etc/nsswitch.conf"][1], b"passwd: files\n")
        self.assertEqual(entries["init"][0], 0o100755)
