"""The delays on purpose hold up and let go."""

import os
import subprocess
import unittest

from runner import delays


class Standstill(unittest.TestCase):
    """Of a process that would run for ten minutes. The timer is not waited for: what it will do is done at once."""

    def setUp(self):
        self.process = subprocess.Popen(["sleep", "600"])
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def stand_still(self):
        """For longer than the test takes. Gives what ends it."""
        timer = delays.stand_still(self.process, 600)
        timer.cancel()
        return lambda: timer.function(*timer.args)

    def test_ends(self):
        """The process stops, and goes on."""
        go_on = self.stand_still()
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        go_on()
        os.waitid(os.P_PID, self.process.pid, os.WCONTINUED)

    def test_process_ends(self):
        """Before, or meanwhile."""
        go_on = self.stand_still()
        self.process.kill()
        self.process.wait()
        go_on()
        self.stand_still()
