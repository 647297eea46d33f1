"""Compares every key of every keyboard layout, with and without modifiers, with the data of Debian's xkb-data, and the
letters of dead keys with X11's and Unicode's. The kernel's own code runs in build/type-keys."""

import itertools
import string
import unittest

from runner import xkb
from runner.layouts import LAYOUTS, type_all

NO_XKB = "there is no libxkbcommon; scripts/setup.sh installs it where there is one"

# Scancodes of set 1. Linux's key codes are the same, except for the keys that only Japanese keyboards have.
LINUX = {0x70: 93, 0x73: 89, 0x79: 92, 0x7b: 94, 0x7d: 124}
MAIN = [0x29, *range(0x02, 0x0e), 0x7d, *range(0x10, 0x1c), *range(0x1e, 0x29), 0x2b, 0x56,
        *range(0x2c, 0x36), 0x73, 0x39, 0x70, 0x79, 0x7b]
KEYPAD, SIGNS = [*range(0x47, 0x54), 0x37], (0x37, 0x4a, 0x4e)
SHIFTS, RIGHT_ALT, CAPS_LOCK, NUM_LOCK = (0x2a, 0x36), 100, 0x3a, 0x45
ESCAPE = "\x1b"
CAPITAL_OF_MICRO = "0x0000039c"  # libxkbcommon makes this of µ with Caps Lock: no symbol at all


def linux(scancode):
    """Linux's code of a key."""
    return LINUX.get(scancode, scancode)


def show(result):
    """A result as text, for the report of a failure."""
    return f"{result[0]!r}" + (f" dead U+{result[1]:04x}" if result[1] else "")


@unittest.skipUnless(xkb.is_there(), NO_XKB)
class Layout(unittest.TestCase):
    """The kernel's layouts ("ours") and xkb's ("theirs")."""

    def altgr(self, theirs):
        """Is the right Alt key AltGr there?"""
        return theirs.name(RIGHT_ALT) == "ISO_Level3_Shift"

    def expected(self, theirs, key, right_alt):
        """The answer that ours should give, from the state of theirs."""
        code, dead = theirs.symbol(linux(key))
        if theirs.name(linux(key)) == CAPITAL_OF_MICRO:
            code = ord("µ")
        text = chr(code) if code else ""
        return (ESCAPE + text if text and right_alt and not self.altgr(theirs) else text), dead

    def compare(self, name, cases):
        """Compares ours with theirs: `cases` are (description, scancodes, expectation)."""
        answers = type_all([(name, codes) for _, codes, _ in cases])
        wrong = [f"{name}: {what}: {show(answer)}, xkb has {show(expectation)}"
                 for (what, _, expectation), answer in zip(cases, answers) if answer != expectation]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def main_cases(self, name):
        """Every key of the main block with every combination of either Shift, right Alt and Caps Lock."""
        caps = name != "colemak"  # its Caps Lock is a Backspace
        for shift, alt, lock in itertools.product((0, *SHIFTS), (False, True), (False, True)[:1 + caps]):
            theirs, ours = xkb.Keyboard(*LAYOUTS[name]), []
            if lock:  # with Shift, which is how a Japanese keyboard wants it
                theirs.press(SHIFTS[0], CAPS_LOCK)
                theirs.release(CAPS_LOCK, SHIFTS[0])
                ours += [SHIFTS[0], CAPS_LOCK, CAPS_LOCK | 0x80, SHIFTS[0] | 0x80]
            if shift:
                theirs.press(shift)
                ours += [shift]
            if alt:
                theirs.press(RIGHT_ALT)
                ours += [0xe0, 0x38]
            for key in MAIN:
                what = f"key {key:#x}" + " Shift" * bool(shift) + " AltGr" * alt + " Caps" * lock
                yield what, [*ours, key], self.expected(theirs, key, alt)

    def keypad_cases(self, name):
        """The keypad with and without Num Lock and Shift, except for its cursor keys. Ours types the same signs with
        Shift, where some of xkb's layouts have typographic ones."""
        for lock, shift in itertools.product((False, True), repeat=2):
            theirs, ours = xkb.Keyboard(*LAYOUTS[name]), []
            if lock:
                theirs.press(69)
                theirs.release(69)
                ours += [NUM_LOCK, NUM_LOCK | 0x80]
            if shift:
                theirs.press(SHIFTS[0])
                ours += [SHIFTS[0]]
            for key in KEYPAD:
                expectation = self.expected(theirs, key, False)
                if expectation[0].isprintable() and expectation[0] and not (shift and key in SIGNS):
                    yield f"keypad {key:#x}" + " Num" * lock + " Shift" * shift, [*ours, key], expectation

    def test_colemak_caps_lock(self):
        """Caps Lock is another Backspace."""
        self.assertEqual(xkb.Keyboard(*LAYOUTS["colemak"]).name(CAPS_LOCK), "BackSpace")
        self.assertEqual(type_all([("colemak", [CAPS_LOCK]), ("us", [CAPS_LOCK])]), [("\x7f", 0), ("", 0)])


