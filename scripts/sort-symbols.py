#!/usr/bin/env python3
"""sort-symbols.py ELF: sorts the symbol table of a 64-bit ELF program by address, so that the kernel can search it quickly.

Of the symbols at one address the last one is the best name: one with a size, which comes from a source file, comes after
one without, which may be a mark of the linker script. A program that is linked already has no need of the order that
linkers demand, local symbols first.
"""

import struct
import sys
from pathlib import Path

SECTION = struct.Struct("<IIQQQQIIQQ")  # System V ABI: Elf64_Shdr; the type is field 1, the offset 4, the size 5
SYMBOL = struct.Struct("<IBBHQQ")       # Elf64_Sym: name, info, other, section, value, size
SYMBOL_TABLE = 2
FUNCTION = 2                            # objects and plain labels have lower types


def order(symbol):
    """The first symbol of all is the empty one, and stays the first."""
    _, info, _, section, value, size = symbol
    is_name = section != 0 and info & 0xf <= FUNCTION
    return value, is_name, size != 0


def main():
    path = Path(sys.argv[1])
    elf = bytearray(path.read_bytes())
    table, = struct.unpack_from("<Q", elf, 40)
    size, count = struct.unpack_from("<HH", elf, 58)
    for number in range(count):
        _, kind, _, _, offset, length, *_ = SECTION.unpack_from(elf, table + number * size)
        if kind != SYMBOL_TABLE:
            continue
        first, *symbols = SYMBOL.iter_unpack(elf[offset:offset + length])
        elf[offset:offset + length] = b"".join(SYMBOL.pack(*symbol) for symbol in (first, *sorted(symbols, key=order)))
    path.write_bytes(elf)


if __name__ == "__main__":
    main()
