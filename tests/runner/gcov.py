"""Counters that GCC puts into the code (--coverage): out of a kernel's memory, and in the files that gcov reads.

A kernel has no file system to write them to. With -fprofile-info-section each object leaves a pointer to its `struct gcov_info`
in the section .gcov_info, which linker.ld gathers. All but the counters' values stands in the ELF file; the values are read
from the machine's memory. The structures are those of GCC 12's libgcov (gcov.h, "struct gcov_info"); the files are described
in gcov-io.h.
"""

import bisect
import struct
from array import array
from dataclasses import dataclass
from pathlib import Path

MAGIC = 0x67636461
TAG_FUNCTION, TAG_ARCS = 0x01000000, 0x01a10000
INFO = struct.Struct("<I4xQIIQ64xI4xQ")  # version, next, stamp, checksum, file name, functions
FUNCTION = struct.Struct("<QIII4xI4xQ")  # the object it belongs to, three checksums, how many counters, where
NEVER = 1 << 48  # no code runs so often
LOAD = 1  # a program header's type


@dataclass
class Function:
    """A function's counters: which function, and how many. `address` is where a kernel has them."""

    checksums: tuple
    count: int
    address: int = 0


class Elf:
    """A kernel's file: what is at a virtual address, and which physical one that is."""

    def __init__(self, path):
        self.data = Path(path).read_bytes()
        offset, size, count = struct.unpack_from("<Q14xHH", self.data, 32)
        headers = (struct.unpack_from("<IIQQQQQ", self.data, offset + i * size) for i in range(count))
        self.parts = sorted((virtual, physical, start, length)
                            for kind, _, start, virtual, physical, length, _ in headers if kind == LOAD)

    def part(self, address):
        """The loaded part that holds an address."""
        return self.parts[bisect.bisect(self.parts, (address + 1,)) - 1]

    def offset(self, address):
        """Where a virtual address stands in the file."""
        virtual, _, start, _ = self.part(address)
        return start + address - virtual

    def physical(self, address):
        """The physical address of a virtual one."""
        virtual, physical, _, _ = self.part(address)
        return physical + address - virtual

    def text(self, address):
        """The text at an address."""
        start = self.offset(address)
        return self.data[start:self.data.index(b"\0", start)].decode()


class Kernel:
    """A kernel with counters: the objects that it was linked from."""

    def __init__(self, path, symbol):
        """`symbol(name)` is a symbol's virtual address."""
        self.elf = Elf(path)
        self.table = symbol("__start_gcov_info"), symbol("__stop_gcov_info")
        self.text_start = symbol("text_start")
        start, stop = (self.elf.offset(address) for address in self.table)
        self.objects = dict(self._object(info) for info in memoryview(self.elf.data)[start:stop].cast("Q"))

    def _object(self, address):
        """An object: the path of its file of counters, and (head of that file, functions)."""
        version, _, stamp, checksum, name, count, functions = INFO.unpack_from(self.elf.data, self.elf.offset(address))
        at = self.elf.offset(functions)
        found = []
        for pointer in struct.unpack_from(f"<{count}Q", self.elf.data, at):
            owner, *checksums, number, values = FUNCTION.unpack_from(self.elf.data, self.elf.offset(pointer))
            if owner == address:
                found.append(Function(tuple(checksums), number, values))
        return self.elf.text(name), (Head(version, stamp, checksum), found)

    def is_in(self, memory):
        """Was it this kernel that ran in a machine with this memory? The tables of two kernels differ."""
        start, stop = self.table
        physical = self.elf.physical(start)
        table = self.elf.data[self.elf.offset(start):self.elf.offset(stop)]
        return memory[physical:physical + len(table)] == table

    def counters(self, memory):
        """{file of counters: values} of all objects of which something ran; nothing where the kernel was loaded but has not started,
        so that its counters are whatever was there before."""
        found = {}
        for name, (_, functions) in self.objects.items():
            values = array("Q")
            for function in functions:
                start = self.elf.physical(function.address)
                values.frombytes(memory[start:start + 8 * function.count])
            if any(values):
                found[name] = values
        return {} if any(max(values) >= NEVER for values in found.values()) else found


@dataclass
class Head:
    """The first words of a file of counters."""

    version: int
    stamp: int
    checksum: int


def write(path, head, functions, values):
    """Writes a file of counters."""
    words = array("I", [MAGIC, head.version, head.stamp, head.checksum])
    start = 0
    for function in functions:
        words.extend([TAG_FUNCTION, 12, *function.checksums, TAG_ARCS, 8 * function.count])
        words.frombytes(values[start:start + function.count].tobytes())
        start += function.count
    words.append(0)
    path.write_bytes(words.tobytes())


def read(path):
    """A file of counters: its head, its functions, and the values of all of them."""
    words = array("I")
    words.frombytes(path.read_bytes())
    functions, values, at = [], array("Q"), 4
    checksums = ()
    while at < len(words) and words[at]:
        tag, length = words[at:at + 2]
        at += 2
        if tag == TAG_FUNCTION:
            checksums = tuple(words[at:at + 3])
        elif tag == TAG_ARCS:
            zero = length >= 1 << 31  # minus the length: all of them are 0, and are left out
            length = (1 << 32) - length if zero else length
            functions.append(Function(checksums, length // 8))
            values.frombytes(bytes(length) if zero else words[at:at + length // 4].tobytes())
            length = 0 if zero else length
        at += length // 4
    return Head(*words[1:4]), functions, values
