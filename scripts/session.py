#!/usr/bin/env python3
"""Boots the image, types at it over COM1, and records what the shell and the monitor answer.

    scripts/session.py            writes docs/session.md; an answer that differs in numbers alone stays as it is there
    scripts/session.py --check    fails if that page differs from the answers in more than numbers
"""

import difflib
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from runner import machine, paths, screen, shell  # noqa: E402  (the path has to be set first)

PAGE = paths.ROOT / "docs" / "session.md"

HEAD = """# A session

Written by `make docs`: what a terminal on COM1 shows when these lines are typed at the image in QEMU.
"""

# What is typed at the shell, Debian's busybox.
SHELL = ("At the shell", [
    "uname -a", "ls -l /", "ps", "seq 5 | awk '{ sum += $1 } END { print sum }'", "find /etc -type f | xargs grep -l root",
    "sleep 100 &", "jobs", "kill %1; wait", "cat /proc/mounts", "echo $((6 * 7)) > /tmp/answer; cat /tmp/answer",
    "cat /etc/shadow"])

# Each part of what is typed at the monitor.
PARTS = [
    ("The commands", ["help", "help dump"]),
    ("The machine", ["cpu", "mem", "irq", "acpi", "date"]),
    ("The kernel", ["tasks", "heap", "log 3", "uptime"]),
    ("Memory", ["translate ffffffff80100000", "dump ffffffff80100000 48", "dump 0", "dump deadbeefdeadbeef"]),
    ("Errors", ["frobnicate", "translate here", "dump 0 1000000", "keymap klingon"]),
    ("A fault after which the kernel goes on", ["fault breakpoint"]),
    ("A panic", ["fault write-rodata"]),
]
LAST = PARTS[-1][1][-1]  # there is no prompt after it
LOGGED = {"fault breakpoint": "going on"}  # commands after which the log shows a line, before the prompt or above it

NUMBER = re.compile(r"\b(0x)?[0-9a-f]*\d[0-9a-f]*\b|\b[0-9a-f]{2}\b|\b[0-9a-f]{4}\b|\b[0-9a-f]{16}\b|\[[#+. -]+\]")


def answer(cairn, line):
    """The lines that COM1 shows for a command, including the log's."""
    start = len(cairn.received)
    shown = cairn.answer(line)
    if line in LOGGED:
        cairn.wait_text(LOGGED[line], start)
        cairn.wait_prompt(start)
        shown = cairn.answer_since(start)
    return shown


def crash(cairn, line):
    """The lines that COM1 shows for a command that panics."""
    start = len(cairn.received)
    cairn.may_panic = True
    cairn.send(line.encode() + b"\r")
    cairn.wait_text("PANIC: ", start)
    while cairn.read(1):
        pass
    return screen.rendered(cairn.output(start)).rstrip("\n").split("\n")[1:]


def type_part(cairn, title, lines, prompt=machine.PROMPT):
    """The part's text: prompts, lines and answers."""
    yield f"\n## {title}\n"
    for line in lines:
        yield f"    {prompt}{line}"
        shown = crash(cairn, line) if line == LAST else answer(cairn, line)
        yield from (f"    {text}".rstrip() for text in shown)


def session():
    """The page's lines."""
    clock = ["-rtc", "base=2028-02-29T12:34:56,clock=vm"]
    with shell.ShellMachine(paths.LOGS / "session.log", options=clock) as cairn:
        cairn.wait_ready()
        text = HEAD.rstrip() + "\n" + "\n".join(type_part(cairn, *SHELL, prompt=shell.SHELL_PROMPT))
    with machine.Machine(paths.LOGS / "session.log", options=clock) as cairn:
        cairn.wait_ready()
        for title, lines in PARTS:
            text += "\n" + "\n".join(type_part(cairn, title, lines))
    return (text + "\n").splitlines()


def without_numbers(lines):
    """The text without what may differ: addresses, times, counts, bars and the widths of their columns."""
    return [" ".join(NUMBER.sub("#", line).split()) for line in lines]


def blocks(lines):
    """The page in pieces: each begins with a heading or with a line that is typed, and goes on to the next."""
    found = [[]]
    for line in lines:
        if line.startswith(("## ", f"    {machine.PROMPT}", f"    {shell.SHELL_PROMPT}")):
            found.append([])
        found[-1].append(line)
    return found


def with_old_numbers(lines, old):
    """The new page with the old pieces where only numbers differ, so that a change of the page shows what has changed."""
    kept = {tuple(without_numbers(block)): block for block in blocks(old)}
    return [line for block in blocks(lines) for line in kept.get(tuple(without_numbers(block)), block)]


def main(arguments):
    """Types the parts, and writes or checks the page."""
    lines = session()
    if arguments != ["--check"]:
        old = PAGE.read_text().splitlines() if PAGE.exists() else []
        PAGE.write_text("".join(f"{line}\n" for line in with_old_numbers(lines, old)))
        return 0
    differing = [line for line in difflib.unified_diff(without_numbers(PAGE.read_text().splitlines()),
                                                       without_numbers(lines), "docs/session.md", "now", lineterm="", n=0)]
    if differing:
        print("\n".join(differing), "'make docs' writes docs/session.md anew", sep="\n", file=sys.stderr)
    return bool(differing)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
