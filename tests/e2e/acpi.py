"""The firmware's tables, switching off, and resetting."""

from runner import machine as machines
from runner import qemu
from runner.machine import READY, MachineTest

PC = ["-machine", "pc"]
NO_I8042 = ["-machine", "i8042=off"]


class Acpi(MachineTest):
    """On both of QEMU's chipsets, and under both firmwares."""

    def test_tables(self):
        """Each table is listed and valid, the facts are those of QEMU's machine, and `poweroff` works."""
        for options in ([], PC, machines.ovmf()):
            with self.subTest(options):
                machine = self.boot(options=[*options, "-smp", "3"])
                answer = machine.answer("acpi")
                tables = [line.split() for line in answer if " bytes " in line]
                self.assertLessEqual({"FACP", "APIC", "HPET", "DSDT"}, {t[0] for t in tables})
                self.assertEqual({t[-1] for t in tables}, {"good"}, answer)
                text = "\n".join(answer)
                self.assertIn("processors: 3; local APIC at 0xfee00000; 8259s, too", text)
                self.assertIn("I/O APIC 0 at 0xfec00000, interrupts from 0 on", text)
                self.assertIn("line 0 is interrupt 2 (edge, active high)", text)
                self.assertIn("line 9 is interrupt 9 (level, active high)", text)
                self.assertIn("local input 1 is the NMI", text)
                self.assertEqual("PCI segment 0, buses 0 to 255" in text, options != PC)
                self.expect_poweroff(machine)

    def test_no_acpi(self):
        """A machine without tables logs that, boots, and reports that it cannot switch itself off."""
        machine = self.boot(options=["-machine", "pc,acpi=off"])
        self.assertIn("acpi: the loader has passed no ACPI tables", machine.output())
        self.assertEqual(machine.answer("acpi"), ["acpi: this machine has no tables"])
        self.assertRegex("\n".join(machine.answer("poweroff")), "does not switch off")
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_poweroff(self):
        """With one processor, and with SeaBIOS's own tables instead of QEMU's."""
        for options in ([], PC, ["-machine", "acpi=off"]):
            with self.subTest(options):
                self.expect_poweroff(self.boot(options=options))

    def expect_poweroff(self, machine):
        """QEMU ends, with the status of a machine that was switched off."""
        machine.send(b"poweroff\r")
        machine.wait_output(lambda: machine.closed, "end")
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), 0)

    def test_reboot(self):
        """The machine resets: through the keyboard controller; through ACPI's register if the tables say that there is no
        such controller; by a triple fault if there is neither."""
        for options in ([], PC, NO_I8042, PC + NO_I8042):
            with self.subTest(options):
                machine = self.boot(options=options)
                machine.may_panic = True  # a second start is expected, too
                machine.send(b"reboot\r")
                machine.wait_output(lambda: machine.output().count(READY) == 2, "second start")
                machine.wait_prompt()
                self.assertEqual(machine.answer("echo hello"), ["hello"])
                machine.kill()

    def test_no_i8042_is_believed(self):
        """The newer chipset's tables say that there is none; with the older chipset the driver finds it out."""
        machine = self.boot(options=NO_I8042)
        self.assertIn("acpi: this machine says that it has no i8042", machine.output())
        self.assertNotIn("keyboard:", machine.output())
        machine = self.boot(options=PC + NO_I8042)
        self.assertNotIn("says that it has no", machine.output())
        self.assertIn("keyboard: no PS/2 keyboard", machine.output())
