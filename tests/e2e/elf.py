"""What must hold for the kernel's file, read off it: no red zone, no SSE, nothing of the host."""

import re
import struct
import subprocess
import unittest

from runner import paths
from runner.symbols import KERNEL_BASE

LOAD_ADDRESS = 0x100000

# x87, MMX, SSE and AVX: their registers, and the instructions which name none.
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t(.+)$", re.M)
VECTOR = re.compile(r"%([xyz]?mm\d+|st|k[0-7])\b|^(f[a-z0-9]+|emms|ldmxcsr|stmxcsr)\b")
ON_PURPOSE = {"fault_sse", "fault_x87"}  # kernel/fault/exception_faults.c: they must not work
# The registers of programs, as a whole (kernel/cpu/user_registers.c).
OF_PROGRAMS = {("fpu_state_load", "fxrstor64"), ("fpu_state_load_initial", "fxrstor64"), ("user_registers_load", "fxrstor64"),
               ("fpu_state_save", "fxsave64"), ("user_registers_save", "fxsave64"),
               ("user_registers_store", "fxsave64")}  # one is in the other, or not
REQUIRED_FLAGS = ("-mno-red-zone", "-mgeneral-regs-only", "-mcmodel=kernel", "-ffreestanding",
                  "-std=gnu17")


