"""Programs that were recorded on Linux's console, and each capability of terminfo's entry `linux`: Cairn's terminal, which runs
in build/screens, shows the same cells, leaves the cursor in the same place, and gives the same answers. No machine is booted.
tests/record_screens.py has made the recordings."""

import curses
import functools
import subprocess
import unittest

import record_screens
from runner import coverage, paths, screens

# Where Cairn differs, and why.
DIFFERENT = {
    "terminfo.il.2": "Linux never inserts as many lines as there are, but one less",
    "terminfo.dl.2": "likewise",
    "more.tabs": "CHT and CBT, which Linux 6.1 does not know",
    "more.scroll": "SU and SD, likewise",
    "more.bright": "a bright background is one of 16, and not of eight",
    "more.utf8": "both halves of a wide character have its code; a combining character has no cell",
}


@functools.cache
def shown():
    """What Cairn shows for each recorded case, and what Linux does."""
    wanted = {}
    for file in sorted(screens.FOLDER.glob("*.json")):
        wanted |= {f"{file.stem}.{case}": pair for case, pair in screens.read(file.stem).items()}
    typed = "".join(f"{name} {text.hex()}\n" for name, (text, _) in wanted.items())
    with coverage.program() as environment:
        done = subprocess.run([str(paths.BUILD / "screens")], input=typed, capture_output=True, text=True, check=True, env=environment)
    ours = screens.read_answers(done.stdout)
    return {name: (ours.get(name), screen) for name, (_, screen) in wanted.items()}


# The PC's font: where Linux tells no code point, it tells the place there.
GLYPHS = 0xe000
FONT = "\0☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼" + bytes(range(0x20, 0x100)).decode("cp437").replace("\x7f", "⌂")
# Characters of the line-drawing set that the font lacks, and what Linux shows for them: another one, or the letter that
# selects them.
LIKE = {"◆": "♦", "⎽": "_", "␋": "i", "⎺": "o", "⎻": "p", "⎼": "r", "≠": "|"}


def is_same(ours, linux):
    """Do two characters look the same?"""
    place = ord(linux) - GLYPHS if GLYPHS <= ord(linux) < GLYPHS + len(FONT) else ord(linux) if linux < " " else None
    return linux in (ours, LIKE.get(ours)) if place is None else LIKE.get(ours, ours) == FONT[place]


def is_same_row(ours, linux):
    """Two rows' characters and colours."""
    return ours[1] == linux[1] and all(map(is_same, ours[0], linux[0]))


def difference(ours, linux):
    """The first difference of two screens; None if there is none."""
    if not ours:
        return "nothing is shown"
    for number, (row, other) in enumerate(zip(ours["lines"], linux["lines"])):
        if not is_same_row(row, other):
            return f"row {number + 1}: {row}, on Linux {other}"
    for key in ("cursor", "answers"):
        if ours[key] != linux[key]:
            return f"{key}: {ours[key]!r}, on Linux {linux[key]!r}"
    return None


class Screens(unittest.TestCase):
    """What programs see on the screen."""

    def compare(self, *prefixes):
        """All cases with these beginnings but those that are known to differ; and these do."""
        compared = 0
        for name, (ours, linux) in shown().items():
            if name.startswith(prefixes):
                compared += 1
                with self.subTest(name):
                    found = difference(ours, linux)
                    self.assertEqual(found is not None, name in DIFFERENT, found)
        self.assertGreater(compared, 0)

    def test_programs_draw_as_on_linux(self):
        """vim, nano, dialog, mc, htop and tmux, after each of some keys."""
        self.compare(*(f"{name}." for name in record_screens.PROGRAMS))

    def test_terminfo(self):
        """What the capabilities do."""
        self.compare("terminfo.")

    def test_other_sequences(self):
        """What programs send beyond that, and what they may."""
        self.compare("more.")

    def test_keys(self):
        """tests/host/terminals.c has each key that this machine's entry names, but for those that no keyboard here has."""
        expected = (paths.ROOT / "tests" / "host" / "terminals.c").read_text(encoding="utf-8")
        for name in record_screens.capabilities():
            if name.startswith("k") and name not in ("kb2", "kmous", "kspd"):
                text = curses.tigetstr(name).decode().replace("\x1b", "\\033").replace("\t", "\\t").replace("\x7f", "\\177")
                self.assertIn(f', "{text}"}}', expected.replace("{\n", ""), name)

    def test_all_of_terminfo_is_recorded(self):
        """The capabilities of this machine's entry are those that were recorded."""
        recorded = {name: text for name, (text, _) in screens.read("terminfo").items()}
        for name, text in record_screens.cases_of_terminfo().items():
            with self.subTest(name):
                self.assertEqual(recorded.get(name), record_screens.BEFORE.encode("utf-8") + text)
