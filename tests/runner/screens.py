"""Screens that are kept in tests/screens/: what programs write, and what Linux's console shows then.

A file has cases. Each case's bytes follow `before`, or, where the file goes `on`, all the bytes of the cases before it. Of its
screen, those lines are kept that differ from what precedes it: for each, the text, and the colours as runs of the VGA's
attributes.
"""

import json
import re

from runner import paths

FOLDER = paths.ROOT / "tests" / "screens"
ROWS, COLUMNS = 25, 80
CELL = 8  # hexadecimal digits: six of the code point, and two of the attribute


def whole_cases(before, goes_on, cases):
    """All the bytes of each case, and of the case `before`."""
    whole, sofar = {"before": before.encode("utf-8")}, before.encode("utf-8")
    for name, text in cases.items():
        whole[name] = sofar + text
        sofar = whole[name] if goes_on else sofar
    return whole


def read_answers(text):
    """The lines of tests/tools/screens.c and linux_screens.c, as {name: screen}: a screen has a cursor, 25 lines, their colours,
    and what the terminal has answered."""
    found = {}
    pattern = r"^(\S+) (\d+) (\d+) ([0-9a-f]{%d}) ([0-9a-f]*)\r?$" % (CELL * ROWS * COLUMNS)
    for name, column, row, cells, answers in re.findall(pattern, text, re.MULTILINE):
        rows = [cells[at:at + CELL * COLUMNS] for at in range(0, len(cells), CELL * COLUMNS)]
        found[name] = {"cursor": [int(column), int(row)], "answers": bytes.fromhex(answers).decode("latin-1"),
                       "lines": [[line_text(row), line_colours(row)] for row in rows]}
    return found


def cells_of(row):
    """A row's cells."""
    return [row[at:at + CELL] for at in range(0, len(row), CELL)]


def line_text(row):
    """A row's characters."""
    return "".join(chr(int(cell[:6], 16)) for cell in cells_of(row))


def line_colours(row):
    """A row's attributes, as runs."""
    runs = []
    for cell in cells_of(row):
        if runs and runs[-1][0] == cell[6:]:
            runs[-1][1] += 1
        else:
            runs.append([cell[6:], 1])
    return " ".join(f"{colour}*{count}" for colour, count in runs)


def write(name, before, goes_on, cases, screens):
    """Keeps the cases with their screens, and that of the case `before`."""
    kept, base = [], [[" " * COLUMNS, f"07*{COLUMNS}"]] * ROWS
    for case in ("before", *cases):
        screen = screens[case]
        lines = {number: line for number, line in enumerate(screen["lines"]) if line != base[number]}
        kept.append({"name": case, "bytes": cases.get(case, b"").decode("latin-1"), **screen, "lines": lines})
        base = screen["lines"] if goes_on or case == "before" else base
    FOLDER.mkdir(exist_ok=True)
    content = ",\n".join(json.dumps(case, ensure_ascii=False) for case in kept)
    (FOLDER / f"{name}.json").write_text(f'{{"before": {json.dumps(before)}, "on": {json.dumps(goes_on)}, "cases": [\n{content}\n]}}\n',
                                         encoding="utf-8")


def read(name):
    """What write() has kept: all the bytes of each case, and its screen, as {case: (bytes, screen)}."""
    kept = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    cases = {case["name"]: case["bytes"].encode("latin-1") for case in kept["cases"] if case["name"] != "before"}
    whole = whole_cases(kept["before"], kept["on"], cases)
    found, base = {}, [[" " * COLUMNS, f"07*{COLUMNS}"]] * ROWS
    for case in kept["cases"]:
        lines = [case["lines"].get(str(number), base[number]) for number in range(ROWS)]
        found[case["name"]] = (whole[case["name"]], {"cursor": case["cursor"], "answers": case["answers"], "lines": lines})
        base = lines if kept["on"] or case["name"] == "before" else base
    return found