def run(tool, *arguments):
    """The output of a binutils program."""
    return subprocess.run([paths.tool(tool), *map(str, arguments)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def disassemble(machine):
    """[(symbol, instructions)] of the kernel's code, read as code of that machine."""
    start = KERNEL_BASE + LOAD_ADDRESS + len(multiboot2_header())  # which is no code
    listing = run("objdump", "-d", "--no-show-raw-insn", "-m", machine,
                  f"--start-address={start:#x}", paths.KERNEL)
    _, *blocks = re.split(r"^[0-9a-f]+ <(.+)>:$", listing, flags=re.M)
    return [(symbol, INSTRUCTION.findall(text))
            for symbol, text in zip(blocks[::2], blocks[1::2])]


def early_symbols():
    """The symbols of 32-bit code, which runs before long mode."""
    symbols = run("nm", "-n", paths.KERNEL).split()[2::3]
    entry = symbols[symbols.index("multiboot_entry"):symbols.index("long_mode")]
    return {*entry, *(symbol for symbol in symbols if symbol.split(".")[0] == "early_error")}


def kernel_objects():
    """The objects of the C files that are part of the kernel or of its tests; objects of files
    that are gone are left out."""
    place = paths.BUILD / "obj"
    return [path for path in place.rglob("*.c.o")
            if (paths.ROOT / path.relative_to(place)).with_suffix("").exists()]


def segments():
    """The program headers: (type, virtual address, physical address, flags)."""
    pattern = re.compile(r"^ +(?P<type>\w+) +0x\w+ 0x(?P<virtual>\w+) 0x(?P<physical>\w+) "
                         r"0x\w+ 0x\w+ (?P<flags>[RWE ]{3})", re.M)
    return [(m["type"], int(m["virtual"], 16), int(m["physical"], 16), m["flags"].replace(" ", ""))
            for m in pattern.finditer(run("readelf", "-lW", paths.KERNEL))]


def multiboot2_header():
    """The Multiboot2 header's bytes: its length is its third word."""
    image = paths.KERNEL.read_bytes()
    start = image.index(struct.pack("<II", 0xe85250d6, 0))
    return image[start:start + struct.unpack_from("<I", image, start + 8)[0]]


class Elf(unittest.TestCase):
    """build/cairn.elf, and the objects for how they were compiled."""

    def test_no_vector_instructions(self):
        """The kernel saves no such state of its own, so it must not touch any."""
        early = early_symbols()
        code = [block for block in disassemble("i386:x86-64") if block[0] not in early]
        code += [block for block in disassemble("i386") if block[0] in early]
        names = {name for name, _ in code}
        self.assertLess({"multiboot_entry", "early_error", "kernel_main"}, names)
        self.assertEqual([(symbol, text) for symbol, instructions in code
                          for text in instructions
                          if VECTOR.search(text) and symbol not in ON_PURPOSE
                          and (symbol, text.split()[0]) not in OF_PROGRAMS], [])

    def test_compile_flags(self):
        """Every C file was compiled with the flags that keep the red zone and SSE out."""
        objects = kernel_objects()
        listing = run("readelf", "--debug-dump=info", "--dwarf-depth=1", *objects)
        producers = re.findall(r"DW_AT_producer\s*:.*?((?:GNU C|.*clang )\S.*)$", listing, re.M)
        self.assertTrue(objects)
        self.assertEqual(len(producers), len(objects))
        for producer in producers:
            for flag in REQUIRED_FLAGS:
                self.assertIn(flag, producer.split())

    def test_static(self):
        """Nothing undefined, nothing dynamic, no interpreter."""
        self.assertEqual(run("nm", "--undefined-only", paths.KERNEL), "")
        kinds = {kind for kind, _, _, _ in segments()}
        self.assertEqual(kinds - {"GNU_STACK"}, {"LOAD"})
        self.assertNotRegex(run("readelf", "-SW", paths.KERNEL), r"\.(dynamic|interp|rela?)\b")

    def test_addresses(self):
        """Linked at -2 GiB + 1 MiB, loaded at 1 MiB, and the same distance everywhere."""
        loads = [segment for segment in segments() if segment[0] == "LOAD"]
        self.assertEqual(min(virtual for _, virtual, _, _ in loads), KERNEL_BASE + LOAD_ADDRESS)
        self.assertEqual({virtual - physical for _, virtual, physical, _ in loads}, {KERNEL_BASE})

    def test_no_writable_code(self):
        """Code, constants and data are apart."""
        flags = [flags for kind, _, _, flags in segments() if kind == "LOAD"]
        self.assertEqual(sorted(flags), ["R", "RE", "RW"])

    def test_multiboot2_header(self):
        """GRUB looks for it in the first 32 KiB, on a boundary of 8 bytes, and adds it up."""
        header = multiboot2_header()
        offset = paths.KERNEL.read_bytes().index(header)
        self.assertEqual(offset % 8, 0)
        self.assertLessEqual(offset + len(header), 32768)
        self.assertEqual(sum(struct.unpack("<4I", header[:16])) % 2**32, 0)
        self.assertEqual(struct.unpack("<HHI", header[-8:]), (0, 0, 8))  # the tag that ends it

    def test_what_the_loader_must_give(self):
        """Of all that the kernel asks for, only the memory map is needed (specification 3.1.4)."""
        header, needed, at = multiboot2_header(), [], 16
        while at < len(header):
            kind, flags, size = struct.unpack_from("<HHI", header, at)
            if flags == 0 and kind != 0:
                needed.append((kind, *struct.unpack_from(f"<{(size - 8) // 4}I", header, at + 8)))
            at += -(-size // 8) * 8
        self.assertEqual(needed, [(1, 6)])

    def test_symbols_without_debug(self):
        """GRUB would load debug sections into memory; the symbols stay, for backtraces."""
        sections = run("readelf", "-SW", paths.KERNEL)
        self.assertNotIn(".debug", sections)
        self.assertIn(".symtab", sections)
        self.assertIn(".debug_info", run("readelf", "-SW", paths.KERNEL_DEBUG))

    def test_symbols_are_sorted(self):
        """The kernel's search for a name halves the table, as it is in the file."""
        addresses = [line.split()[1] for line in run("readelf", "-sW", paths.KERNEL).splitlines() if re.match(r" +\d+:", line)]
        self.assertGreater(len(addresses), 1000)
        self.assertEqual(addresses, sorted(addresses))