def _add_layout_tests():
    for name in LAYOUTS:
        def test(self, name=name):
            self.compare(name, [*self.main_cases(name), *self.keypad_cases(name)])
        test.__doc__ = f"{name}: every key of the main block, with Shift, AltGr, Caps Lock; the keypad."
        setattr(Layout, "test_" + name.replace("-", "_"), test)


_add_layout_tests()


@unittest.skipUnless(xkb.is_there(), NO_XKB)
class DeadKeys(unittest.TestCase):
    """Every dead key of every layout, before every ASCII character."""

    ALONE = {"belowmacron": "ˍ"}  # on its own: X11 has no character for it

    def dead_keys(self):
        """{name: (layout, scancodes that type it)}."""
        names = {code: name for name, code in xkb.DEAD.items()}
        prefixes = [[], [0x2a], [0xe0, 0x38], [0x2a, 0xe0, 0x38]]
        questions = [(layout, [*prefix, key]) for layout in LAYOUTS for prefix in prefixes for key in MAIN]
        return {names[dead]: (layout, codes) for (layout, codes), (_, dead)
                in zip(questions, type_all(questions)) if dead}

    def released(self, codes):
        """The scancodes, and those that release the modifiers."""
        return [*codes, 0xaa, 0xe0, 0xb8]

    def keys_of(self, layout):
        """{character: scancodes} for the ASCII characters that the layout types without a dead key."""
        questions = [(layout, [*prefix, key]) for prefix in ([], [0x2a], [0xe0, 0x38]) for key in MAIN]
        answers = type_all(questions)
        return {text: codes for (_, codes), (text, dead) in reversed(list(zip(questions, answers)))
                if len(text) == 1 and text.isascii()}

    def cases(self):
        """(dead key's name, character, the text that they type)."""
        cases, questions = [], []
        for name, (layout, codes) in self.dead_keys().items():
            for character, stroke in self.keys_of(layout).items():
                cases.append((name, character))
                questions.append((layout, [*self.released(codes), *stroke]))
        return [(name, character, text) for (name, character), (text, _) in zip(cases, type_all(questions))]

    def test_letters(self):
        """Ours composes the same letters as X11, and every letter that Unicode has."""
        composer, seen = xkb.Composer(), set()
        for name, character, text in self.cases():
            seen.add(name)
            theirs = composer.compose(name, character)
            if character == " ":
                theirs = self.ALONE.get(name, theirs)
            with self.subTest(dead=name, character=character):
                if len(text) == 1:
                    self.assertEqual(text, theirs)
                else:
                    self.assertTrue(text.endswith(character) and len(text) == 2, text)
                    complete = name in ("greek", "stroke") and character in string.ascii_letters
                    self.assertIsNone(theirs if complete else xkb.precomposed(name, character))
        self.assertGreaterEqual(len(seen), 15)

    def test_twice(self):
        """The same dead key twice types the accent on its own."""
        composer = xkb.Composer()
        for name, (layout, codes) in self.dead_keys().items():
            with self.subTest(dead=name):
                ((text, dead),) = type_all([(layout, [*codes, codes[-1]])])
                self.assertEqual((text, dead), (self.ALONE.get(name, composer.twice(name)), 0))
