"""Delays on purpose. On a busy host either side of a test may have to wait for a processor: the test between two of its
steps, or the emulator at any moment. With DELAYS=1 each step of a test comes late, by more than a machine needs to do all
that it has to do, and now and then the emulator stands still for a while. A test that relies on being quicker than
its machine fails then as a rule, and not once in fifty runs. A test that relies on its machine being late is not
found so: one that takes the first new picture of a screen for the whole one."""

import os
import random
import signal
import threading
import time

ON = os.environ.get("DELAYS", "0") != "0"
STEP = 0.03  # seconds
STANDSTILLS = 0.01  # so many of the steps have one,
LONGEST_STANDSTILL = 1.0  # seconds at most


def hold_up(process):
    """Called at each step of a test; `process` is its emulator."""
    if not ON:
        return
    if random.random() < STANDSTILLS:
        stand_still(process, random.uniform(0, LONGEST_STANDSTILL))
    time.sleep(STEP)


def stand_still(process, seconds):
    """Stops a process, and has it go on after a while; harmless when it ends. Gives the timer that will do so."""
    process.send_signal(signal.SIGSTOP)
    timer = threading.Timer(seconds, process.send_signal, [signal.SIGCONT])
    timer.daemon = True
    timer.start()
    return timer
