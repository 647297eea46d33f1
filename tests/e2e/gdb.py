"""GDB's own commands for the kernel, which `make debug` loads."""

from runner import gdb, paths
from runner.machine import MachineTest


class Commands(MachineTest):
    """Each command of .gdbinit, on a kernel that shows its prompt."""

    def setUp(self):
        self.socket = gdb.socket_for(self)
        self.stopped = self.machine(options=gdb.server(self.socket))

    def gdb(self, *commands):
        """GDB's output for commands, attached to the machine."""
        return gdb.run(self.stopped, self.socket, *commands,
                       arguments=["-x", ".gdbinit", str(paths.KERNEL_DEBUG)])

    def test_commands(self):
        """The tasks, the heap's allocator, the log, and a walk through the page tables."""
        self.stopped.execute("cont")
        self.stopped.wait_ready()
        shown = self.gdb("tasks", "heap", "klog", "walk kernel_main", "walk 0", "walk")
        self.assertRegex(shown, r"(?m)^monitor +(waiting|running) +normal +\d+ +\d+  0x\w+ <poll_monitor>$")
        self.assertRegex(shown, r"(?m)^keyboard +(waiting|ready) +high +\d+ +\d+  0x\w+ <poll_keyboard>$")
        self.assertRegex(shown, r"(?m)^fixed_block, from 0x\w+ on: \d+ bytes committed now, \d+ at most so far$")
        self.assertRegex(shown, r"(?m)^\[ +\d+\.\d{6}\] cairn: ready$")
        self.assertRegex(shown, r"(?m)^   PT\[\d+\] = 0x0000000000\w+ r-x-$")
        self.assertRegex(shown, r"(?m)^physical 0x1\w{5}$")
        self.assertIn("PML4[  0] = 0x0000000000000000: not present", shown)
        self.assertIn("walk: an address is missing: walk ADDRESS", shown)

    def test_backtrace_through_traps(self):
        """A backtrace goes on in the code that a trap has interrupted, also from the trap's own stack."""
        self.stopped.execute("cont")
        self.stopped.wait_ready()
        for fault, handler in (("breakpoint", "fault_handle"), ("nmi", "handle_nmi")):
            self.stopped.execute("stop")
            self.stopped.send(f"fault {fault}\r".encode())
            shown = self.gdb(*gdb.stop_at(handler, "backtrace", "tasks", "delete", "detach"))
            self.assertRegex(shown, r"(?m)^monitor +running +normal ")
            self.assertRegex(shown, rf"(?s)#0 .*{handler} .*<signal handler called>.*fault_{fault} .*"
                                    r"poll_monitor .*kernel_main ")
            self.stopped.wait_text(f"fault: {fault} is over")

    def test_first_guard_page(self):
        """The first page tables do not map the page below the boot stack."""
        shown = self.gdb(*gdb.stop_at("kernel_main", "walk &boot_stack_guard",
                                      "walk &boot_stack_bottom"))
        self.assertRegex(shown, r"PT\[\d+\] = 0x0000000000000000: not present")
        self.assertRegex(shown, r"(?m)^physical 0x1\w{5}$")
