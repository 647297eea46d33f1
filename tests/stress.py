#!/usr/bin/env python3
"""Has stress-ng's stressors run a moment on Cairn and under Debian's kernel, and compares how they end and what they call a
failure.

    tests/stress.py VMLINUZ [CLASS OR STRESSOR ...]
"""

import difflib
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import both, paths, qemu  # noqa: E402  (the path has to be set first)

CLASSES = "cpu memory vm pipe scheduler filesystem interrupt".split()
LIMIT = 7200.0  # seconds
OPTIONS = ["-cpu", "max", "-m", "1G"]
SCRIPT = Path(__file__).with_name("tools") / "stress_programs.sh"
END = "stress: all"


def results(text):
    """The lines of a run, without the numbers of processes; of many that are the same, one."""
    if END not in text:
        print(f"stress: it has not ended well:\n{text[-2000:]}")
    lines = [re.sub(r"\[\d+\]|\b(pid|process) \d+", "N", line.removeprefix("stress: "))
             for line in text.splitlines() if line.startswith("stress: ")]
    return [line + "\n" for line in dict.fromkeys(lines)]


def main(arguments):
    """Runs and compares; 1 when they differ."""
    with tempfile.TemporaryDirectory(prefix="cairn-stress-") as folder:
        disk, words = Path(folder) / "disk", Path(folder) / "stressors"
        words.write_text("\n".join(arguments[1:] or CLASSES) + "\n")
        both.make_disk(disk, [SCRIPT, words])
        options = [*OPTIONS, *both.drive(disk)]
        try:
            ours = results(both.on_cairn(SCRIPT.name, options, paths.LOGS / "stress.cairn.log", LIMIT, END))
        except (qemu.QemuError, AssertionError) as error:
            print(f"stress: {error}")
            return 1
        linux = results(both.on_linux(arguments[0], SCRIPT.name, options, paths.LOGS / "stress.linux.log", LIMIT))
    different = list(difflib.unified_diff(linux, ours, "Linux", "Cairn", n=0))
    sys.stdout.writelines(different)
    print(f"stress: {sum('status' in line for line in linux)} stressors, {len(different)} lines differ")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
