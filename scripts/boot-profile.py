#!/usr/bin/env python3
"""Where the instructions of a boot go: for each statement of kernel_main(), in order, and for what it calls.

    scripts/boot-profile.py            writes the table in docs/architecture.md, unless it is near to what is counted now
    scripts/boot-profile.py --check    fails when that table is no longer near to what is counted now

QEMU logs each block of instructions that it executes (tests/runner/trace.py). A block that lies in kernel_main belongs
to the statement that the debug information has for it, since the compiler has put most callees right there; any other
block belongs to the statement that is under way, and to the function that was entered from there.
"""

import bisect
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))

from runner import machine, pages, paths, qemu, trace  # noqa: E402  (the path has to be set first)

PAGE, PART = TOP / "docs" / "architecture.md", "boot"
MAIN = TOP / "kernel" / "main.c"
END = "poll_monitor"
ENTRY = (0, "boot/entry.asm")
MENTION = 0.02       # of all instructions: a callee with fewer is not named
TOLERANCE = 0.05     # of all instructions: a row may be off by this many


def boot(log):
    """Boots the image quietly up to the prompt, with QEMU's log in a file."""
    options = ["-cdrom", str(paths.ISO), *qemu.menu_entry("text"), *qemu.fw_cfg_cmdline("init=monitor loglevel=error"),
               *trace.OPTIONS, "-d", "in_asm,exec,nochain", "-dfilter", trace.kernel_filter(), "-D", str(log)]
    with qemu.Qemu(options, log.with_suffix(".com1")) as cairn:
        deadline = time.monotonic() + qemu.BOOT_LIMIT
        while machine.PROMPT.encode() not in cairn.received:
            if cairn.closed or time.monotonic() > deadline:
                raise qemu.QemuError(f"no prompt within {qemu.BOOT_LIMIT:g} s: {cairn.errors()}")
            cairn.read(1)
        cairn.execute("quit")
        cairn.wait(qemu.BOOT_LIMIT)


class Symbols:
    """The kernel's functions and labels, by address."""

    def __init__(self, elf):
        table = subprocess.run([paths.tool("nm"), "-n", elf], check=True, capture_output=True, text=True).stdout
        found = [line.split() for line in table.splitlines()]
        self.names = [(int(address, 16), name) for address, kind, name in found if kind in "tT"]
        self.starts = [address for address, _ in self.names]

    def at(self, address):
        """The name, without what the compiler adds to it when it takes a function apart."""
        return self.names[bisect.bisect(self.starts, address) - 1][1].split(".")[0]


def statements():
    """What kernel_main() calls, as {line: (first line of the statement, function)}."""
    text = re.sub(r" */\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), MAIN.read_text(), flags=re.DOTALL)
    body = text.index("\n{\n", text.index("\nvoid kernel_main(")) + 3
    line = text.count("\n", 0, body) + 1
    found = {}
    for statement in re.split(r"(?<=;)\n", text[body:text.index("\n}\n", body)]):
        lines = range(line, line + statement.count("\n") + 1)
        call = re.search(r"(?<!if )\b(\w+)\(", statement)
        if call:
            found |= dict.fromkeys(lines, (line, call[1]))
        line = lines.stop
    return found


def statement_lines(elf, addresses):
    """For instructions that lie in kernel_main, inlined callees included, its own line that they are of."""
    command = [paths.tool("addr2line"), "-e", elf, "-f", "-i", "-a", *map(hex, addresses)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    for part in re.split(r"^0x", answer, flags=re.MULTILINE)[1:]:
        address, *frames = part.splitlines()
        place = re.match(r".*kernel/main\.c:(\d+)", frames[-1])
        if place and frames[-2] == "kernel_main":
            found[int(address, 16)] = int(place[1])
    return found


def count(log, elf):
    """Instructions by statement and callee: {(line, statement): {callee: count}}, the callee '' for the statement itself."""
    symbols, main = Symbols(elf), statements()
    executed = [block for block in trace.blocks(log) if block]
    if not executed:
        raise qemu.QemuError("QEMU's log lists no instructions; was it built without a disassembler?")
    own = sorted({address for block in executed for address in block if symbols.at(address) == "kernel_main"})
    lines = statement_lines(elf, own)
    counts = defaultdict(lambda: defaultdict(int))
    row, callee = None, ""
    for block in executed:
        for address in block:
            name = symbols.at(address)
            if name == trace.START:
                row, callee = ENTRY, ""
            elif name == END and row:
                return counts
            elif name == "kernel_main":
                row, callee = main.get(lines.get(address), row), ""
            elif row and not callee:
                callee = name
            if row:
                counts[row][callee] += 1
    raise qemu.QemuError(f"the boot has not come to {END}()")


def table(counts):
    """The lines of the table."""
    total = sum(sum(callees.values()) for callees in counts.values())
    yield "| step | instructions | most of them in |"
    yield "| --- | ---: | --- |"
    for (_, step), callees in sorted(counts.items()):  # in the order of the source
        most = sorted(((number, name) for name, number in callees.items()
                       if name not in ("", step) and number > MENTION * total), reverse=True)
        named = ", ".join(f"`{name}` {number:,}" for number, name in most)
        yield f"| `{step}` | {sum(callees.values()):,} | {named} |"
    yield f"| all | {total:,} | |"


def figures(lines):
    """The rows of a table as pairs of step and instructions."""
    return [(cells[1].strip(" `"), int(cells[2].replace(",", ""))) for cells in (line.split("|") for line in lines[2:])]


def offences(lines):
    """In what the page's table differs too much from what was counted now."""
    now, then = figures(lines), figures(pages.read(PAGE, PART))
    if [step for step, _ in now] != [step for step, _ in then]:
        yield "the boot's table has not the steps of kernel_main()"
        return
    for (step, number), (_, written) in zip(now, then):
        if abs(number - written) > TOLERANCE * now[-1][1]:
            yield f"the boot's step {step} takes {number:,} instructions, not {written:,}"


def main(arguments):
    """Boots, counts, and writes or checks."""
    log = paths.LOGS / "boot-profile.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        boot(log)
        lines = list(table(count(log, paths.KERNEL_DEBUG)))
    except qemu.QemuError as error:
        print(f"boot-profile: {error}", file=sys.stderr)
        return 1
    found = list(offences(lines))
    if arguments != ["--check"]:
        print("\n".join(lines))
        if found:
            pages.write(PAGE, PART, lines)
        return 0
    for offence in found:
        print(f"{PAGE.relative_to(TOP)}: {offence}; 'make docs' writes it anew", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
