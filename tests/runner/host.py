"""Test programs that run on this machine: host-tests, and those of tests/user on this machine's own Linux."""

import resource
import subprocess
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import dataclass

from runner import coverage

LIMIT = 900.0
CPU_LIMIT = 120  # seconds of the processor's time, which do not pass while the machine is busy with something else


@dataclass
class Outcome:
    """What a program has written, and how it ended."""

    output: bytes
    errors: str
    status: int  # None: it had not ended within LIMIT


def limit_cpu_time():
    """Ends a program that loops long before its time by the clock is over."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))


def run(program, suite):
    """Runs one suite of a program. It writes to files: a process that it leaves behind could keep a pipe open. OSError: it
    cannot be started."""
    with coverage.program() as environment, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            status = subprocess.run([str(program), suite], stdin=subprocess.DEVNULL, env=environment, stdout=output,
                                    stderr=errors, timeout=LIMIT, preexec_fn=limit_cpu_time, check=False).returncode
        except subprocess.TimeoutExpired:
            status = None
        output.seek(0)
        errors.seek(0)
        return Outcome(output.read(), errors.read().decode("utf-8", "replace"), status)


_outcomes = {}  # of this run of the tests: a Future for each program and suite
_outcomes_lock = threading.Lock()


def run_once(program, suite):
    """Like run(), but only the first call in a run of the tests runs the program; the others get the same outcome. Any
    thread may call it."""
    with _outcomes_lock:
        is_first = (program, suite) not in _outcomes
        outcome = _outcomes.setdefault((program, suite), Future())
    if is_first:
        try:
            outcome.set_result(run(program, suite))
        except Exception as error:  # pylint: disable=broad-except
            outcome.set_exception(error)
    return outcome.result()


def forget():
    """A new run of the tests begins: each program runs again."""
    with _outcomes_lock:
        _outcomes.clear()
