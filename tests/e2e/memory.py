"""When programs need more memory than there is."""

import re

from runner.machine import MachineTest
from runner.shell import ShellMachine

# A shell script that fills the memory so many times. Both programs hold 14 MiB at the same time, which is more than a
# machine of 32 MiB has left: one of them is killed. Its lines are typed, so they are short.
SCRIPT = """
from="dd if=/dev/zero bs=14M count=1"
to="dd bs=14M iflag=fullblock"
i=0; while [ $i -lt $1 ]; do
$from 2>/dev/null | $to >/dev/null 2>&1
i=$((i+1)); done; echo rounds $i
"""
TIMES = 100
TOLERANCE = 64  # KiB; a frame lost each time would be more


class Short(MachineTest):
    """32 MiB of memory."""

    MACHINE = ShellMachine

    def free(self, machine):
        """The free memory, in KiB."""
        return int(re.search(r"\d+", machine.answer("grep MemFree /proc/meminfo")[-1])[0])

    def fill(self, machine, times):
        """Fills the memory so many times, and checks that the script has counted them."""
        self.assertEqual(machine.answer(f"sh /tmp/fill {times}")[-1], f"rounds {times}")

    def test_the_shell_survives(self):
        """Programs fill the memory a hundred times over: one is killed each time, and no frame is lost."""
        machine = self.boot(options=["-m", "32M"])
        for line in SCRIPT.strip().split("\n"):
            machine.answer(f"echo '{line}' >> /tmp/fill")
        self.fill(machine, 2)
        before = self.free(machine)
        self.fill(machine, TIMES - 2)
        self.assertLess(abs(self.free(machine) - before), TOLERANCE)
        killed = re.findall(r"process: out of memory: dd \(\d+\) is killed, with \d+ pages, score \d+", machine.output())
        self.assertEqual(len(killed), TIMES)
