"""What the runner prints: a line for each suite as it ends, and the sum in the last line."""

import threading

from runner import ktap


class Report:
    """Counts single tests. Its methods may be called from any thread."""

    def __init__(self, write=print):
        self.passed = 0
        self.failed = 0
        self._write = write
        self._lock = threading.Lock()

    def add(self, name, verdict, seconds):
        """One suite has ended: its line, and the details below it."""
        with self._lock:
            self.passed += verdict.passed
            self.failed += verdict.failed
            self._write(_line(name, verdict, seconds))
            for detail in verdict.details:
                self._write("        " + detail)

    def interrupted(self):
        """The run was broken off: whatever passed, it is no success."""
        self.add("interrupted", ktap.Verdict(ktap.NOT_FINISHED, 0, 1), 0.0)

    def close(self):
        """Prints the last line and gives the exit status. Nothing run is nothing proved."""
        self._write(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.failed == 0 and self.passed > 0 else 1


def _line(name, verdict, seconds):
    good = verdict.kind == ktap.PASSED and verdict.failed == 0
    counts = f"{verdict.passed} passed"
    if verdict.failed:
        counts += f", {verdict.failed} failed"
    return f"{'ok  ' if good else 'FAIL'} {name:32} {verdict.kind} ({counts}), {seconds:.1f} s"
