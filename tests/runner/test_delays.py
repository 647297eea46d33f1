"""The delays on purpose hold up and let go."""

import os
import subprocess
import unittest
from unittest import mock

from runner import delays


class Delays(unittest.TestCase):
    """With a process that would run for a minute."""

    def setUp(self):
        self.process = subprocess.Popen(["sleep", "60"])
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def hold_up(self, standstills):
        """With so many standstills, whatever the environment says. Gives the seconds that the step was late."""
        with mock.patch.multiple(delays, ON=True, STANDSTILLS=standstills, LONGEST_STANDSTILL=0.01), \
                mock.patch("time.sleep") as sleep:
            delays.hold_up(self.process)
        return sum(call.args[0] for call in sleep.call_args_list)

    def test_standstill(self):
        """The emulator stops, and goes on."""
        self.assertEqual(self.hold_up(1), delays.STEP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        os.waitid(os.P_PID, self.process.pid, os.WCONTINUED)

    def test_late_step(self):
        """As a rule only the test is late."""
        self.assertEqual(self.hold_up(0), delays.STEP)
        self.assertIsNone(os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT))

    def test_ended(self):
        """An emulator that has ended is not held up."""
        self.process.kill()
        self.process.wait()
        self.assertEqual(self.hold_up(1), delays.STEP)
