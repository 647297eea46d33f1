"""`scripts/make-stick.sh`: a stick that boots Cairn and keeps what is written on it."""

import os
import re
import subprocess

from runner import paths
from runner.disk_test import DiskTest

SCRIPT = paths.ROOT / "scripts" / "make-stick.sh"
TOOLS = {**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"}


def at(image, device):
    """The options of a machine that boots from the image."""
    return ["-drive", f"if=none,id=stick,format=raw,file={image}", *(word for option in device for word in ("-device", option))]


AS_STICK = ["qemu-xhci", "usb-storage,drive=stick"]
AS_DISK = ["ide-hd,drive=stick"]


class MakeStick(DiskTest):
    """A stick that is a file here."""

    WHOLE_BOOT = True

    def run_script(self, *arguments, **environment):
        """Runs the script; its status, and what it printed."""
        done = subprocess.run([SCRIPT, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, env={**TOOLS, **environment})
        return done.returncode, done.stdout

    def make(self, kind):
        """A stick with a partition of that kind."""
        stick = self.folder / f"{kind}.img"
        status, said = self.run_script(stick, paths.ISO, SIZE="40M", FORMAT=kind)
        self.assertEqual(status, 0, said)
        self.assertRegex(said, rf"^{stick}: boots Cairn; files are in its last partition \({kind}, 3\d MiB\)\n$")
        return stick

    def partition(self, stick):
        """The last partition as a file of its own."""
        table = subprocess.run(["sfdisk", "--dump", stick], capture_output=True, text=True, check=True, env=TOOLS).stdout
        start, size = max((int(first), int(count)) for first, count in re.findall(r"start= *(\d+), size= *(\d+)", table))
        part = self.folder / "part.img"
        with open(stick, "rb") as image:
            image.seek(start * 512)
            part.write_bytes(image.read(size * 512))
        return part

    def start_from(self, stick, device, kind):
        """A machine that boots from the stick, with the partition mounted as the README says."""
        machine = self.boot(media=at(stick, device))
        machine.wait_disks("sda5")
        self.expect(machine, f"mount -t {kind} /dev/sda5 /mnt && echo mounted", "mounted")
        return machine

    def switch_off(self, machine):
        """As a person does it; the first program ends QEMU."""
        machine.send(b"sync; poweroff\r")
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        machine.kill()  # the image is free then

    def test_what_is_written_stays(self):
        """It is there at the next boot, as a stick and as a disk, and the check of the file system finds nothing."""
        for kind, check in (("ext2", ["e2fsck", "-fn"]), ("vfat", ["fsck.fat", "-n"])):
            stick = self.make(kind)
            notes = []
            for number, device in enumerate((AS_STICK, AS_DISK, AS_STICK)):
                with self.subTest(kind=kind, number=number):
                    machine = self.start_from(stick, device, kind)
                    self.expect(machine, "cat /mnt/d/notes 2>/dev/null", *notes)
                    notes.append(f"note {number}")
                    self.expect(machine, f"mkdir -p /mnt/d; echo {notes[-1]} >>/mnt/d/notes; seq 9999 >/mnt/{number}")
                    self.switch_off(machine)
                    done = subprocess.run([*check, self.partition(stick)], capture_output=True, text=True, check=False, env=TOOLS)
                    self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_cannot_be_made(self):
        """The script says why, and writes nothing."""
        stick = self.folder / "no.img"
        for arguments, environment, reason in (
                ((), {}, "say where to: make-stick.sh /dev/sdX, or the name of a file"),
                ((stick, self.folder / "no.iso"), {}, f"{self.folder}/no.iso is not there: 'make' makes it"),
                ((stick, paths.ISO), {"FORMAT": "ntfs"}, "FORMAT is 'ntfs'; it may be ext2 or vfat"),
                ((stick, paths.ISO), {"SIZE": "8M"}, f"{stick} has no room for a partition beside the image")):
            self.assertEqual(self.run_script(*arguments, **environment), (1, f"make-stick.sh: {reason}\n"))
            self.assertFalse(stick.exists())
