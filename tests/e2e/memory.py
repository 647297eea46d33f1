"""When programs need more memory than there is."""

import re

from runner.shell import ShellTest

# A shell script that fills the memory so many times. Both programs hold 14 MiB at the same time, which is more than a
# machine of 32 MiB has left: one of them is killed. Its lines are typed, so they are short.
SCRIPT = """
from="dd if=/dev/zero bs=14M count=1"
to="dd bs=14M iflag=fullblock"
i=0; while [ $i -lt $1 ]; do
$from 2>/dev/null | $to >/dev/null 2>&1
i=$((i+1)); done; echo rounds $i
"""
# Starts programs until one more is refused, and ends them all, so many times. A command of its own does not: `kill` is
# the shell's.
PROGRAMS = """
all=; trap "kill \\$all" EXIT
while :; do sleep 1000 & all="$all $!"; done
"""
TIMES = 100
ROUNDS = 10
TOLERANCE = 64  # KiB; a frame lost each time would be more


class Memory(ShellTest):
    """32 MiB of memory."""

    def free(self, machine):
        """The free memory, in KiB."""
        return int(re.search(r"\d+", machine.answer("grep MemFree /proc/meminfo")[-1])[0])

    def write(self, machine, path, script):
        """Types the script's lines into a file."""
        for line in script.strip().split("\n"):
            machine.answer(f"echo '{line}' >> {path}")

    def fill(self, machine, times):
        """Fills the memory so many times, and checks that the script has counted them."""
        self.assertEqual(machine.answer(f"sh /tmp/fill {times}")[-1], f"rounds {times}")

    def test_the_smallest_machine_has_a_shell(self):
        """With 16 MiB programs run, one after the other and beside each other."""
        machine = self.boot(options=["-m", "16M"])
        self.assertEqual(machine.answer("find /proc | xargs -n 50 echo | grep -c proc >/tmp/found; echo $?"), ["0"])

    def test_the_shell_survives(self):
        """Programs fill the memory a hundred times over: one is killed each time, and no frame is lost."""
        machine = self.boot(options=["-m", "32M"])
        self.write(machine, "/tmp/fill", SCRIPT)
        self.fill(machine, 2)
        before = self.free(machine)
        self.fill(machine, TIMES - 2)
        self.assertLess(abs(self.free(machine) - before), TOLERANCE)
        killed = re.findall(r"process: out of memory: dd \(\d+\) is killed, with \d+ pages, score \d+", machine.output())
        self.assertEqual(len(killed), TIMES)

    def test_programs_without_end(self):
        """A shell starts programs until one is refused: it goes on, nothing is killed for that, and no frame is lost."""
        machine = self.boot(options=["-m", "32M"])
        self.write(machine, "/tmp/programs", PROGRAMS)
        self.write(machine, "/tmp/times", "for i in $(seq $1); do sh /tmp/programs; sleep 1; done")
        self.assertIn("can't fork", "".join(machine.answer("sh /tmp/times 2")))
        before = self.free(machine)
        machine.answer(f"sh /tmp/times {ROUNDS}")
        self.assertLess(abs(self.free(machine) - before), TOLERANCE)
        self.assertNotIn("out of memory", machine.output())
        self.assertEqual(machine.answer("ps | grep -c '[s]leep 1000'")[-1], "0")

    def test_files_without_end(self):
        """A file grows until its file system has no room: the call says so, and what it had comes back."""
        machine = self.boot(options=["-m", "32M"])
        write = "dd if=/dev/zero of=/tmp/large bs=64k 2>&1 | head -1; rm /tmp/large"
        self.assertIn("dd: error writing '/tmp/large': No space left on device", machine.answer(write))
        before = self.free(machine)
        for _ in range(ROUNDS):
            machine.answer(write)
        self.assertLess(abs(self.free(machine) - before), TOLERANCE)
        self.assertNotIn("out of memory", machine.output())
