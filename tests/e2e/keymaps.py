"""Keyboard layouts in use: the command `keymap`, the option keymap=, and keys pressed in QEMU. tests/e2e/layouts.py compares
every key of every layout."""

from runner import qemu
from runner.layouts import LAYOUTS, type_all
from runner.machine import PROMPT, MachineTest

NAMES = " ".join(LAYOUTS)


class Keymaps(MachineTest):
    """Layouts switched at the prompt."""

    def echo(self, machine, *chords):
        """The answer of `echo` to these strokes. All but the strokes is sent over COM1."""
        start = len(machine.received)
        machine.send(b"echo ")
        machine.wait_text("echo ", start)
        for chord in chords:
            machine.press(*chord.split("+"))
        machine.press("ret")
        machine.wait_prompt(start)
        return machine.answer_since(start)[0]

    def set_keymap(self, machine, name):
        """Changes the layout; the command prints nothing."""
        self.assertEqual(machine.answer(f"keymap {name}"), [])

    def test_german(self):
        """y and z, umlauts, AltGr."""
        machine = self.boot()
        self.assertEqual(self.echo(machine, "y", "z"), "yz")
        self.set_keymap(machine, "de")
        self.assertEqual(self.echo(machine, "y", "z", "apostrophe", "semicolon", "shift+bracket_left", "minus"),
                         "zyäöÜß")
        self.assertEqual(self.echo(machine, "alt_r+q", "alt_r+e", "alt_r+7", "alt_r+less", "less"), "@€{|<")
        self.assertEqual(self.echo(machine, "ctrl+alt+q", "a"), "a")  # which is not AltGr
        self.set_keymap(machine, "us")
        self.assertEqual(self.echo(machine, "y", "z", "alt_r"), "yz")

    def test_dead_keys(self):
        """A dead key composes with a letter, is an accent before a blank, and is typed on its own before other letters."""
        machine = self.boot()
        self.set_keymap(machine, "de")
        self.assertEqual(self.echo(machine, "equal", "e", "shift+equal", "a", "grave_accent", "shift+u"), "éàÛ")
        self.assertEqual(self.echo(machine, "equal", "spc", "grave_accent", "grave_accent", "equal", "x"), "'^´x")

    def test_french(self):
        """Digits need Shift; Caps Lock makes capitals of accented letters."""
        machine = self.boot()
        self.set_keymap(machine, "fr")
        self.assertEqual(self.echo(machine, "1", "2", "shift+1", "shift+2", "q", "a", "semicolon"), "&é12aqm")
        self.assertEqual(self.echo(machine, "caps_lock", "2", "a", "caps_lock", "2"), "ÉQé")

    def test_japanese(self):
        """The keys that only Japanese keyboards have."""
        machine = self.boot()
        self.set_keymap(machine, "jp106")
        self.assertEqual(self.echo(machine, "yen", "shift+yen", "ro", "shift+ro", "henkan", "shift+2"), "\\|\\_\"")

    def test_every_name(self):
        """Each layout is known, and changes at once what P and the key on its right type. That may be a dead key."""
        machine = self.boot()
        for name in LAYOUTS:
            self.set_keymap(machine, name)
            strokes = [[0x19], [0x1a], [0x1a, 0x9a, 0x1a]]
            letter, first, second = (text for text, _ in type_all((name, stroke) for stroke in strokes))
            with self.subTest(layout=name):
                self.assertEqual(self.echo(machine, "p", "bracket_left", "bracket_left"), letter + first + second)

    def test_wrong_name(self):
        """A wrong name gets one line, which lists the right ones."""
        machine = self.boot()
        self.assertEqual(machine.answer("keymap"), [f"keymap: us is in use; there are {NAMES}"])
        self.assertEqual(machine.answer("keymap klingon"), [f"keymap: 'klingon' is none of {NAMES}"])
        self.assertEqual(machine.answer("keymap de us"), ["keymap: 'us' is one word too many"])
        self.set_keymap(machine, "  dvorak  ")
        self.assertEqual(machine.answer("keymap"), [f"keymap: dvorak is in use; there are {NAMES}"])

    def test_command_line(self):
        """keymap= holds from the first key on."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("keymap=dvorak"))
        start = len(machine.received)
        for key in "dijs":  # e c h o
            machine.press(key)
        machine.wait_text(PROMPT + "echo", start - len(PROMPT))
        machine.press("ret")
        machine.wait_prompt(start)

    def test_wrong_command_line(self):
        """One line of the log; the keys are US ones."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("keymap=klingon"))
        self.assertIn(f"options: keymap=klingon is none of {NAMES}\r\n", machine.output())
        self.assertEqual(machine.ask("echo yz"), ["yz"])
