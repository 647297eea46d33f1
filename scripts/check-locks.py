#!/usr/bin/env python3
"""Holds the locks against the code: the documented order is that of the ranks; no function comes to a lock while it holds one of the
same rank or a later one; and a function whose contract says "With the names locked" (or the inode, or the changes) is called by
functions alone that hold that lock, or whose contract says so, too.

A mutex has the rank that MUTEX_INIT_RANKED gives it. What a function does is read off its text, from the top to the end: locks,
unlocks and calls. A function that only locks or only unlocks does so for its caller; one that first unlocks and then locks again
is called with the lock held. Calls through pointers are not followed: for those, and for what depends on conditions, the
test kernel notes each lock that a thread holds (include/kernel/task/lock_order.h).
"""

import importlib.util
import re
import sys
from collections import defaultdict
from pathlib import Path

from floors import ROOMS

TOP = Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RANK = re.compile(r"^    (LOCK_OF_\w+),$", re.MULTILINE)
LISTED = re.compile(r"^ \*     (LOCK_OF_\w+) ", re.MULTILINE)
INIT = re.compile(r"MUTEX_INIT_RANKED\([\w>.-]*?(\w+), (LOCK_OF_\w+)\)")
FUNCTION = re.compile(r"^(static )?[A-Za-z_][^;={}()#]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}$", re.DOTALL | re.MULTILINE)
NEED = re.compile(r"(?<!Not )\b[Ww]ith ((?:(?:and|the|names|inode|\w*\.?changes) )+)locked")
NEEDED = {"names": "LOCK_OF_NAMES", "inode": "LOCK_OF_CONTENT", "changes": "LOCK_OF_DISK"}
EVENT = re.compile(r"\bthread_(lock|unlock)\(&[\w>.()-]*?(\w+)\)|\b(\w+)\(")

_spec = importlib.util.spec_from_file_location("waits", Path(__file__).with_name("check-waits.py"))
waits = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(waits)


def sources():
    """The kernel's C files without their comments, as {path: text}."""
    return {str(path.relative_to(TOP)): COMMENT.sub("", path.read_text()) for room in ROOMS for path in sorted((TOP / room).rglob("*.c"))}


class Code:
    """The functions of some sources, each a list of events: (lock or unlock, rank) or (call, function)."""

    def __init__(self, texts):
        self.ranks = defaultdict(dict)  # field: {file: rank}
        for path, text in texts.items():
            for field, rank in INIT.findall(text):
                self.ranks[field][path] = rank
        self.functions, self.unknown = {}, []
        bodies = {(path if static else "", name): (path, body)
                  for path, text in texts.items() for static, name, body in FUNCTION.findall(text)}
        for key, (path, body) in bodies.items():
            self.functions[key] = [event for match in EVENT.finditer(body) for event in self.event(path, match, bodies)]
        self.held_at_entry, self.left_at_exit = {}, {}
        for key, events in self.functions.items():
            self.held_at_entry[key], self.left_at_exit[key] = self.ends(events)
        self.taken = self.all_taken()

    def event(self, path, match, bodies):
        """What a place in a body does; nothing for a lock without a rank and for a function that is not here."""
        what, field, name = match.groups()
        if not what:
            key = (path, name) if (path, name) in bodies else ("", name)
            return [("call", key)] if key in bodies else []
        places = self.ranks.get(field, {})
        found = {places[path]} if path in places else \
            {rank for place, rank in places.items() if Path(place).parent == Path(path).parent}
        if places and len(found) != 1:
            self.unknown.append(f"{path}: which of the locks called {field} is it?")
        return [(what, found.pop())] if len(found) == 1 else []

    @staticmethod
    def ends(events):
        """The ranks that a function's own locks want to be held when it is called, and those that it leaves held or free."""
        first, last = {}, {}
        for what, rank in events:
            if what != "call":
                first.setdefault(rank, what)
                last[rank] = what
        wants = {rank for rank, what in first.items() if what == "unlock"}
        return wants, {rank: last[rank] == "lock" for rank in last if (rank in wants) != (last[rank] == "lock")}

    def all_taken(self):
        """{function: ranks that it comes to a lock of, though it is not called with them held}."""
        taken = {key: {rank for what, rank in events if what == "lock"} - self.held_at_entry[key] for key, events in self.functions.items()}
        changed = True
        while changed:
            changed = False
            for key, events in self.functions.items():
                more = {rank for what, target in events if what == "call" for rank in taken[target]} - self.held_at_entry[key] - taken[key]
                taken[key] |= more
                changed = changed or bool(more)
        return taken

    def walk(self, key):
        """Each event of a function with the ranks that are held before it."""
        held = set(self.held_at_entry[key])
        for what, target in self.functions[key]:
            yield what, target, set(held)
            changes = self.left_at_exit[target] if what == "call" else {target: what == "lock"}
            held = {rank for rank in held if changes.get(rank, True)} | {rank for rank, locked in changes.items() if locked}


def out_of_order(code, order):
    """Each place where a lock is taken while one of the same rank or a later one is held."""
    for key in code.functions:
        for what, target, held in code.walk(key):
            taken = code.taken[target] if what == "call" else {target} if what == "lock" else set()
            for rank in sorted(taken, key=order.index):
                wrong = [other for other in held if order.index(other) >= order.index(rank)]
                if wrong:
                    through = f" in {target[1]}()" if what == "call" else ""
                    yield f"{key[1]}(){key[0] and ' of ' + key[0]} holds {wrong[0]} and comes to {rank}{through}"


def needs_of_contracts():
    """{function: ranks that its contract wants to be held}."""
    return {name: {rank for words in NEED.findall(contract) for word, rank in NEEDED.items() if word in words}
            for header in sorted((TOP / "include").rglob("*.h")) for name, contract in waits.pieces(header)}


def not_held(code, needs):
    """Each public function that does not hold what a function wants that it comes to, and does not want it itself."""
    wants = {(path, name): dict.fromkeys(() if path else needs.get(name, ()), name) for path, name in code.functions}
    changed = True
    while changed:
        changed = False
        for key in code.functions:
            for what, target, held in code.walk(key):
                more = set(wants[target]) - held - set(wants[key]) if what == "call" else ()
                wants[key].update({rank: target[1] for rank in more})
                changed = changed or bool(more)
    for (path, name), ranks in wants.items():
        for rank, target in ranks.items():
            if not path and rank not in needs.get(name, ()):
                yield f"{name}() comes to {target}(), which wants {rank} to be held; its contract does not say so"


def main():
    """Prints each offence; the exit status says whether there was one."""
    order = RANK.findall((TOP / "include/kernel/task/lock_order.h").read_text())
    listed = LISTED.findall((TOP / "fs/vfs.c").read_text().partition("*/")[0] + " ")
    code = Code(sources())
    found = list(code.unknown)
    if listed != order:
        found.append(f"fs/vfs.c lists the locks as {', '.join(listed)}; their ranks are {', '.join(order)}")
    found += [*out_of_order(code, order), *not_held(code, needs_of_contracts())]
    for offence in found:
        print(offence, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
