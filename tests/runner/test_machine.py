"""Keys, screens and terminals."""

import string
import unittest

from runner import keys, machine, qemu, screen


class Keys(unittest.TestCase):
    """The US keyboard."""

    def test_every_character(self):
        """Each printable character has its own chord."""
        characters = string.ascii_letters + string.digits + string.punctuation + " \n\b\t"
        chords = {tuple(keys.chord(character)) for character in characters}
        self.assertEqual(len(chords), len(characters))

    def test_chords(self):
        """Some by hand."""
        for character, chord in (("a", ["a"]), ("A", ["shift", "a"]), ("!", ["shift", "1"]),
                                 ("?", ["shift", "slash"]), ('"', ["shift", "apostrophe"]),
                                 (")", ["shift", "0"]), ("|", ["shift", "backslash"])):
            self.assertEqual(keys.chord(character), chord)
        self.assertRaises(ValueError, keys.chord, "ä")

    def test_stroke(self):
        """The modifier goes down first and comes up last."""
        events = [(event["data"]["key"]["data"], event["data"]["down"])
                  for event in keys.stroke(["shift", "a"])]
        self.assertEqual(events, [("shift", True), ("a", True), ("a", False), ("shift", False)])

    def test_bursts_fit(self):
        """No burst is larger than the keyboard's buffer, and none gets lost."""
        chords = [keys.chord(character) for character in "aBcDeFgHiJ" * 5] + [["up"]] * 4
        bursts = list(machine.bursts(chords))
        self.assertEqual([chord for burst in bursts for chord in burst], chords)
        for burst in bursts:
            self.assertLessEqual(sum(map(keys.scancode_bytes, burst)), machine.KEYBOARD_BUFFER)


class Screens(unittest.TestCase):
    """VGA cells and terminals."""

    def test_cells(self):
        """Characters and attributes in turns, by row."""
        cells = bytearray(b" \x07" * (80 * 25))
        cells[0:4] = b"A\x4f\xfe\x07"
        cells[2 * 80 * 24:2 * 80 * 24 + 2] = b"z\x1e"
        shown = screen.from_cells(cells)
        self.assertEqual((len(shown.rows), {len(row) for row in shown.rows}), (25, {80}))
        self.assertEqual(shown.lines()[0], "A\u25a0")
        self.assertEqual(shown.used()[-1], "z")
        self.assertEqual(len(shown.used()), 25)
        self.assertEqual((shown.attributes[0][0], shown.attributes[24][0]), (0x4f, 0x1e))

    def test_empty(self):
        """An empty screen has one empty line."""
        self.assertEqual(screen.from_cells(b"\0\0" * 2000).used(), [""])

    def test_terminal(self):
        """The sequences that a line editor uses."""
        for text, shown in (("ab\b \b", "a"), ("ab\rc", "cb"), ("a\r\nb", "a\nb"),
                            ("abc\r\x1b[Kd", "d"), ("a\r\nb\x1b[2J\x1b[Hc", "c\n"),
                            ("ab\x1b[2Dc", "cb"), ("a\r\nb\x1b[A\x1b[Jc", "ac"),
                            ("\b\ba", "a"), ("a\x1b[31mb\x1b[0m", "ab"), ("a\x07", "a")):
            self.assertEqual(screen.rendered(text), shown, repr(text))

    def test_terminal_wraps(self):
        """Only at the first character after the last column."""
        self.assertEqual(screen.rendered("abcd", columns=4), "abcd")
        self.assertEqual(screen.rendered("abcde", columns=4), "abcd\ne")
        self.assertEqual(screen.rendered("abcde"), "abcde")


class Quoting(unittest.TestCase):
    """QEMU's options."""

    def test_commas(self):
        """QEMU wants commas doubled."""
        self.assertEqual(qemu.fw_cfg_cmdline("a=1,2 b")[1],
                         "name=opt/cairn/cmdline,string=a=1,,2 b")
