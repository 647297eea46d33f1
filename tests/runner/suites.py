"""Which tests a program holds, read off its symbols.

TEST(suite, name) makes a symbol test__SUITE__NAME, so a test that was written but never ran is
noticed: the plan in the log is held against this list.
"""

import functools
import re
import subprocess

from runner import paths

SYMBOL = re.compile(r"\btest__(?P<suite>[A-Za-z0-9_]+?)__(?P<name>[A-Za-z0-9_]+)(?:\.\d+)?$")


def parse_symbols(listing):
    """{suite: [test, ...]} from nm's output; a name that is there twice stays there twice."""
    suites = {}
    for line in listing.splitlines():
        match = SYMBOL.search(line)
        if match:
            suites.setdefault(match["suite"], []).append(match["name"])
    return {suite: sorted(suites[suite]) for suite in sorted(suites)}


@functools.lru_cache
def read_suites(program):
    """The suites of an ELF file, which does not change while tests run."""
    listing = subprocess.run([paths.tool("nm"), str(program)], check=True, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return parse_symbols(listing.stdout)
