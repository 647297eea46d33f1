"""Tests of machines with disks: their images, and commands at the shell."""

import random
import tempfile
from pathlib import Path

from runner.machine import virtio_disk
from runner.shell import ShellTest

MIB = 1 << 20


class DiskTest(ShellTest):
    """A machine with a disk."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cairn-disks-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, image, name="vda", *options):
        """A machine with that image as a disk, once the disk is there."""
        machine = self.boot(options=virtio_disk(image, *options))
        machine.wait_disks(name)
        return machine

    def image(self, size):
        """An image of random bytes."""
        image = self.folder / "disk.img"
        image.write_bytes(random.Random(1).randbytes(size))
        return image
