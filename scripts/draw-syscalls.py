#!/usr/bin/env python3
"""Writes docs/syscalls.md, the page of all system calls, from include/kernel/syscall/table.def.

    scripts/draw-syscalls.py            writes it
    scripts/draw-syscalls.py --check    fails when it is not what it would be written as, or a function is not where the table says
"""

import re
import sys
import textwrap
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
TABLE, PAGE = TOP / "include/kernel/syscall/table.def", TOP / "docs/syscalls.md"

ENTRY = re.compile(r"^(CALL|MISSING|FALLS_SHORT)\((.*?)\)$|^/\* -+ (\w+\.c) -+ \*/$", re.MULTILINE | re.DOTALL)
ARGUMENT = re.compile(r"(\w+)\(([^()]*)\)")

RESULTS = {"ZERO": "int", "COUNT": "ssize_t", "FD": "int", "ID": "pid_t", "NUMBER": "long", "ADDRESS": "void *", "NEVER": "void"}
# What stands in front of an argument's name in C. `{}` is the structure.
ARGUMENTS = {
    "INT": "int ", "UNSIGNED": "unsigned ", "LONG": "long ", "SIZE": "size_t ", "OFFSET": "off_t ", "ADDRESS": "void *",
    "FD": "int ", "DIRECTORY": "int ", "ID": "pid_t ", "USER": "uid_t ", "SIGNAL": "int ", "MODE": "mode_t ",
    "DEVICE": "dev_t ", "WORDS": "int ", "PATH": "const char *", "STRING": "const char *", "STRINGS": "char *const *",
    "BYTES_IN": "const void *", "BYTES_OUT": "void *", "ANY": "unsigned long ",
    "IN": "const {} *", "OUT": "{} *", "IN_OUT": "{} *",
    "ARRAY_IN": "const {} *", "ARRAY_OUT": "{} *", "ARRAY_IN_OUT": "{} *",
}
# The structures that are none in C.
TYPES = {
    "descriptors": "int", "fd_set": "fd_set", "id": "uint32_t", "offset": "off_t", "seconds": "time_t", "siginfo": "siginfo_t",
    "sigset": "sigset_t", "stack": "stack_t", "status": "int", "timespecs": "struct timespec", "timevals": "struct timeval",
}

HEAD = """\
# System calls

Written by `make docs` from `include/kernel/syscall/table.def`, from which the dispatcher and the words for calls are made, too.

Programs call Cairn as they call Linux on x86_64: the number in `rax`, arguments in `rdi`, `rsi`, `rdx`, `r10`, `r8` and `r9`, and the
result, or the negative of an error's number, in `rax`. Section 2 of Linux's manual describes each call; where Cairn does less, the
last column says so. {there} of the {all} calls of Linux 6.1 are there. The others fail with ENOSYS, which programs know how to
handle. `tests/user/` holds the calls against Linux itself.
"""


def entries(text):
    """The table's entries in order, as pairs of a kind and a text; a file's name has the kind "file"."""
    for kind, words, file in ENTRY.findall(text):
        yield ("file", file) if file else (kind, " ".join(words.split()))


def prototype(words):
    """The number of a call, and its prototype in C."""
    number, result, name, *rest = (word.strip() for word in words.split(",", 3))
    arguments = []
    for kind, inner in ARGUMENT.findall("".join(rest)):
        argument, _, more = inner.partition(",")
        structure = more.split(",")[0].strip()
        arguments.append(ARGUMENTS[kind].format(TYPES.get(structure, f"struct {structure}")) + argument.strip())
    kind = RESULTS[result]
    return int(number), f"{kind}{'' if kind.endswith('*') else ' '}{name}({', '.join(arguments) or 'void'})"


def read(text):
    """The calls that are there, as lists of number, prototype, file and what falls short; and the missing ones' names."""
    calls, missing, file = [], [], ""
    for kind, words in entries(text):
        if kind == "file":
            file = words
        elif kind == "CALL":
            calls.append([*prototype(words), file, ""])
        elif kind == "FALLS_SHORT":
            calls[-1][3] += ("; " if calls[-1][3] else "") + words.strip('"').replace('" "', "")
        else:
            missing.append(words.split(", ")[1])
    return sorted(calls), missing


def page(text):
    """The whole page."""
    calls, missing = read(text)
    yield HEAD.format(there=len(calls), all=len(calls) + len(missing))
    yield "| number | call | in `kernel/syscall/` | falls short |"
    yield "| ---: | --- | --- | --- |"
    for number, call, file, short in calls:
        yield f"| {number} | `{call}` | `{file}` | {short} |"
    yield "\n## Not there\n"
    yield textwrap.fill(", ".join(missing) + ".", 120)


def offences(table):
    """Calls that stand below the wrong file's name, and a page that is not what it would be written as."""
    for _, call, file, _ in read(table)[0]:
        name = call.split("(")[0].split()[-1].lstrip("*")
        if f"int64_t syscall_{name}(" not in (TOP / "kernel/syscall" / file).read_text():
            yield f"{TABLE.relative_to(TOP)}: syscall_{name} is not in {file}"
    if not PAGE.exists() or PAGE.read_text() != "\n".join(page(table)) + "\n":
        yield f"{PAGE.relative_to(TOP)} is not what it is drawn from; 'make docs' mends it"


def main(arguments):
    """Writes or checks."""
    table = TABLE.read_text()
    if arguments != ["--check"]:
        PAGE.write_text("\n".join(page(table)) + "\n")
        return 0
    found = list(offences(table))
    print("".join(f"{offence}\n" for offence in found), end="", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
