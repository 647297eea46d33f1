"""Machines whose interrupt hardware is left as firmware or an earlier kernel may leave it: GRUB's `memrw` writes to its
registers just before the kernel starts. Interrupts arrive all the same."""

import shutil
import tempfile
from pathlib import Path

from runner import images, qemu
from runner import machine as machines
from runner.machine import MachineTest

MEMRW = "i386-pc/memrw.mod"

GRUB_CFG = """
insmod memrw
multiboot2 /boot/cairn.elf
{writes}
set gfxpayload=text
boot
"""

# Local APIC (Intel SDM 3A, table 11-1).
TASK_PRIORITY = 0xfee00080
SPURIOUS = 0xfee000f0
COMMAND = 0xfee00300
LVT_TIMER = 0xfee00320
LVT_0 = 0xfee00350
TIMER_COUNT = 0xfee00380
ENABLED = 0x1ff  # with 0xff as the spurious vector
TO_ITSELF = 0x44000  # | vector
PERIODIC = 0x20000  # | vector
MASKED = 0x10000

# I/O APIC (Intel 82093AA data sheet).
SELECT, WINDOW = 0xfec00000, 0xfec00010
REDIRECTION = 0x10

HPET_CONFIGURATION = 0xfed00010
LEGACY_REPLACEMENT = 2

IRQ_PIC, IRQ_APIC = "irq=pic", "irq=apic"


def memrw():
    """GRUB's module, beside the tool that made the image."""
    for prefix in ("grub-", "grub2-", "i686-elf-grub-"):
        tool = shutil.which(prefix + "mkrescue")
        if tool:
            for found in (Path(tool).resolve().parents[1] / "lib").glob(f"**/{MEMRW}"):
                return found
    return None


class Leftovers(MachineTest):
    """All are ready, with the time and both inputs."""

    WHOLE_BOOT = True

    def boot_with(self, writes, words="", options=()):
        """Boots an image whose menu writes 32 bits each at some addresses."""
        module = memrw()
        if not module:
            self.skipTest("no memrw.mod of GRUB's for BIOS")
        directory = tempfile.TemporaryDirectory(prefix="cairn-image-")
        self.addCleanup(directory.cleanup)
        lines = "\n".join(f"write_dword {address:#x} {value:#x}" for address, value in writes)
        image = images.edited(directory.name, GRUB_CFG.format(writes=lines), [(module, f"/boot/grub/{MEMRW}")])
        return self.boot(media=machines.cd(image), options=[*options, *qemu.fw_cfg_cmdline(words)])

    def expect_session(self, machine):
        """COM1 and the keyboard interrupt, and time passes."""
        self.assertEqual(machine.answer("echo over COM1"), ["over COM1"])
        self.assertEqual(machine.ask("echo by keyboard"), ["by keyboard"])
        self.wait_tick(machine)

    def wait_tick(self, machine):
        """The timer's interrupts are counted, whichever timer it is."""
        def ticks():
            (line,) = [line for line in machine.answer("irq") if line.endswith("timer")][:1]
            return int(line.split()[2])

        before = ticks()
        if not qemu.wait_until(lambda: ticks() > before, qemu.BOOT_LIMIT, lambda: None):
            self.fail("the timer's interrupts have ended")

    def check(self, writes, says=None, words=(IRQ_APIC, IRQ_PIC), options=()):
        """The machine works in each of these ways, and its log contains a text."""
        for word in words:
            with self.subTest(word):
                machine = self.boot_with(writes, word, options)
                self.expect_session(machine)
                if says:
                    self.assertIn(says, machine.output())
                machine.kill()

    def test_vector_requested(self):
        """No handler is registered for it, and its priority is above that of all lines. Until the kernel starts, the
        task priority holds it back."""
        self.check([(SPURIOUS, ENABLED), (TASK_PRIORITY, 0xff), (COMMAND, TO_ITSELF | 0xd0)],
                   "unexpected interrupt on vector 208")

    def test_vector_in_service(self):
        """The firmware takes it while GRUB reads its next command, and does not end it."""
        self.check([(SPURIOUS, ENABLED), (COMMAND, TO_ITSELF | 0x50)], "left in service in the local APIC: 1")

    def test_vector_of_an_exception(self):
        """An interrupt with the vector of an exception is not taken for one."""
        self.check([(SPURIOUS, ENABLED), (TASK_PRIORITY, 0xff), (COMMAND, TO_ITSELF | 0x1e)])

    def test_local_timer(self):
        """The local APIC's timer goes on, with a vector above all others."""
        for options in ((), ("-machine", "pic=off")):
            self.check([(SPURIOUS, ENABLED), (LVT_TIMER, PERIODIC | 0xe0), (TIMER_COUNT, 100000)], options=options)

    def test_io_apic_entry(self):
        """The PIT's input is open, with a vector of its own."""
        self.check([(SPURIOUS, ENABLED), (SELECT, REDIRECTION + 2 * 2), (WINDOW, 0xd1)])

    def test_8259s_cut_off(self):
        """The local APIC's input 0, through which the 8259s interrupt, is masked."""
        self.check([(LVT_0, MASKED)], words=(IRQ_PIC,))

    def test_hpet_in_place_of_the_pit(self):
        """The HPET takes the PIT's line, and is silent itself."""
        self.check([(HPET_CONFIGURATION, LEGACY_REPLACEMENT)], "the HPET had taken its interrupt line")
