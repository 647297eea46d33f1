"""The clock beside the host's."""

import signal
import time

import clock_drift
from runner import qemu
from runner.machine import MachineTest

WRAP = (1 << 24) / 3579545  # seconds, after which ACPI's timer begins again


class Clock(MachineTest):
    """The machine's time is the host's here, whatever the host does."""

    def test_a_machine_that_stands_still(self):
        """Hundreds of ticks are lost, or ACPI's timer goes round unseen: the clock knows it."""
        for words in ("irq=pic", "irq=apic"):
            machine = self.boot(options=qemu.fw_cfg_cmdline(words))
            for seconds in (0.5, WRAP + 1):
                with self.subTest(words=words, seconds=seconds):
                    taken, before = clock_drift.ahead_of_host(machine, 10)
                    machine.process.send_signal(signal.SIGSTOP)
                    time.sleep(seconds)
                    machine.process.send_signal(signal.SIGCONT)
                    taken_after, after = clock_drift.ahead_of_host(machine, 10)
                    self.assertLess(abs(after - before), taken + taken_after + 0.1)
            machine.kill()
