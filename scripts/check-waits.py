#!/usr/bin/env python3
"""Fails when a function's contract does not say that it may wait: check-waits.py BUILD.

A thread waits in one of the functions of WAITS. The calls are those in the machine code of the test kernel, so they include
those of functions that the compiler has put into their callers; calls through pointers are not followed. A public function
that can reach a wait has the word "wait" in its contract, in the heading of its part, or in its header's first comment. A
function whose contract says that it does not wait must not reach one. Set-up code is exempt, since nothing else runs then
and so it waits for nothing, and so are functions that do not return.
"""

import importlib.util
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from floors import path_between

TOP = Path(__file__).resolve().parent.parent
WAITS = {"thread_park", "thread_wait", "thread_wait_interruptible", "await", "await_interruptible", "thread_lock"}
FUNCTION = re.compile(r"^([0-9a-f]{16}) <([\w.]+)>:$")
CALL = re.compile(r"\t(?:call|jmp|j\w+) +([0-9a-f]+) <([\w.]+)(?:\+0x([0-9a-f]+))?>")
NO_WAIT = re.compile(r"\b(nothing|does not|do not|must not|may not|never) waits?\b", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

_spec = importlib.util.spec_from_file_location("contracts", Path(__file__).with_name("check-contracts.py"))
contracts = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(contracts)


def calls_of(program):
    """{function: functions that it calls or jumps to}. A static function has its address after its name, for others may share
    the name."""
    symbols = subprocess.run(["nm", program], check=True, text=True, stdout=subprocess.PIPE).stdout
    public = {int(line.split()[0], 16) for line in symbols.splitlines() if line.split()[1] == "T"}

    def named(address, name):
        return name if address in public else f"{name}@{address:x}"

    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], check=True, text=True, stdout=subprocess.PIPE).stdout
    calls, current = defaultdict(set), None
    for line in listing.splitlines():
        start = FUNCTION.match(line)
        call = CALL.search(line)
        if start:
            current = named(int(start[1], 16), start[2])
        elif call:
            calls[current].add(named(int(call[1], 16) - int(call[3] or "0", 16), call[2]))
    return calls


def waiting(calls):
    """The functions that can reach a wait."""
    callers = defaultdict(set)
    for name, called in calls.items():
        for target in called:
            callers[target].add(name)
    found, new = set(), set(WAITS)
    while new:
        found |= new
        new = {caller for name in new for caller in callers[name]} - found
    return found


def pieces(header):
    """The functions of a header, each with its contract: the comments of its paragraph."""
    heading = ""
    for piece in contracts.paragraphs(header.read_text()):
        heading = piece if piece.startswith("/* ---") else heading
        for name in contracts.functions(piece):
            yield name, re.sub(r"\s+(\* )?", " ", heading + " ".join(COMMENT.findall(piece)) + "NORETURN" * ("NORETURN" in piece))


def way(calls, name):
    """How a function reaches a wait."""
    ways = [path_between(calls, name, wait) for wait in WAITS]
    return re.sub(r"@\w+", "", " -> ".join(min((found for found in ways if found), key=len)))


def offences(calls, include=TOP / "include"):
    """Each contract that is not true."""
    found = waiting(calls) - WAITS
    for header in sorted(include.rglob("*.h")):
        first = COMMENT.search(header.read_text())
        for name, contract in pieces(header):
            where = f"{header.relative_to(include.parent)}: {name}()"
            if name in found and NO_WAIT.search(contract) and not re.search(r"may wait|can wait", contract):
                yield f"{where} says that it does not wait: {way(calls, name)}"
            elif name in found and not re.search(r"\bwaits?\b|set-up code|NORETURN", contract + (first[0] if first else ""), re.IGNORECASE):
                yield f"{where} does not say that it may wait: {way(calls, name)}"


def main(build):
    """Prints each offence; the exit status says whether there was one."""
    found = list(offences(calls_of(f"{build}/cairn-test.debug.elf")))
    for offence in found:
        print(offence, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
