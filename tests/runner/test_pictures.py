"""Reading text off pictures."""

import struct
import unittest

from runner import pictures

BLACK, GREY = b"\0\0\0", b"\xaa\xaa\xaa"

# Rows of a few glyphs, from the top of the cell: a bar, a step, and a wide corner with no narrow
# brother. U+0416 looks like the bar; U+2600 is wide in the font and narrow in the line.
BAR, STEP, WIDE, SUN = [0x18] * 12, [0xf0] * 4 + [0x0f] * 4, [0xffff, 0x8001], [0xa005] * 3


def font_file(glyphs):
    """A PF2 font of (code point, width, rows)."""
    head = b"FILE\0\0\0\4PFF2ASCE\0\0\0\2\0\x0e"
    offset = len(head) + 8 + 9 * len(glyphs) + 8
    index = data = b""
    for code, width, rows in glyphs:
        index += struct.pack(">IBI", code, 0, offset + len(data))
        bits = "".join(f"{row:0{width}b}" for row in rows)
        data += struct.pack(">HHhhH", width, len(rows), 0, 14 - len(rows), width)
        data += int(bits + "0" * (-len(bits) % 8) or "0", 2).to_bytes((len(bits) + 7) // 8, "big")
    return head + b"CHIX" + struct.pack(">I", len(index)) + index + b"DATA\xff\xff\xff\xff" + data


def picture(cells, scale=1, foreground=GREY, background=BLACK, width=None):
    """The pixels of one row of cells, each 16 rows of 8 bits."""
    columns = width // 8 if width else len(cells)
    cells = cells + [[0] * 16] * (columns - len(cells))
    rows = []
    for y in range(16):
        bits = "".join(f"{cell[y]:08b}" for cell in cells)
        row = b"".join((foreground if bit == "1" else background) * scale for bit in bits)
        rows += [row] * scale
    return 8 * columns * scale, 16 * scale, b"".join(rows)


def cell(rows, cursor=False):
    """A glyph's rows as a cell's, with the cursor in it or not."""
    rows = rows + [0] * (16 - len(rows))
    return rows[:14] + [0xff, 0xff] if cursor else rows


class Pictures(unittest.TestCase):
    """A font of a few glyphs, and pictures made by hand."""

    def setUp(self):
        self.reader = pictures.Reader(pictures.Font(font_file(
            [(ord(" "), 8, []), (ord("l"), 8, BAR), (ord("z"), 8, STEP), (0x416, 8, BAR),
             (0x2600, 16, SUN), (0x4e00, 16, WIDE)])))
        self.wide = [cell([row >> 8 for row in WIDE]), cell([row & 0xff for row in WIDE])]

    def expect(self, text, shown, **arguments):
        """The picture reads so."""
        self.assertEqual(self.reader.read(*picture(shown, **arguments)).text(), text)

    def test_text(self):
        """Glyphs, the first of those that look alike, and blanks."""
        self.expect("l z", [cell(BAR), cell([]), cell(STEP), cell([])])
        self.expect("", [cell([])] * 4)

    def test_colours(self):
        """Whichever is the brighter."""
        self.expect("lz", [cell(BAR), cell(STEP)], foreground=b"\0\0\1", background=b"\xff\xff\xff")

    def test_wide(self):
        """Two cells are one character; a wide glyph may be squeezed into one."""
        self.expect("\u4e00l", [*self.wide, cell(BAR)])
        self.expect("\u2600", [cell([0xc3] * 3)])

    def test_cursor(self):
        """It hides nothing."""
        self.expect("lz", [cell(BAR), cell(STEP, cursor=True)])
        self.expect("l", [cell(BAR), cell([], cursor=True)])

    def test_unreadable(self):
        """No glyph, half of one, or three colours."""
        self.expect("\ufffdl", [[0x55] * 16, cell(BAR)])
        self.expect("\ufffdl", [self.wide[0], cell(BAR)])
        width, height, pixels = picture([cell(BAR)])
        self.assertEqual(self.reader.read(width, height, b"\1\2\3" + pixels[3:]).text(), "\ufffd")

    def test_enlarged(self):
        """Wide screens have larger pixels."""
        self.expect("lz", [cell(BAR), cell(STEP)], scale=2, width=1600)

    def test_ppm(self):
        """The format of the dumps."""
        self.assertEqual(pictures.read_ppm(b"P6\n2 1\n255\n\1\2\3\4\5\6"), (2, 1, b"\1\2\3\4\5\6"))
        self.assertRaises(ValueError, pictures.read_ppm, b"P5\n2 1\n255\n\1\2")
