"""A machine at which a person sits at a shell, on COM1 or at the screen and the keyboard."""

import re

from runner import machine

SHELL_PROMPT = "cairn:/# "


class ShellMachine(machine.Machine):
    """A machine whose first program is the image's own. Its shell is ready when its prompt is there, and busybox's has
    asked the terminal then where its cursor is, which nothing here answers."""

    PROMPT_AT_END = re.compile(r"cairn:[^\s#]*# \x1b\[6n$")

    def __init__(self, log, **arguments):
        super().__init__(log, **{"programs": True, **arguments})

    def wait_disks(self, *names):
        """Waits until the disks and partitions of these names are in /dev: the kernel looks for them while programs run."""
        there = " && ".join(f"[ -b /dev/{name} ]" for name in names)
        self.answer(f"until {there}; do sleep 0.1; done")

    def wait_shown(self, *lines):
        """Waits until the screen's last used lines are these."""
        expected = [line.rstrip() for line in lines]
        return self.wait_screen(lambda now: now.used()[-len(expected):] == expected)


class ShellTest(machine.MachineTest):
    """A test that boots machines at whose shell a person sits."""

    MACHINE = ShellMachine

    def expect(self, started, line, *answer):
        """A line that is typed at the shell has that answer: these lines, and no others."""
        self.assertEqual(started.answer(line), list(answer), line)
