"""A copy of the tree to break: an edit is made there, built, and tests are run, one edit after the other."""

import contextlib
import os
import re
import shutil
import subprocess
import sys

from runner import paths

# What the suites of a kind need of the build.
NEEDED = {"host": ["host-tests"], "kernel": ["cairn-test.iso"],
          "e2e": ["cairn.iso", "cairn-test.iso", "type-keys", "line-discipline", "screens", "two-trees", "initramfs-tests.cpio",
                  "initramfs-fuzz.cpio"]}


class BrokenTree:
    """A copy of the sources in a folder, with a build of its own. What was built there before stays, so that little has
    to be built again."""

    def __init__(self, folder):
        self.folder = folder

    def copy(self, sources):
        """Makes the sources those of the tree."""
        copies = {file.relative_to(self.folder) for file in self.folder.rglob("*") if file.is_file()}
        for name in copies - sources:
            if name.parts[0] != "build":
                (self.folder / name).unlink()
        for name in sources:
            target = self.folder / name
            if not target.exists() or target.read_bytes() != (paths.ROOT / name).read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(paths.ROOT / name, target)

    @contextlib.contextmanager
    def edited(self, name, text):
        """With another text in a file."""
        file = self.folder / name
        before = file.read_text()
        file.write_text(text)
        try:
            yield
        finally:
            file.write_text(before)

    def run(self, *command, **variables):
        """Runs a command in the copy; its exit status and what it printed."""
        done = subprocess.run(command, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, check=False, env={**os.environ, **variables})
        return done.returncode, done.stdout

    def build(self, names):
        """Builds what some suites need; the exit status and what was printed."""
        return self.run("make", *sorted({f"build/{target}" for name in names for target in NEEDED[name.split("/")[0]]}))

    def run_tests(self, names, **variables):
        """Builds what some suites need and runs them, up to the first failure: None when the build fails, else their exit
        status; and what was said."""
        status, output = self.build(names)
        if status:
            return None, output
        return self.run(sys.executable, "tests/run.py", *names, FIRST_FAILURE_ENDS="1", **variables)


def first_failure(output):
    """The first failing test in the runner's output: its suite and its name, or how the suite ended."""
    suite = re.search(r"^FAIL (\S+) +(.*?) \(", output, re.MULTILINE)
    if not suite:
        return ""
    details = output[suite.end():]
    name = re.search(r"^\s+not ok (?:\d+ )?(\S+)", details, re.MULTILINE)
    following = re.search(r"^(?:ok|FAIL) ", details, re.MULTILINE)
    if name and not (following and following.start() < name.start()):
        return f"{suite[1]}: {name[1]}"
    place = re.match(r"[^\n]*\n(?:\s+exit status[^\n]*\n)?\s+(after test [^\n]*|before the first test[^\n]*)\n", details)
    return f"{suite[1]}: {suite[2]}" + (f" {place[1]}" if place else "")
