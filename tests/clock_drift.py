#!/usr/bin/env python3
"""Lets two machines run beside a build that keeps the host busy, one with each interrupt controller, and tells how far
their clocks are from the host's after a while.

    tests/clock_drift.py [MINUTES]

Exits with 1 when a clock is off by a tenth of a second or more.
"""

import contextlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import machine, paths, qemu  # noqa: E402  (the path has to be set first)

CONTROLLERS = ("pic", "apic")
QUESTIONS = 50
LIMIT = 0.1  # seconds
TICK = 1193 / 1193182  # seconds


def start_machine(controller):
    """A machine at its prompt, whose time is the host's."""
    return machine.Machine(paths.LOGS / f"clock-drift.{controller}.log",
                           options=qemu.fw_cfg_cmdline(f"irq={controller}"))


def seconds(answer):
    """The time in the answer of `uptime`, H:MM:SS.mmm."""
    hours, minutes, rest = re.search(r"(\d+):(\d+):([\d.]+)", answer).groups()
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def ahead_of_host(guest, questions=QUESTIONS):
    """How far the guest's clock is ahead of the host's, which began at some other time: pairs of the shortest time that an
    answer took, and the difference."""
    def ask():
        before = time.monotonic()
        shown = seconds(guest.answer("uptime")[0])
        after = time.monotonic()
        return after - before, shown - (before + after) / 2

    return min(ask() for _ in range(questions))


def timer_interrupts(guest):
    """How many there have been, of either timer."""
    return sum(int(count) for count in re.findall(r"^ *line +0 +(\d+)", "\n".join(guest.answer("irq")), re.MULTILINE))


def keep_host_busy(directory):
    """Starts a build that begins again when it is done."""
    build = f"while :; do make -s -j2 B={directory}/build {directory}/build/cairn.elf; rm -r {directory}/build; done"
    return subprocess.Popen(["bash", "-c", build], cwd=paths.ROOT, start_new_session=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(minutes):
    """For each controller: the clock's error after `minutes`, how uncertain that is, and the share of ticks that came."""
    with contextlib.ExitStack() as stack:
        guests = [stack.enter_context(start_machine(controller)) for controller in CONTROLLERS]
        for guest in guests:
            guest.wait_ready()
        busy = keep_host_busy(stack.enter_context(tempfile.TemporaryDirectory(prefix="cairn-drift-")))
        stack.callback(busy.wait)
        stack.callback(end_group, busy)
        start = time.monotonic()
        first = [(ahead_of_host(guest), timer_interrupts(guest)) for guest in guests]
        while time.monotonic() < start + 60 * minutes:
            for guest in guests:
                guest.read_alive(1)
        elapsed = time.monotonic() - start
        last = [(ahead_of_host(guest), timer_interrupts(guest)) for guest in guests]
    for (begin, ticks_before), (end, ticks_after) in zip(first, last):
        yield end[1] - begin[1], (begin[0] + end[0]) / 2, (ticks_after - ticks_before) * TICK / elapsed


def end_group(process):
    """Ends a process and all that it has started."""
    subprocess.run(["kill", "--", f"-{process.pid}"], check=False)


def main(arguments):
    """Measures and prints; 1 when a clock is off."""
    minutes = float(arguments[0]) if arguments else 10
    worst = 0
    for controller, (error, uncertain, ticks) in zip(CONTROLLERS, measure(minutes)):
        worst = max(worst, abs(error))
        print(f"irq={controller}: off by {1000 * error:+.1f} ms after {minutes:g} minutes"
              f" (give or take {1000 * uncertain:.1f} ms); {100 * ticks:.1f} % of the ticks came")
    return 1 if worst >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
