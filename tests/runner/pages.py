"""Parts of the documents that a program writes: they stand between two marks, `<!-- NAME: written by ... -->` and
`<!-- NAME: end -->`, each on a line of its own.
"""

import re
import sys


def _split(page, name):
    """The page before the part, the part, and the page after it; the marks belong to the outer two."""
    found = re.findall(rf"\A(.*^<!-- {name}: written by [^\n]*-->\n)(.*)(^<!-- {name}: end -->$.*)\Z", page.read_text(),
                       re.DOTALL | re.MULTILINE)
    if not found or f"<!-- {name}:" in found[0][1]:
        sys.exit(f"{page.name} has no part '{name}' between two marks")
    return found[0]


def read(page, name):
    """The part's lines."""
    return _split(page, name)[1].splitlines()


def write(page, name, lines):
    """Puts other lines there."""
    before, _, after = _split(page, name)
    page.write_text(before + "".join(f"{line}\n" for line in lines) + after)
