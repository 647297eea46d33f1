"""The sessions at the keyboard and at COM1 again, with interrupts through the 8259s instead of the APICs; and machines
without a timer that ticks."""

from e2e import com1, keyboard
from runner import machine as machines
from runner import qemu
from runner.machine import NO_PIT, MachineTest

IRQ_PIC = "irq=pic"
BURST = 1600  # drivers/irq.c


class Through8259s:
    """Boots every machine of a test with irq=pic."""

    def machine(self, options=(), **arguments):
        """Starts a machine with the word on its command line, before those that the test has there."""
        start, word = "name=opt/cairn/cmdline,string=", qemu.fw_cfg_cmdline(IRQ_PIC)
        given = [option.replace(start, f"{word[1]} ") for option in options]
        return super().machine(options=given if given != list(options) else [*given, *word], **arguments)


class Keyboard(Through8259s, keyboard.Keyboard):
    """All that is tested at the keyboard."""


class Com1(Through8259s, com1.Com1):
    """All that is tested at COM1."""

    MANY = 1 << 17


class Apic(MachineTest):
    """What differs."""

    def test_the_controller_is_shown(self):
        """`irq` says which one it is; lines that have been used are counted."""
        for words, name in (("", "I/O APIC"), ("irq=apic", "I/O APIC"), (IRQ_PIC, "8259")):
            machine = self.boot(options=qemu.fw_cfg_cmdline(words) if words else [])
            machine.ask("echo hello")
            answer = machine.answer("irq")
            self.assertEqual(answer[0], f"lines ({name}):")
            self.assertRegex("\n".join(answer), r"line  1 +[1-9]\d*  keyboard")

    def test_injected_nmi(self):
        """The local APIC's input 1 is wired as the table says."""
        machine = self.boot()
        start = len(machine.received)
        machine.execute("inject-nmi")
        machine.wait_text("non-maskable interrupt", start)
        machine.wait_prompt(start)
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_without_the_tables(self):
        """Where there are no APICs, the kernel says so and takes the 8259s."""
        machine = self.boot(options=["-machine", "pc,acpi=off"])
        self.assertIn("irq: the APICs cannot be used (no such device)", machine.output())
        self.assertEqual(machine.answer("irq")[0], "lines (8259):")
        machine = self.boot(options=qemu.fw_cfg_cmdline("irq=maybe"))
        self.assertIn("irq=maybe is none of pic, apic", machine.output())

    def test_no_8259(self):
        """Where none answers, whatever the tables say, the APICs are used even if 8259s are asked for."""
        machine = self.boot(options=["-machine", "pic=off", *qemu.fw_cfg_cmdline(IRQ_PIC)])
        self.assertIn("irq: no 8259 answers", machine.output())
        self.assertEqual(machine.answer("irq")[0], "lines (I/O APIC):")
        self.assertEqual(machine.ask("echo hello"), ["hello"])

    def test_no_pit(self):
        """The local APIC's timer ticks, in both modes, with a keyboard controller and without."""
        for options in (NO_PIT, NO_PIT + ["-machine", "i8042=off"], NO_PIT + machines.ovmf()):
            for words in (IRQ_PIC, "irq=apic"):
                with self.subTest(options=options, words=words):
                    machine = self.boot(options=[*options, *qemu.fw_cfg_cmdline(words)])
                    self.assertIn("the local APIC's timer ticks instead, by the ACPI timer",
                                  machine.output())
                    self.assertEqual(machine.answer("echo hello"), ["hello"])
                    machine.kill()

    def test_no_pit_and_no_acpi(self):
        """Without tables there is nothing to measure time by, unless the processor knows its own
        rate: it is said, and the machine can be used all the same, for as long as one likes: no
        line is held back, for nothing would let it go."""
        machine = self.boot(options=["-machine", "pc,pit=off,acpi=off"])
        self.assertIn("pit: no timer interrupt comes, nor can", machine.output())
        while self.interrupts(machine, "COM1") < 2 * BURST:
            self.assertEqual(machine.answer("echo " + 1000 * "x"), [1000 * "x"])

    def interrupts(self, machine, device):
        """How many the device's line has raised."""
        (line,) = [line for line in machine.answer("irq") if line.endswith(device) and "line" in line]
        return int(line.split()[2])


class KeyboardWithoutPit(keyboard.Keyboard):
    """The pace of the clock, and keys, when the local APIC's timer ticks."""

    def machine(self, options=(), **arguments):
        """Starts a machine without the PIT."""
        return super().machine(options=[*options, *NO_PIT], **arguments)
