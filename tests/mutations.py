"""Small changes of a source: the places where one could be made, and what it would be.

A change is made in one line of code: an operator becomes another, a constant one more or one less, a condition its
opposite, or a statement goes. Comments, texts, the preprocessor's lines and assertions stay as they are.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """One change: line `line` (from 1 on) of `file` becomes `after`."""

    file: str
    line: int
    before: str
    after: str
    kind: str


OPERATORS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-", "-": "+",
             "<<": ">>", ">>": "<<", "&": "|", "|": "&", "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|="}
# Between spaces: unary ones and pointers have none on their right.
OPERATOR = re.compile(rf"(?<= )({'|'.join(re.escape(word) for word in sorted(OPERATORS, key=len, reverse=True))})(?= )")
NUMBER = re.compile(r"(?<![\w.'])(0x[0-9a-f]+|\d+)(?=[uUlL]*\b)(?!\.)")
CONDITION = re.compile(r"\b(if|while) \((.*)\)(?=(?: \{)?$)")
STATEMENT = re.compile(r"^\s+(?!return\b|break\b|continue\b|goto\b|case\b|default\b|else\b|static\b|const\b|struct\b|enum\b|union\b|"
                       r"unsigned\b|\w+_t\b|bool\b|int\b|char\b|size_t\b|volatile\b)(\*?[\w.>\[\]-]+(?: [|&+*/<>^%-]*=.*|\(.*\))|[\w.>-]+(?:\+\+|--));$")
FUNCTION = re.compile(r"\)\n\{$")
LEFT_ALONE = re.compile(r"^\s*#|\bASSERT\w*\(|_Static_assert|\bPANIC\(|__attribute__|asm volatile")

ASM_JUMPS = {"je": "jne", "jz": "jnz", "jb": "jae", "jc": "jnc", "ja": "jbe", "jl": "jge", "jg": "jle", "js": "jns"}
ASM_WORDS = {**ASM_JUMPS, **{after: before for before, after in ASM_JUMPS.items()}, "add": "sub", "sub": "add", "inc": "dec",
             "dec": "inc", "and": "or", "or": "and", "sete": "setne", "setne": "sete"}
ASM_LINE = re.compile(r"^    ([a-z]\w*)\b(?! equ)(?!:)([^;]*)")
ASM_DATA = ("dd", "dq", "db", "dw", "align", "times", "resb", "resq", "extern", "global", "section", "incbin")


def _blank(match):
    """As many spaces as the text was long, so that columns stay."""
    return re.sub(r"[^\n]", " ", match[0])


def _in_functions(text):
    """The lines of function bodies, as {number: code without comments and texts}."""
    bare = re.sub(r"/\*.*?\*/", _blank, text, flags=re.DOTALL)
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)+'", _blank, bare)
    found, inside = {}, False
    for number, line in enumerate(bare.split("\n"), 1):
        if line == "{":
            inside = True
        elif line == "}":
            inside = False
        elif inside and line.strip() and not line.rstrip().endswith("\\"):
            found[number] = line.rstrip()
    return found


def _replaced(line, match, group, text):
    """The line with another text in place of a group of a match."""
    return line[:match.start(group)] + text + line[match.end(group):]


def _numbers(line, code):
    """Constants one more and one less."""
    for match in NUMBER.finditer(code):
        octal = len(match[1]) > 1 and match[1][0] == "0" and match[1].isdigit()
        value, form = (int(match[1], 8), "0{:o}") if octal else (int(match[1], 0), "0x{:x}" if "x" in match[1] else "{}")
        for other in (value + 1, value - 1):
            if other >= 0:
                yield _replaced(line, match, 1, form.format(other)), f"{match[1]} is {form.format(other)}"


def _of_c_line(line, code):
    """All changes of a line of C: pairs of the new line and what was changed."""
    for match in OPERATOR.finditer(code):
        if match[1] in ("&", "-", "+") and code[:match.start()].rstrip()[-1:] in ("=", "(", ",", "return"):
            continue
        yield _replaced(line, match, 1, OPERATORS[match[1]]), f"{match[1]} is {OPERATORS[match[1]]}"
    yield from _numbers(line, code)
    condition = CONDITION.search(code)
    if condition and condition[2].count("(") == condition[2].count(")"):
        yield _replaced(line, condition, 2, f"!({line[condition.start(2):condition.end(2)]})"), "the opposite condition"
    if STATEMENT.search(code):
        indent = len(line) - len(line.lstrip())
        yield line[:indent] + ";", "the statement is left out"


def _of_asm_line(line):
    """All changes of a line of assembly."""
    match = ASM_LINE.match(line)
    if not match or match[1] in ASM_DATA:
        return
    if match[1] in ASM_WORDS:
        yield _replaced(line, match, 1, ASM_WORDS[match[1]]), f"{match[1]} is {ASM_WORDS[match[1]]}"
    for new, kind in _numbers(line, line.split(";")[0]):
        yield new, kind
    yield "    ; " + line.strip(), "the instruction is left out"


def of_text(file, text):
    """All changes of a file, as {line: [Mutation, ...]}."""
    lines = text.split("\n")
    if file.endswith(".asm"):
        codes = dict(enumerate(lines, 1))
        changes = {number: _of_asm_line(line) for number, line in codes.items()}
    else:
        codes = {number: code for number, code in _in_functions(text).items() if not LEFT_ALONE.search(code)}
        changes = {number: _of_c_line(lines[number - 1], code) for number, code in codes.items()}
    found = {number: [Mutation(file, number, lines[number - 1], new, kind) for new, kind in some] for number, some in changes.items()}
    return {number: some for number, some in found.items() if some}


def apply(text, mutation):
    """The text with the change."""
    lines = text.split("\n")
    assert lines[mutation.line - 1] == mutation.before
    lines[mutation.line - 1] = mutation.after
    return "\n".join(lines)
