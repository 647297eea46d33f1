"""The journeys in the documents: numbered steps, each `file:function`, that lead from call to call through the kernel.

    4. `kernel/monitor/line.c:line_feed` - called by the function of step 3
    5. `kernel/log/console.c:console_write` (from `line_feed`) - by that function of an earlier step
    6. `kernel/log/screen.c:write` (through `write`) - through a pointer, where a lower floor calls a higher one
    7. `kernel/monitor/monitor.c:poll_keyboard` (from `executor_run_ready`, through `poll`)
    8. `kernel/task/executor.c:executor_run` (anew) - not called by a function of an earlier step

A caller has to name the function (in assembly, it may also stand right before it). Where it calls through a pointer, it has to
name the pointer, and somewhere the pointer, or the last of several that are set from each other, has to be given the function.
"""

import re

from floors import ROOMS

STEP = re.compile(r"^(\d+)\. `([\w/.-]+):(\w+)`(?: \(([^)]*)\))?", re.MULTILINE)


def sources(top):
    """The kernel's sources without their comments, as {path: text}."""
    found = {}
    for room in [*ROOMS, "include"]:
        for file in (top / room).rglob("*"):
            if file.suffix in (".c", ".h"):
                found[str(file.relative_to(top))] = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
            elif file.suffix == ".asm":
                found[str(file.relative_to(top))] = re.sub(r";.*", "", file.read_text())
    found["system calls"] = re.sub(r"^CALL\((\d+), \w+, (\w+).*$", r"calls[\1] = syscall_\2;",
                                   (top / "include/kernel/syscall/table.def").read_text(), flags=re.MULTILINE)
    return found


def body(text, function):
    """What stands between a function's braces, or between a label and the next; None when there is no such function."""
    found = re.search(rf"^[A-Za-z_][^;={{}}]*\b{function}\([^;{{}}]*\)\n\{{\n(.*?)^\}}$", text, re.DOTALL | re.MULTILINE) or \
        re.search(rf"^{function}:(.*?)(?=^[A-Za-z_]\w*:|\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else None


def named_in(word, text):
    """Does a text name a word?"""
    return re.search(rf"\b{word}\b", text) is not None


def falls_into(text, label, following):
    """Is it the next label in a file, so that the code before it runs on?"""
    return re.search(rf"^{label}:(?:(?!^[A-Za-z_]\w*:).)*^{following}:", text, re.DOTALL | re.MULTILINE) is not None


def gives(texts, pointer, target):
    """Is `pointer` given `target` somewhere: by an assignment or initialiser, by a call of a function that keeps it, as
    one of its arguments, or, for `target` such a function, by its body?"""
    assigned = re.compile(rf"\b{pointer}\b(?:\[[^\]]*\])?\s*=\s*(?:[^;,]*|\{{[^;]*)\b{target}\b|\b{pointer}\([^;]*\b{target}\b|"
                          rf"^{pointer}:[^\n]*\n[^\n]*\b{target}\b", re.MULTILINE)
    kept = re.compile(rf"\b{pointer}\b(?:\[[^\]]*\])?\s*=")
    return any(assigned.search(text) or kept.search(body(text, target) or "") for text in texts.values())


def step_offence(texts, path, met, caller, function, pointers):
    """Why `caller` does not come to `function`, which `path` has, or None."""
    code = met[caller]
    if not pointers:
        return None if named_in(function, code) or falls_into(texts[path], caller, function) else f"{caller}() does not call {function}()"
    if not named_in(pointers[0], code):
        return f"{caller}() has no pointer {pointers[0]}"
    for pointer, target in zip(pointers, [*pointers[1:], function]):
        if not gives(texts, pointer, target) and not gives(texts, caller, target):
            return f"nothing gives {target} to {pointer}"
    return None


def offences(texts, document):
    """Each step of a document that the code does not take."""
    met, last = {}, None
    for number, path, function, how in STEP.findall(document):
        if number == "1":
            met, last = {}, None
        start = re.search(r"from `(\w+)`", how)
        caller = start[1] if start else last
        pointers = re.findall(r"`(\w+)`", how.partition("through")[2])
        code = body(texts.get(path, ""), function)
        if code is None:
            yield f"step {number}: {path} has no function {function}"
            continue
        if caller and caller not in met:
            yield f"step {number}: {caller}() is no earlier step"
        elif caller and how != "anew":
            offence = step_offence(texts, path, met, caller, function, pointers)
            if offence:
                yield f"step {number}: {offence}"
        met[function], last = code, function
