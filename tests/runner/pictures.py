"""Reading text off a picture of the screen, cell by cell, with the font that the kernel draws with.

A cell is 8x16 pixels in at most two colours. Nothing says which of them is the foreground: the
glyph decides. The cursor is two lines at a cell's foot. Of glyphs that look alike the one with
the lowest code point is read, so that an A is an A.
"""

import gzip
import re
import struct
import unicodedata

from runner import screen

WIDTH, HEIGHT = 8, 16
WIDE_SCREEN = 1600  # pixels for each step of the scale, as in drivers/framebuffer.c
CURSOR = 2  # lines
FULL = (1 << WIDTH * HEIGHT) - 1
CURSOR_BITS = (1 << WIDTH * CURSOR) - 1
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def read_ppm(data):
    """Width, height and the RGB bytes of a binary PPM, the format of QEMU's screen dumps."""
    header = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
    if not header:
        raise ValueError("not a PPM with 8 bits a colour")
    return int(header[1]), int(header[2]), data[header.end():]


class Font:
    """Code points by the bits of their glyphs: one cell's, or those of two cells."""

    def __init__(self, file):
        self.narrow, self.wide, squeezed = {}, {}, {}
        index, ascent = _section(file, b"CHIX"), struct.unpack(">H", _section(file, b"ASCE"))[0]
        for code, _, offset in struct.iter_unpack(">IBI", index):
            if code > 0x10ffff:
                continue
            rows, advance = _rows(file, offset, ascent)
            left = _pack(row >> WIDTH for row in rows)
            if advance == WIDTH:
                self.narrow.setdefault(left, chr(code))
            elif unicodedata.east_asian_width(chr(code)) in "WF":
                self.wide.setdefault((left, _pack(row & 0xff for row in rows)), chr(code))
            else:
                squeezed.setdefault(_pack(_squeeze(row) for row in rows), chr(code))
        self.narrow = {**squeezed, **self.narrow}


def load_font(path):
    """The font at `path`, gzipped or not."""
    data = path.read_bytes()
    return Font(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def _section(file, name):
    at = 0
    while file[at:at + 4] != name:
        at += 8 + struct.unpack_from(">I", file, at + 4)[0]
    return file[at + 8:at + 8 + struct.unpack_from(">I", file, at + 4)[0]]


def _rows(file, offset, ascent):
    """A glyph's 16 rows of 16 pixels, leftmost highest, and its width in the line."""
    width, height, left, up, advance = struct.unpack_from(">HHhhH", file, offset)
    size = (width * height + 7) // 8
    bits = int.from_bytes(file[offset + 10:offset + 10 + size], "big") >> (8 * size - width * height)
    rows = [0] * HEIGHT
    for y in range(height):
        row = bits >> (height - 1 - y) * width & (1 << width) - 1
        rows[ascent - up - height + y] = row << (2 * WIDTH - width) >> left
    return rows, advance


def _squeeze(row):
    """How a wide glyph goes into one cell: two pixels become one."""
    return sum(1 << i for i in range(WIDTH) if row >> 2 * i & 3)


def _pack(rows):
    bits = 0
    for row in rows:
        bits = bits << WIDTH | row
    return bits


def _patterns(cell):
    """What the bits of a cell may be, likeliest first: in each of two colours as the foreground,
    without a cursor and as they are."""
    pixels = [cell[start:start + 3] for start in range(0, len(cell), 3)]
    colours = sorted(set(pixels))
    if len(colours) > 2:
        return []
    bits = int("".join("01"[pixel == colours[-1]] for pixel in pixels), 2)
    return [pattern for both in ([0] if len(colours) == 1 else [bits, bits ^ FULL])
            for pattern in _without_cursor(both)]


def _without_cursor(bits):
    if bits & CURSOR_BITS == CURSOR_BITS:
        yield bits & ~CURSOR_BITS
    yield bits


class Reader:
    """Reads pictures; remembers what it has recognized."""

    def __init__(self, font):
        self.font = font
        self._patterns = {}

    def read(self, width, height, pixels):
        """A screen.Screen of the picture's text. A wide character is one character."""
        scale = max(min(width // WIDE_SCREEN, height // HEIGHT), 1)
        if scale > 1:
            pixels = b"".join(pixels[3 * (y * width + x):3 * (y * width + x) + 3]
                              for y in range(0, height - scale + 1, scale)
                              for x in range(0, width - scale + 1, scale))
            width, height = width // scale, height // scale
        rows = [self._read_row(width, pixels, row) for row in range(height // HEIGHT)]
        return screen.Screen(rows, [])

    def _read_row(self, width, pixels, row):
        cells = [self._cell(width, pixels, row, column) for column in range(width // WIDTH)]
        text, column = "", 0
        while column < len(cells):
            character, cells_taken = self._recognize(cells[column], cells[column + 1:column + 2])
            text += character
            column += cells_taken
        return text

    def _cell(self, width, pixels, row, column):
        stride = 3 * width
        start = row * HEIGHT * stride + column * 3 * WIDTH
        cell = b"".join(pixels[at:at + 3 * WIDTH]
                        for at in range(start, start + HEIGHT * stride, stride))
        if cell not in self._patterns:
            self._patterns[cell] = _patterns(cell)
        return self._patterns[cell]

    def _recognize(self, cell, following):
        """The character that begins in a cell, and how many cells it takes."""
        for bits in cell:
            if bits in self.font.narrow:
                return self.font.narrow[bits], 1
        for bits in cell:
            for right in following[0] if following else []:
                if (bits, right) in self.font.wide:
                    return self.font.wide[bits, right], 2
        return UNREADABLE, 1
