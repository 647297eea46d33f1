"""A root on a disk: `root=` on the command line."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from runner import debian, qemu
from runner.machine import MachineTest
from runner.shell import ShellMachine

BUSYBOX = next((path for path in ("/bin/busybox", "/usr/bin/busybox") if os.access(path, os.X_OK)), None)
DIRECTORIES = ("bin", "dev", "proc", "sys", "tmp", "run", "root", "var/tmp")


class RootDisk(MachineTest):
    """A machine with a disk that has busybox and little else."""

    MACHINE = ShellMachine

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cairn-root-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

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

    def start(self, words, image):
        """A machine with those words on its command line, and the disk."""
        return self.boot(options=["-boot", "d", "-drive", f"if=virtio,format=raw,file={image}", *qemu.fw_cfg_cmdline(words)])

    def test_it_becomes_the_root(self):
        """The shells run on it; /dev, /proc and /sys are there, and /proc/mounts does not know any other root."""
        machine = self.start("root=/dev/vda rootfstype=ext2 ro", self.disk())
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
            machine = self.start("root=/dev/vda", image)
            self.assertEqual(machine.answer("cat /root/kept 2>/dev/null"), expected)
            self.assertEqual(machine.answer(f"echo {number} >>/root/kept; mount | grep -c '^/dev/vda on / type ext2 (rw'"), ["1"])
            machine.send(b"kill -USR2 1\r")
            machine.wait_output(lambda off=machine: off.closed, "end of QEMU")
            debian.check(image)

    def test_a_disk_that_cannot_be_mounted(self):
        """The error is printed on the console, and the shells of the initramfs run."""
        image = self.folder / "nothing.img"
        image.write_bytes(bytes(1 << 20))
        machine = self.start("root=/dev/vda", image)
        machine.wait_screen(lambda now: "init: /dev/vda: Invalid argument" in now.text())
        self.assertEqual(machine.answer("echo alive; ls /init"), ["alive", "/init"])
