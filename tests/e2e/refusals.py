"""Where the kernel cannot run, it says in words why: on the screen and on COM1."""

from runner import gdb
from runner.machine import MachineTest
from runner.symbols import physical_address


class Refusals(MachineTest):
    """What the boot code prints before it stops the machine."""

    def expect_words(self, machine, *words):
        """The sentence is on COM1 and is all that the screen shows."""
        machine.wait_output(lambda: "cairn: " in machine.output() and
                            machine.output().endswith("\r\n"), "sentence")
        sentence = machine.output()[machine.output().index("cairn: "):].rstrip()
        for word in words:
            self.assertIn(word, sentence)
        shown = machine.wait_screen(lambda now: "cairn: " in now.text())
        self.assertEqual("".join(shown.rows).rstrip(), sentence)
        self.expect_line_setting(machine)

    def expect_line_setting(self, machine):
        """COM1 is at 115200 8N1: QEMU sends at any setting, a cable does not."""
        self.assertEqual(machine.read_port(0x3fb), 0x03)
        machine.hmp("o /b 0x3fb 0x83")  # the divisor shows
        self.assertEqual((machine.read_port(0x3f8), machine.read_port(0x3f9)), (1, 0))

    def boot_patched(self, label, command):
        """Boots, has GDB stop at a label of boot/entry.asm and run a command there, and lets the
        machine go on."""
        socket = gdb.socket_for(self)
        machine = self.machine(options=gdb.server(socket))
        said = gdb.run(machine, socket,
                       *gdb.stop_at(f"*{physical_address(label)}", command, "detach"))
        self.assertIn("Breakpoint 1, ", said)
        return machine

    def test_no_long_mode(self):
        """A 32-bit processor."""
        machine = self.machine(options=["-cpu", "qemu64,-lm"])
        self.expect_words(machine, "long mode", "64-bit")

    def test_wrong_magic(self):
        """Something that is not a Multiboot2 loader has jumped to the entry point."""
        machine = self.boot_patched("multiboot_entry", "set $rax = 0x2badb002")
        self.expect_words(machine, "Multiboot2")

    def test_no_cpuid(self):
        """EFLAGS.ID cannot be changed."""
        machine = self.boot_patched("check_cpuid.compare", "set $rax = $rcx")
        self.expect_words(machine, "CPUID")
