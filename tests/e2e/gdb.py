"""GDB's own commands for the kernel, which `make debug` loads."""

import subprocess

from runner import paths, qemu
from runner.machine import MachineTest


class Commands(MachineTest):
    """Each command of .gdbinit against a kernel that is at its prompt."""

    def gdb(self, *commands):
        """What GDB prints for commands, attached to a machine that has booted."""
        socket = paths.BUILD / f"{self.id()}.gdb.sock"
        self.addCleanup(socket.unlink, missing_ok=True)
        self.boot(options=["-chardev", f"socket,id=gdb,path={socket},server=on,wait=off", "-gdb", "chardev:gdb"])
        arguments = [word for command in commands for word in ("-ex", command)]
        result = subprocess.run(
            ["gdb", "-batch", "-nx", "-x", ".gdbinit", "-ex", f"target remote {socket}", *arguments,
             str(paths.KERNEL_DEBUG)], cwd=paths.ROOT, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=qemu.BOOT_LIMIT, check=False)
        return result.stdout

    def test_commands(self):
        """The tasks with their poll functions, the heap's allocator, the log, the way to an address."""
        shown = self.gdb("tasks", "heap", "klog", "walk kernel_main", "walk 0", "walk")
        self.assertRegex(shown, r"(?m)^monitor +\d+ +\d+  0x\w+ <poll_monitor>$")
        self.assertRegex(shown, r"(?m)^fixed_block, from 0x\w+ on: \d+ bytes committed now, \d+ at most so far$")
        self.assertRegex(shown, r"(?m)^\[ +\d+\.\d{6}\] cairn: ready$")
        self.assertRegex(shown, r"(?m)^   PT\[\d+\] = 0x0000000000\w+ r-x-$")
        self.assertRegex(shown, r"(?m)^physical 0x1\w{5}$")
        self.assertIn("PML4[  0] = 0x0000000000000000: not present", shown)
        self.assertIn("walk: an address is missing: walk ADDRESS", shown)
