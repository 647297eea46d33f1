"""The image: its size, the entries of its menu, and the media that it can be written to."""

import re
import shutil
import subprocess
import tempfile

from runner import machine as machines
from runner import paths, qemu, suites
from runner.machine import MachineTest

MAX_SIZE = 10 << 20
STICK_SIZE = 64 << 20


def suites_that_come_back():
    """The suites that the menu's entry runs. The harness's own are left out, and so are those that panic,
    which have an array of that name with their expected texts."""
    listing = subprocess.run([paths.tool("nm"), str(paths.TEST_KERNEL)], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    panics = set(re.findall(r"\bpanic__([A-Za-z0-9_]+?)__", listing))
    return [suite for suite in suites.parse_symbols(listing)
            if suite not in panics and not suite.startswith("harness_")]


class Image(MachineTest):
    """build/cairn.iso."""

    WHOLE_BOOT = True

    def test_size(self):
        """The image is not larger than the project promises."""
        self.assertLessEqual(paths.ISO.stat().st_size, MAX_SIZE)

    def test_menu_boots_by_itself(self):
        """Without a key, GRUB boots the first entry after a second."""
        machine = self.boot(entry=None)
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_menu_can_be_walked(self):
        """Down, down and enter choose safe mode. GRUB reads the keyboard through the BIOS, which keeps keys
        that are pressed while GRUB is loaded."""
        machine = self.machine(entry=None)
        machine.wait_screen(lambda now: "safe mode" in now.text())
        for key in ("down", "down", "ret"):
            machine.press(key)
        self.expect_safe_mode(machine.wait_ready())

    def expect_safe_mode(self, machine):
        """In safe mode the heap checks itself."""
        self.assertIn("(debugging)", "\n".join(machine.answer("heap")))

    def test_safe_mode(self):
        """Safe mode, chosen by the SMBIOS string."""
        self.expect_safe_mode(self.boot(entry="safe"))

    def test_framebuffer(self):
        """The framebuffer's entry sets a mode with pixels."""
        machine = self.boot(entry="framebuffer")
        self.assertEqual(machine.answer("echo hello"), ["hello"])
        with tempfile.NamedTemporaryFile(prefix="cairn-screen-") as dump:
            machine.execute("screendump", filename=dump.name)
            self.assertEqual(dump.read(15).split()[:3], [b"P6", b"1024", b"768"])

    def test_tests(self):
        """The kernel's own tests, all in one boot: as many suites as the test kernel has."""
        machine = self.machine(entry="tests", options=[*qemu.fw_cfg_cmdline("panic=exit"), *qemu.DEBUG_EXIT])
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        count = len(suites_that_come_back())
        last_lines = machine.output()[-200:]
        self.assertIn(f"tests: {count} suites passed, 0 failed", last_lines)
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), qemu.SUCCESS)

    def expect_boot(self, media, options=()):
        """Boots from a medium, and the monitor answers."""
        machine = self.boot(media=media, options=options)
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_hard_disk(self):
        """The image as it is, as a hard disk."""
        self.expect_boot(["-drive", f"format=raw,snapshot=on,file={paths.ISO}"])

    def test_usb_stick(self):
        """Written by `dd` to a stick that is larger and held other data."""
        with tempfile.NamedTemporaryFile(prefix="cairn-stick-") as stick:
            stick.truncate(STICK_SIZE)
            stick.seek(STICK_SIZE // 2)
            stick.write(b"\xff" * (STICK_SIZE // 2))
            stick.seek(0)
            with open(paths.ISO, "rb") as iso:
                shutil.copyfileobj(iso, stick)
            stick.flush()
            for firmware in ([], machines.ovmf()):
                with self.subTest(firmware):
                    self.expect_boot(machines.usb_stick(stick.name), firmware)
