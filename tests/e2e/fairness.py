"""Programs that never wait do not hold up the kernel's own tasks."""

import contextlib
import re

from runner import gdb, keys, paths, qemu
from runner.machine import MachineTest
from runner.shell import SHELL_PROMPT, ShellMachine

SPINNERS = 20
KEYS = 5
TICKS = 2  # a program that has run from one tick to the next gives up the processor: two ticks are two slices at most

# The conditions count and never hold. A key that arrives before the last one's echo begins no new count.
WATCH = ["set $ticks = 0", "set $keys = 0", "hbreak user_threads_tick if $ticks++ < 0",
         "hbreak ps2_keyboard_interrupt if $keys++ == 0 && ($ticks = 0) != 0", "hbreak terminal_write"]
ONE_KEY = ["continue", r'printf "echoed after %d ticks\n", $ticks', "set $keys = 0"]


class Fairness(MachineTest):
    """The guest's time is counted in instructions: however slow the host is, the result is the same."""

    MACHINE = ShellMachine

    def test_echo_beside_spinning_programs(self):
        """A key is echoed within two slices, however many programs spin."""
        socket = gdb.socket_for(self)
        machine = self.machine(options=[*qemu.COUNTED, *gdb.server(socket)])
        machine.execute("cont")
        machine.wait_ready()
        machine.wait_shown(SHELL_PROMPT)
        for character in "cat\n":
            machine.press(*keys.chord(character))
        machine.wait_shown(SHELL_PROMPT + "cat")
        machine.answer(f"for i in $(seq {SPINNERS}); do while :; do :; done & done")
        self.assertGreaterEqual(int(machine.answer("ps -o stat | grep -c ^R")[-1]), SPINNERS)
        shown = gdb.run(machine, socket, *WATCH, *KEYS * ONE_KEY, "delete", "detach",
                        arguments=[str(paths.KERNEL_DEBUG)], meanwhile=lambda: self.hold_down(machine, "x"))
        ticks = [int(count) for count in re.findall(r"^echoed after (\d+) ticks$", shown, re.M)]
        self.assertEqual(len(ticks), KEYS, shown[-2000:])
        self.assertLessEqual(max(ticks), TICKS, ticks)

    def hold_down(self, machine, key):
        """A key goes down, and not up again: one interrupt, one character. While the machine is stopped, it is lost."""
        event = {"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": key}}}
        with contextlib.suppress(qemu.QemuError):
            machine.execute("input-send-event", events=[event])
