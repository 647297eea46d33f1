"""What a guest executes, from QEMU's log: each block of instructions (-d exec), its instructions, which QEMU lists when it
first meets it (-d in_asm), and the bytes that it sends to a serial port (-d trace:serial_write).

Under -icount the same image takes the same way every time. The kernel's addresses and those of programs have to be
chosen by -dfilter: the loader runs millions of instructions before the kernel does.
"""

import re

from runner import symbols

OPTIONS = ["-cpu", "qemu64", "-icount", "shift=0,sleep=off,align=off"]
KERNEL = range(0xffffffff80100000, 0xffffffff80200000)
PROGRAMS = ["0x400000..0x7fffff", "0x555555000000..0x7fffffffffff"]  # static ones, and all others; no loader is there
START = "higher_half"  # the kernel's first instruction at its own addresses

COUNT_MASK = 0x1ff   # of a block's flags: it was cut to so many instructions, and is executed in another one's place

EXECUTED = re.compile(r"^Trace \d+: (0x[0-9a-f]+) \[[0-9a-f]+/([0-9a-f]{16})/[0-9a-f]+/([0-9a-f]{8})\]")
# A long instruction has a second line, of bytes alone.
INSTRUCTION = re.compile(r"^0x([0-9a-f]{16}):  (?:[0-9a-f]{2} )+ +([a-z]+)")
SENT = re.compile(r"^serial_write write addr 0x00 val 0x([0-9a-f]{2})")


def kernel_filter():
    """The kernel's addresses, as -dfilter has them."""
    return f"{KERNEL.start:#x}..{KERNEL.stop - 1:#x}"


def events(log):
    """What happens, in order: each block as the list of the addresses that were executed, and each byte sent as a
    number. A byte comes before the block that sends it. Beside each, the addresses of all `hlt` that were met."""
    code, listed, last, halts = {}, [], None, set()
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("IN:"):
                listed = []
            elif found := INSTRUCTION.match(line):
                listed.append(int(found[1], 16))
                if found[2] == "hlt":
                    halts.add(listed[-1])
            elif found := EXECUTED.match(line):
                block, at, flags = found[1], int(found[2], 16), int(found[3], 16)
                if listed and listed[0] == at:
                    code[block] = listed
                    listed = []
                if last:
                    yield last[:last.index(at)] if flags & COUNT_MASK and at in last else last, halts
                last = code.get(block)
            elif found := SENT.match(line):
                yield int(found[1], 16), halts


def blocks(log):
    """The instructions' addresses of each block that was executed, in order, as far as it was executed."""
    return (event for event, _ in events(log) if isinstance(event, list))


def instructions_until(log, text):
    """How many instructions run from the kernel's first to the byte that completes `text` on COM1. None when it does not
    come, or the processor halts before: then time passes that no instruction takes."""
    start, count, sent = symbols.address(START), None, bytearray()
    for event, halts in events(log):
        if not isinstance(event, list):
            sent.append(event)
            if count is not None and sent.endswith(text):
                return count
        elif count is not None:
            count += len(event)
            if not halts.isdisjoint(event):
                return None
        elif start in event:
            count = len(event) - event.index(start)
    return None
