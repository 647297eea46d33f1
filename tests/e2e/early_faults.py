"""Faults before the kernel has its own page tables: each is a whole report. GDB makes them, with a bad pointer."""

from runner import gdb, paths
from runner.machine import READY, MachineTest

# In the direct map's first slot, but beyond what the boot's page tables show.
BAD = 0xffff800500000123


class EarlyFaults(MachineTest):
    """The report on COM1."""

    MAY_PANIC = True

    def report(self, function, register):
        """What COM1 shows when a register has a bad address at the start of a function."""
        socket = gdb.socket_for(self)
        machine = self.machine(options=gdb.server(socket))
        gdb.run(machine, socket, *gdb.stop_at(f"*{function}", f"set ${register} = {BAD:#x}"),
                arguments=[str(paths.KERNEL_DEBUG)])
        machine.execute("cont")
        ends = ("higher_half+0x", "during a panic", READY)
        machine.wait_output(lambda: any(end in machine.output() for end in ends), "report")
        return machine.output()

    def expect_whole_report(self, report):
        """Page walk, registers, backtrace with names."""
        self.assertRegex(report, r"page tables: 4\[256\] 0x\w+ 3\[20\] 0x0, not present")
        self.assertRegex(report, r"(?m)^  r15 \w+  rip \w+  rflags \w+\r?$")
        self.assertIn("kernel_main+0x", report)
        self.assertNotIn("during a panic", report)

    def test_in_the_firmwares_tables(self):
        """Handlers come before the first table is read."""
        report = self.report("acpi_init", "rdi")
        self.assertIn("PANIC: read where no page is mapped at 0xffff8005", report)
        self.expect_whole_report(report)

    def test_on_the_loaders_page_tables(self):
        """The boot's own page tables can be walked: the report tries to show the code at the bad address. While the
        no-execute bit is not enabled, the processor does not tell execution from reading."""
        report = self.report("frames_init", "rip")
        self.assertIn("PANIC: read where no page is mapped at 0xffff800500000123", report)
        self.assertIn("code: none can be read at rip", report)
        self.expect_whole_report(report)
