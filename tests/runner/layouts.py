"""The keyboard layouts of the tree, as the files below drivers/layouts/ describe themselves."""

import re
import subprocess

from . import coverage, paths

_FILE = re.compile(r'\A/\* .*; in X11: (\w+)(?:\((\w+)\))?\. \*/$.*^    +\.name = "([\w-]+)",$', re.MULTILINE | re.DOTALL)


def _read(file):
    match = _FILE.match(file.read_text())
    if not match:
        raise ValueError(f"{file}: begins with no comment like '/* Dvorak; in X11: us(dvorak). */', or has no name")
    layout, variant, name = match.groups()
    return name, (layout, variant or "")


# {name: X11's layout and variant}, in the kernel's order.
LAYOUTS = dict(_read(file) for file in sorted((paths.ROOT / "drivers" / "layouts").glob("*.c")))


def type_all(questions):
    """[(typed text, dead key that waits)] for each (layout, scancodes of set 1), by the kernel's code in build/type-keys."""
    lines = "".join(f"{layout} 1 {bytes(codes).hex(' ')}\n" for layout, codes in questions)
    with coverage.program() as environment:
        answer = subprocess.run([paths.TYPE_KEYS], input=lines, text=True, check=True, stdout=subprocess.PIPE,
                                env=environment).stdout
    results = []
    for line in answer.splitlines():
        typed, _, dead = line.partition("+")
        results.append((bytes.fromhex(typed).decode("utf-8"), int(dead or "0", 16)))
    return results
