#!/usr/bin/env python3
"""session.py OUT.md: boots the image, types at it over COM1, and keeps what the monitor answers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from runner import machine, paths  # noqa: E402  (the path has to be set first)

HEAD = """# A session

Written by `make session`: what a terminal on COM1 shows when these lines are typed at the image in QEMU.
"""

# Each part of the page, and the lines that are typed for it.
PARTS = [
    ("What there is", ["help", "help dump"]),
    ("The machine", ["cpu", "mem", "irq", "acpi", "date"]),
    ("The kernel", ["tasks", "heap", "log 3", "uptime"]),
    ("Memory", ["translate ffffffff80100000", "dump ffffffff80100000 48", "dump 0", "dump deadbeefdeadbeef"]),
    ("What is wrong says why", ["frobnicate", "translate here", "dump 0 1000000", "keymap klingon"]),
    ("A fault that is survived", ["fault breakpoint"]),
]


def type_part(cairn, title, lines):
    """The part's text: prompts, lines and answers."""
    yield f"\n## {title}\n"
    for line in lines:
        yield f"    {machine.PROMPT}{line}"
        yield from (f"    {answer}".rstrip() for answer in cairn.answer(line))


def main(out):
    """Types the parts and writes the page."""
    with machine.Machine(paths.LOGS / "session.log", options=["-rtc", "base=2028-02-29T12:34:56,clock=vm"]) as cairn:
        cairn.wait_ready()
        text = [HEAD.rstrip()]
        for title, lines in PARTS:
            text += type_part(cairn, title, lines)
    Path(out).write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
