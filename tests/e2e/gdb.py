"""GDB's own commands for the kernel, which `make debug` loads."""

from runner import gdb, paths
from runner.machine import MachineTest


class Commands(MachineTest):
    """Each command of .gdbinit against a kernel that is at its prompt."""

    def setUp(self):
        self.socket = paths.BUILD / f"{self.id()}.gdb.sock"
        self.addCleanup(self.socket.unlink, missing_ok=True)
        self.stopped = self.machine(options=gdb.server(self.socket))

    def gdb(self, *commands):
        """What GDB prints for commands, attached to the machine."""
        return gdb.run(self.stopped, self.socket, *commands,
                       arguments=["-x", ".gdbinit", str(paths.KERNEL_DEBUG)])

    def test_commands(self):
        """The tasks with their poll functions, the heap's allocator, the log, the way to an address."""
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
        """From a handler into the code that was interrupted, on the same stack or from a stack of the trap's own."""
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
        """The page below the boot stack is unmapped from the very first page tables on."""
        shown = self.gdb(*gdb.stop_at("kernel_main", "walk &boot_stack_guard",
                                      "walk &boot_stack_bottom"))
        self.assertRegex(shown, r"PT\[\d+\] = 0x0000000000000000: not present")
        self.assertRegex(shown, r"(?m)^physical 0x1\w{5}$")
