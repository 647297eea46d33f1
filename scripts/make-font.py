#!/usr/bin/env python3
"""make-font.py FONT.pf2 OUT.inc: cuts the kernel's built-in font out of a PF2 font, as the bytes of a C array.

Kept are the code points of KEPT, and of the sections those that lib/font.c reads.
"""

import struct
import sys
from pathlib import Path

KEPT = [(0x20, 0x7e), (0xa0, 0xff), (0x2500, 0x259f), (0x25a0, 0x25a0), (0xfffd, 0xfffd)]
ENTRY = struct.Struct(">IBI")  # code point, flags, offset of the glyph in the file
GLYPH = struct.Struct(">HHhhh")  # width, height, shift right, shift up, distance to the next one


def read_sections(file):
    """The sections by name; the last one, DATA, has no length of its own and is left out."""
    sections, at = {}, 0
    while file[at:at + 4] != b"DATA":
        length, = struct.unpack_from(">I", file, at + 4)
        sections[file[at:at + 4]] = file[at + 8:at + 8 + length]
        at += 8 + length
    if sections.get(b"FILE") != b"PFF2":
        raise ValueError("not a PF2 font")
    return sections


def read_glyphs(file, index):
    """(code point, bytes of the glyph with its header) for each one that is kept."""
    for code, flags, offset in ENTRY.iter_unpack(index):
        if any(first <= code <= last for first, last in KEPT):
            if flags:
                raise ValueError(f"the glyph U+{code:04X} is compressed")
            width, height, *_ = GLYPH.unpack_from(file, offset)
            yield code, file[offset:offset + GLYPH.size + (width * height + 7) // 8]


def section(name, content):
    """A section as it stands in the file."""
    return name + struct.pack(">I", len(content)) + content


def build(sections, glyphs):
    """A PF2 file with these glyphs."""
    head = b"".join(section(name, sections[name]) for name in (b"FILE", b"ASCE", b"DESC"))
    offset = len(head) + len(section(b"CHIX", b"")) + ENTRY.size * len(glyphs) + len(b"DATA1234")
    index = data = b""
    for code, glyph in glyphs:
        index += ENTRY.pack(code, 0, offset + len(data))
        data += glyph
    return head + section(b"CHIX", index) + b"DATA\xff\xff\xff\xff" + data


def main(source, out):
    """Reads, cuts, writes."""
    file = Path(source).read_bytes()
    sections = read_sections(file)
    font = build(sections, list(read_glyphs(file, sections[b"CHIX"])))
    rows = (font[start:start + 16] for start in range(0, len(font), 16))
    Path(out).write_text("".join(" ".join(f"{byte}," for byte in row) + "\n" for row in rows))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
