"""The kernel's tables of characters, compared with Python's."""

import ctypes
import subprocess
import unicodedata
import unittest

from runner import paths, screen

TABLE_VERSION = "14.0.0"  # of Unicode, in lib/width.c


def function(file, name, result):
    """Loads a function of the kernel into this process."""
    library = paths.BUILD / "tables" / (name + ".so")
    library.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-I", paths.ROOT / "include", "-o", library,
                    paths.ROOT / file], check=True)
    loaded = ctypes.CDLL(str(library))[name]
    loaded.restype = result
    return loaded


def width(character):
    """The width by Unicode's data; None for a code point that is no character."""
    category = unicodedata.category(character)
    if category in ("Cn", "Cs"):
        return None
    jamo = "\u1160" <= character <= "\u11ff"  # vowels and finals stand on the consonant before
    if category in ("Mn", "Me") or (category == "Cf" and character != "\u00ad") or jamo:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def known_to_the_table(character):
    """Does the table's version of Unicode have the character? Python's may be newer."""
    return (unicodedata.unidata_version == TABLE_VERSION
            or unicodedata.ucd_3_2_0.category(character) != "Cn")


class Tables(unittest.TestCase):
    """Every code point there is."""

    def test_width(self):
        """lib/width.c agrees with unicodedata."""
        character_width = function("lib/width.c", "character_width", ctypes.c_uint)
        wrong = [f"U+{code:04X} is {character_width(code)}" for code in range(0x20, 0x110000)
                 if width(chr(code)) not in (None, character_width(code))
                 and not 0x7f <= code < 0xa0 and known_to_the_table(chr(code))]
        self.assertEqual(wrong[:10], [])

    def test_code_page_437(self):
        """lib/cp437.c has the characters of Python's codec, and no others."""
        cp437_byte = function("lib/cp437.c", "cp437_byte", ctypes.c_uint8)
        expected = {bytes([byte]).decode("cp437"): byte for byte in range(0x20, 0x100)
                    if byte != 0x7f}
        expected.update({picture: 1 + at for at, picture in enumerate(screen.PICTURES)})
        expected["\u2302"] = 0x7f
        wrong = [f"U+{code:04X} is {cp437_byte(code):#x}" for code in range(0x110000)
                 if cp437_byte(code) != expected.get(chr(code), 0xfe)]
        self.assertEqual(wrong[:10], [])
