"""Programs that never wait do not hold up the kernel's own tasks."""

import contextlib
import re

from runner import gdb, keys, paths, qemu
from runner.shell import SHELL_PROMPT, ShellTest

SPINNERS = 20
KEYS = 5
TICKS = 2  # a program that has run from one tick to the next gives up the processor: two ticks are two slices at most
SHELL_TICKS = 10

# It starts others like it, without end; one that may not start another ends.
BOMB = "bomb() { while :; do bomb & done; }; bomb"
USER = "u:x:1000:1000::/tmp:/bin/sh"

# The conditions count and never hold. A key that arrives before the last one's echo begins no new count.
WATCH = ["set $ticks = 0", "set $keys = 0", "hbreak user_threads_tick if $ticks++ < 0",
         "hbreak ps2_keyboard_interrupt if $keys++ == 0 && ($ticks = 0) != 0", "hbreak terminal_write"]
ONE_KEY = ["continue", r'printf "echoed after %d ticks\n", $ticks', "delete", "detach"]


class Fairness(ShellTest):
    """The guest's time is counted in instructions: however slow the host is, the result is the same."""

    def start(self, *typed):
        """A machine at whose screen the lines were typed, and the socket at which a debugger may ask for it."""
        socket = gdb.socket_for(self)
        machine = self.machine(options=[*qemu.COUNTED, *gdb.server(socket)])
        machine.execute("cont")
        machine.wait_ready()
        machine.wait_shown(SHELL_PROMPT)
        for line in typed:
            for character in line + "\n":
                machine.press(*keys.chord(character))
            machine.wait_shown(SHELL_PROMPT + line)
        return machine, socket

    def ticks_to_echo(self, machine, socket):
        """How many ticks pass until a key is echoed; the most that it took."""
        return max(self.ticks_to_one(machine, socket) for _ in range(KEYS))

    def ticks_to_one(self, machine, socket):
        """The same for the first key from now on: those behind it may come before its echo, and are not measured."""
        shown = gdb.run(machine, socket, *WATCH, *ONE_KEY, arguments=[str(paths.KERNEL_DEBUG)],
                        meanwhile=lambda: self.hold_down(machine, "x"))
        echoed = re.search(r"^echoed after (\d+) ticks$", shown, re.M)
        self.assertTrue(echoed, shown[-2000:])
        return int(echoed[1])

    def test_echo_beside_spinning_programs(self):
        """A key is echoed within two slices, however many programs spin."""
        machine, socket = self.start("cat")
        machine.answer(f"for i in $(seq {SPINNERS}); do while :; do :; done & done")
        self.assertGreaterEqual(int(machine.answer("ps -o stat | grep -c ^R")[-1]), SPINNERS)
        self.assertLessEqual(self.ticks_to_echo(machine, socket), TICKS)

    def explode(self, limit):
        """A user's programs start others without end: root's shell answers all the while, and goes on afterwards."""
        machine, socket = self.start()
        machine.answer(f"echo {USER} >>/etc/passwd; echo '{BOMB}' >/tmp/bomb")
        machine.answer(f"su u -c '{limit} sh /tmp/bomb 2>/dev/null' & sleep 2")
        self.assertLessEqual(self.ticks_to_echo(machine, socket), SHELL_TICKS)
        machine.answer("su u -c 'kill -9 -1'; sleep 1")
        self.assertEqual(machine.answer("ps | grep -c '[b]omb'")[-1], "0")

    def test_a_fork_bomb_with_a_limit(self):
        """Under `ulimit -u`."""
        self.explode("ulimit -u 50;")

    def test_a_fork_bomb_without_a_limit(self):
        """Without it; what every user has from the start holds."""
        self.explode("")

    def hold_down(self, machine, key):
        """A key goes down, and not up again: one interrupt, one character. While the machine is stopped, it is lost."""
        event = {"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": key}}}
        with contextlib.suppress(qemu.QemuError):
            machine.execute("input-send-event", events=[event])
