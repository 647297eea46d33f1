"""Faults in the shipped kernel: what the monitor says about them, and what follows a panic."""

import re
import unittest

from runner import coverage, gdb, paths, qemu
from runner.machine import READY, MachineTest
from runner.shell import ShellMachine
from runner.symbols import KERNEL_BASE, physical_address

CANARY = 8  # its offset in struct cpu

# The names that people may rely on.
NAMES = set("""breakpoint divide invalid-opcode null-read null-write null-call non-canonical
    write-text write-rodata write-ro-after-init write-idt write-gdt exec-data exec-stack exec-heap
    exec-rodata guard-page stack-overflow big-frame stack-smash double-free invalid-free
    heap-overrun use-after-free list-corrupt assert hang ubsan sse nmi""".split())


class Faults(MachineTest):
    """`fault NAME` in the monitor, and `panic=`."""

    MAY_PANIC = True

    def panic(self, machine, fault):
        """Triggers a fault and gives the report as COM1 has it."""
        start = len(machine.received)
        machine.send(f"fault {fault}\r".encode())
        machine.wait_text("higher_half+0x", start)  # the backtrace's last line
        machine.wait_text("\n", len(machine.output()) - 2)
        return machine.output(start).replace("\r\n", "\n").split("\n")

    def test_list(self):
        """`fault` lists the faults, and reports a wrong name in one line."""
        machine = self.boot()
        names = {line.split()[0] for line in machine.answer("fault")}
        self.assertLessEqual(NAMES, names)
        self.assertEqual(machine.answer("fault frobnicate"),
                         ["fault: no fault is named 'frobnicate'; 'fault' lists them"])

    def test_survived(self):
        """After some faults the monitor goes on; a fault that this build cannot produce is refused."""
        machine = self.boot()
        for name in ("breakpoint", "debug", "hardware-breakpoint", "nmi"):
            start = len(machine.received)
            self.assertIn(f"fault: {name} is over", "\n".join(machine.answer(f"fault {name}")))
            machine.wait_text("; going on", start)  # the log's line may come later
            machine.wait_prompt(start)
        for name in ("ubsan", "ubsan-bounds", "ubsan-shift", "ubsan-null", "ubsan-alignment"):
            self.assertIn("only the test kernel", "\n".join(machine.answer(f"fault {name}")))

    def test_hang(self):
        """A task that never returns is named on COM1 and on the screen."""
        machine = self.boot()
        start = len(machine.received)
        machine.send(b"fault hang\r")
        named = "watchdog: task 'monitor' does not yield; it is at fault_hang+0x"
        machine.wait_text(named, start)
        machine.wait_screen(lambda now: named in now.text())

    def test_debug_heap(self):
        """Faults that only the debugging heap finds, with it and without."""
        machine = self.boot()
        for name, report in (("heap-overrun", r"PANIC: heap: overrun of .*, allocated by (allocate|fault_heap_overrun)\+0x"),
                             ("use-after-free", r"PANIC: heap: write after free of .*, freed by fault_use_after_free\+0x")):
            self.assertIn("boot with heap_debug=1", "\n".join(machine.answer(f"fault {name}")))
            debugging = self.boot(options=qemu.fw_cfg_cmdline("heap_debug=1"))
            self.assertRegex("\n".join(self.panic(debugging, name)), report)

    def test_injected_nmi(self):
        """An NMI from outside, while the kernel sleeps."""
        machine = self.boot()
        start = len(machine.received)
        machine.execute("inject-nmi")
        machine.wait_text("non-maskable interrupt", start)
        machine.wait_prompt(start)
        self.assertEqual(machine.answer("echo hello"), ["hello"])
        self.assertRegex("\n".join(machine.answer("irq")), r"vector +2 +1  non-maskable interrupt")

    def test_injected_machine_check(self):
        """The hardware reports an error in itself."""
        machine = self.boot(options=["-cpu", "max"])
        start = len(machine.received)
        machine.hmp("mce 0 1 0xbe00000000000001 0x4 0x12345000 0")
        machine.wait_text("PANIC: machine check", start)
        machine.wait_text("bank 1: status be00000000000001, address 0000000012345000", start)

    def test_report_on_the_screen(self):
        """The screen's 25 lines show the report from its first line on, as COM1 does."""
        machine = self.boot()
        report = self.panic(machine, "write-rodata")
        report = report[[line.startswith("PANIC: ") for line in report].index(True):]
        self.assertIn("  in task 'monitor'", report)
        wrapped = [line[at:at + 80].rstrip() for line in report
                   for at in range(0, max(len(line), 1), 80)]
        self.assertIn('(kernel .rodata, "message_table")', report[0])
        machine.wait_screen(lambda now: now.used() == wrapped[:25][:len(now.used())]
                            and len(now.used()) >= min(len(wrapped) - 1, 25))

    def test_a_fault_in_a_call_of_a_program(self):
        """The report names the process on whose behalf the kernel runs: here GDB sends its call to where nothing is."""
        socket = gdb.socket_for(self)
        machine = self.machine(kind=ShellMachine, options=gdb.server(socket))
        gdb.run(machine, socket, "thbreak syscall_mount", "continue", "set $rip = 16", "detach", arguments=[str(paths.KERNEL_DEBUG)])
        machine.wait_text("PANIC: ")
        machine.wait_text("  in process 1, 'init'")
        machine.wait_text("rip")

    def test_panic_in_panic(self):
        """The second panic prints less, and ends the system."""
        machine = self.boot(options=[*qemu.DEBUG_EXIT, *qemu.fw_cfg_cmdline("panic=exit")])
        machine.send(b"fault panic-in-panic\r")
        machine.wait_output(lambda: machine.closed, "end")
        self.assertEqual(machine.output().count("PANIC: "), 2)
        self.assertIn("during a panic", machine.output())

    def test_panic_in_every_panic(self):
        """The third panic prints nothing, and ends the system all the same."""
        machine = self.boot(options=[*qemu.DEBUG_EXIT, *qemu.fw_cfg_cmdline("panic=exit")])
        machine.send(b"fault panic-in-every-panic\r")
        machine.wait_output(lambda: machine.closed, "end")
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), qemu.FAILURE)
        self.assertEqual(machine.output().count("PANIC: "), 2)

    def test_halt(self):
        """Without `panic=` the machine halts, with the report on the screen."""
        machine = self.boot(options=qemu.DEBUG_EXIT)
        self.panic(machine, "divide")
        machine.wait(0.5)
        self.assertEqual(machine.execute("query-status")["status"], "running")
        self.assertEqual(machine.output().count(READY), 1)

    def test_exit(self):
        """`panic=exit` ends QEMU with the status of failure."""
        machine = self.boot(options=[*qemu.DEBUG_EXIT, *qemu.fw_cfg_cmdline("panic=exit")])
        machine.send(b"fault assert\r")
        machine.wait_output(lambda: machine.closed, "end")
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), qemu.FAILURE)
        self.assertIn("PANIC: ASSERT(apples == 4)", machine.output())
        self.assertIn("  in task 'monitor'", machine.output())

    def test_reboot(self):
        """`panic=reboot` starts the machine again."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("panic=reboot"))
        machine.send(b"fault assert\r")
        machine.wait_output(lambda: machine.output().count(READY) == 2, "second boot")

    def test_unknown_panic_option(self):
        """An unknown word is reported and has no effect."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("panic=later"))
        self.assertIn("panic=later is none of", machine.output())

    def test_canary_differs(self):
        """From boot to boot, with a random generator and without."""
        for cpu in ("qemu64", "max"):
            canaries = {self.canary(cpu) for _ in range(2)}
            self.assertEqual(len(canaries), 2, cpu)
            for canary in canaries:
                self.assertEqual(canary[0], 0)

    def canary(self, cpu):
        """The stack protector's canary of a fresh boot: eight bytes."""
        machine = self.boot(options=["-cpu", cpu], whole=True)
        answer = machine.hmp(f"xp /8xb {physical_address('boot_cpu') + CANARY:#x}")
        machine.kill()
        return bytes(int(word, 16) for word in re.findall(r"0x([0-9a-f]{2})\b", answer))

    def test_irq(self):
        """Lines and vectors with their counts, which move."""
        machine = self.boot()

        def ticks():
            return int(re.search(r"line +0 +(\d+)", "\n".join(machine.answer("irq")))[1])

        first = "\n".join(machine.answer("irq"))
        for device in ("timer", "keyboard", "COM1"):
            self.assertRegex(first, rf"line +\d+ +\d+  {device}")
        machine.answer("fault breakpoint")
        self.assertRegex("\n".join(machine.answer("irq")), r"vector +3 +1  breakpoint")
        before = ticks()
        self.assertTrue(qemu.wait_until(lambda: ticks() > before, qemu.BOOT_LIMIT, lambda: None))

    def test_log(self):
        """The ring holds all lines, shown or not."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("loglevel=error"))
        machine.answer("fault breakpoint")
        self.assertNotIn("fault: breakpoint in", machine.output())
        self.assertIn("fault: breakpoint in", "\n".join(machine.answer("log")))
        self.assertNotIn("fault: breakpoint in", "\n".join(machine.answer("log warning")))
        self.assertIn("is neither error, warning, info, debug nor a number", "\n".join(machine.answer("log loud")))

    @unittest.skipIf(coverage.ON, "counters cost, too")
    def test_cost(self):
        """A report takes at most 150,000 instructions; counted in a trace."""
        trace = paths.LOGS / f"{self.id()}.trace"
        self.addCleanup(trace.unlink)
        machine = self.boot(options=[*qemu.DEBUG_EXIT, *qemu.fw_cfg_cmdline("panic=exit"), "-D", str(trace),
                                     "-dfilter", f"{KERNEL_BASE:#x}+0x200000"])
        for command in ("singlestep on", "one-insn-per-tb on", "log exec,nochain"):
            machine.hmp(command)  # the first two are one, in older and newer QEMUs
        machine.send(b"fault write-rodata\r")
        machine.wait_output(lambda: machine.closed, "end")
        executed = [int(address, 16) for address in re.findall(
            r"^Trace .*\[[0-9a-f]+/([0-9a-f]+)/", trace.read_text(), re.M)]
        start = executed.index(physical_address("fault_write_rodata") + KERNEL_BASE)
        self.assertGreater(len(executed) - start, 50000)  # it was single steps that were traced
        self.assertLess(len(executed) - start, 150000)
