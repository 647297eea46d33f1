"""A root on a disk: `root=` on the command line."""

import os
import re
import shutil
import subprocess
import unittest

from runner import debian, qemu
from runner.disk_test import DiskTest
from runner.machine import virtio_disk

BUSYBOX = next((path for path in ("/bin/busybox", "/usr/bin/busybox") if os.access(path, os.X_OK)), None)
DIRECTORIES = ("bin", "dev", "proc", "sys", "tmp", "run", "root", "var/tmp")


class RootDisk(DiskTest):
    """A machine with a disk that has busybox and little else."""

    def disk(self):
        """Makes the disk."""
        tree, image = self.folder / "tree", self.folder / "disk.img"
        for name in DIRECTORIES:
            (tree / name).mkdir(parents=True)
        shutil.copy(BUSYBOX, tree / "bin" / "busybox")
        for name in ("sh", "ls", "mount", "cat", "echo", "grep", "readlink", "ps"):
            (tree / "bin" / name).symlink_to("busybox")
        (tree / "on-the-disk").write_text("read from the disk\n")
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-d", tree, image, "16M"], check=True, stdout=subprocess.DEVNULL)
        return image

    def start_root(self, words, image):
        """A machine with those words on its command line, and the disk."""
        return self.boot(options=[*virtio_disk(image), *qemu.fw_cfg_cmdline(words)])

    def test_it_becomes_the_root(self):
        """The shells run on it; /dev, /proc and /sys are there, and /proc/mounts does not know any other root."""
        machine = self.start_root("root=/dev/vda rootfstype=ext2 ro", self.disk())
        self.assertEqual(machine.answer("cat /on-the-disk; readlink /proc/1/root; readlink /proc/self/exe"),
                         ["read from the disk", "/", "/bin/busybox"])
        mounts = [line.split() for line in machine.answer("mount")]
        self.assertEqual({line[2]: line[4] for line in mounts},
                         {"/": "ext2", "/dev": "devtmpfs", "/dev/pts": "devpts", "/proc": "proc", "/sys": "sysfs", "/tmp": "tmpfs",
                          "/run": "tmpfs", "/var/tmp": "tmpfs", "/root": "tmpfs"})
        self.assertEqual(machine.answer("echo kept >/tmp/file; cat /tmp/file; ls -1d /dev/vda /dev/pts"), ["kept", "/dev/pts", "/dev/vda"])
        self.assertEqual(machine.answer("echo no 2>&1 >/on-the-disk"), ["sh: can't create /on-the-disk: Read-only file system"])
        self.assertEqual(machine.answer("cd ..; ls -d /disk"), ["ls: /disk: No such file or directory"])

    def test_what_is_written_stays(self):
        """It is there at the next boot, and the disk has no error when the machine is off."""
        image = self.disk()
        for number, expected in enumerate(([], ["1"], ["1", "2"]), 1):
            machine = self.start_root("root=/dev/vda", image)
            self.assertEqual(machine.answer("cat /root/kept 2>/dev/null"), expected)
            self.assertEqual(machine.answer(f"echo {number} >>/root/kept; mount | grep -c '^/dev/vda on / type ext2 (rw'"), ["1"])
            machine.send(b"kill -USR2 1\r")
            machine.wait_output(lambda off=machine: off.closed, "end of QEMU")
            debian.check(image)

    def is_clean(self, image):
        """Has the file system been unmounted?"""
        done = subprocess.run(["dumpe2fs", "-h", image], capture_output=True, text=True, check=True)
        return re.search(r"^Filesystem state: +(.*)$", done.stdout, re.MULTILINE)[1] == "clean"

    @unittest.skipUnless(os.path.exists("/sbin/e2fsck.static"), "no e2fsck-static on the image")
    def test_an_unclean_disk_is_mended(self):
        """After a crash e2fsck makes it clean, and it is writable; what was safe is there."""
        image = self.disk()
        for number, expected in enumerate(([], ["1"], ["1", "2"]), 1):
            machine = self.start_root("root=/dev/vda", image)
            self.assertEqual(machine.answer("cat /root/kept 2>/dev/null"), expected)
            self.assertEqual(machine.answer(f"echo {number} >>/root/kept; sync; mount | grep -c 'vda on / .*(rw'"), ["1"])
            machine.kill()
            self.assertFalse(self.is_clean(image))
        machine = self.start_root("root=/dev/vda", image)
        machine.send(b"kill -USR2 1\r")
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        debian.check(image)
        self.assertTrue(self.is_clean(image))

    def test_a_disk_that_only_a_person_can_mend(self):
        """Two files have one block: e2fsck -p gives up, and the disk stays read-only and as it is."""
        image = self.disk()
        for command in ("write /dev/null /second", "set_inode_field /second block[0] 600", "set_inode_field /on-the-disk block[0] 600",
                        "set_inode_field /second size 100", "set_super_value state 0"):
            subprocess.run(["debugfs", "-w", "-R", command, image], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        machine = self.start_root("root=/dev/vda", image)
        machine.wait_screen(lambda now: "init: /dev/vda is read-only: e2fsck has to mend it" in now.text())
        self.assertEqual(machine.answer("mount | grep -c '^/dev/vda on / type ext2 (ro'"), ["1"])
        self.assertEqual(machine.answer("echo no 2>&1 >/on-the-disk"), ["sh: can't create /on-the-disk: Read-only file system"])

    def test_a_disk_that_cannot_be_mounted(self):
        """The error is printed on the console, and the shells of the initramfs run."""
        image = self.folder / "nothing.img"
        image.write_bytes(bytes(1 << 20))
        machine = self.start_root("root=/dev/vda", image)
        machine.wait_screen(lambda now: "init: /dev/vda: Invalid argument" in now.text())
        self.assertEqual(machine.answer("echo alive; ls /init"), ["alive", "/init"])
