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

    def test_the_machine_s_devices(self):
        """lsblk, lspci and lsusb find in /sys what QEMU was told to have."""
        devices = ["-device", "qemu-xhci,addr=0x10", "-device", "usb-kbd,port=1", "-device", "usb-hub,port=2", "-device", "usb-mouse,port=2.3"]
        lists = "lsblk -nro NAME,MAJ:MIN,TYPE,RO,MOUNTPOINT; lspci -nk -s 10.0; lspci -D | wc -l; lsusb"
        left = debian.run(DISK, {}, f"bash -c '{lists}'", [], paths.LOGS / (self.id() + ".log"), limit=300, devices=devices)
        found = left["out"].decode().splitlines()
        for line in ("vda 254:0 disk 0 /", "vdb 254:16 disk 1 ", "vdc 254:32 disk 0 ", "00:10.0 0c03: 1b36:000d (rev 01)",
                     "\tKernel driver in use: xhci", "status 0"):
            self.assertIn(line, found)
        self.assertIn("9", found)  # functions: three of the chipset, a screen, a network card, three disks, the controller
        usb = sorted(line.split(" ID ")[1] for line in found if line.startswith("Bus 001 Device "))
        self.assertEqual([line[:9] for line in usb], ["0409:55aa", "0627:0001", "0627:0001", "1d6b:0002"])
