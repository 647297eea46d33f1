"""Where the kernel's symbols lie."""

import re
import subprocess

from runner import paths

KERNEL_BASE = 0xffffffff80000000


def address(symbol, program=paths.KERNEL):
    """The virtual address of a symbol."""
    listing = subprocess.run([paths.tool("nm"), str(program)], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    return int(re.search(rf"^([0-9a-f]+) \w {symbol}$", listing, re.M)[1], 16)


def physical_address(symbol, program=paths.KERNEL):
    """The physical address of a symbol: where it is while paging is off."""
    return address(symbol, program) - KERNEL_BASE
