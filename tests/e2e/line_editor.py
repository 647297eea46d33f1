"""The line editor, at the keyboard and over COM1."""

from runner import framebuffer, screen
from runner import machine as machines
from runner.machine import PROMPT, MachineTest

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE = "\x1b[H", "\x1b[F", "\x1b[3~"


class LineEditor(MachineTest):
    """Types keys, and compares the screen and a terminal on COM1 with the line that they make."""

    def expect_line(self, machine, text, start, columns=80):
        """The last rows of both are prompt and `text`: the screen has 80 columns, the terminal on COM1
        `columns`."""
        def rows(width):
            line = PROMPT + text
            return [line[at:at + width].rstrip() for at in range(0, len(line), width)]

        machine.wait_screen(lambda now: now.used()[-len(rows(80)):] == rows(80))
        count = len(rows(columns))
        machine.wait_output(lambda: screen.rendered(machine.output(start), columns).split("\n")[-count:]
                            == rows(columns), repr(text))

    def test_moves_and_inserts(self):
        """Keys move the cursor, and text is inserted at the cursor."""
        machine = self.boot()
        for typed, text in ((f"hello{LEFT}{LEFT}XY", "helXYlo"), (f"hello{HOME}XY{END}Z", "XYhelloZ"),
                            ("hello\x01XY\x05Z", "XYhelloZ"), ("hello\x02\x02\x06X", "hellXo"),
                            (f"a b c{LEFT}{DELETE}d", "a b d"), ("one two\x17three", "one three"),
                            ("one two\x1b[1;5Dbig ", "one big two"), ("lost\x15found", "found"),
                            ("found\x01\x06\x0b", "f"), ("Gr\u00fc\u00dfe\x02\x02\x02\x04u", "Gru\u00dfe")):
            self.assertEqual(machine.answer(f"\x15{typed}\x01echo "), [text])

    def test_terminal_shows_it(self):
        """A line of several rows, edited at both ends, on a terminal of 80 columns and on the
        screen."""
        machine = self.boot()
        start = len(machine.received) - len(PROMPT)
        machine.send((150 * "x" + HOME + "ab" + END + "\x02\b").encode())
        self.expect_line(machine, "ab" + 149 * "x", start)

    def test_history(self):
        """The history has each line once, and the unfinished line after them."""
        machine = self.boot()
        for line in ("echo a", "echo b", "echo b"):
            machine.answer(line)
        start = len(machine.received) - len(PROMPT)
        for keys, text in (("dra", "dra"), (UP, "echo b"), (UP, "echo a"), (UP, "echo a"),
                           (DOWN, "echo b"), (DOWN, "dra"), ("\x10", "echo b"), ("\x0e", "dra")):
            machine.send(keys.encode())
            self.expect_line(machine, text, start)
        self.assertEqual(machine.answer(UP + UP), ["a"])

    def test_completion(self):
        """Tab completes commands and arguments, and lists the words if there are several."""
        machine = self.boot()
        self.assertEqual(machine.answer("ec\thello"), ["hello"])
        start = len(machine.received) - len(PROMPT)
        machine.send(b"fault di\t")
        self.expect_line(machine, "fault divide", start)
        machine.send(b"\x15he\t")
        self.expect_line(machine, "he", start)
        machine.send(b"\t")
        machine.wait_screen(lambda now: now.used()[-2].split() == ["heap", "help"])
        self.expect_line(machine, "he", start)

    def test_interrupt_and_clear(self):
        """Ctrl-C drops the line. Ctrl-L clears the screen but for the line, and takes the width that the
        terminal answers."""
        machine = self.boot()
        start = len(machine.received)
        machine.send(b"nonsense\x03")
        machine.wait_text("nonsense^C\r\n" + PROMPT, start)
        start = len(machine.received)
        machine.send(b"echo a\x0c")
        machine.wait_screen(lambda now: now.used() == [PROMPT + "echo a"])
        machine.wait_text("\x1b[6n", start)
        machine.wait_text(PROMPT + "echo a", start)
        start = machine.output().rindex(PROMPT)
        machine.send(b"\x1b[40;132R")
        machine.send(190 * b"b" + HOME.encode() + b"\x06\x06\x06\x06\x06\x06" + b"c")
        self.expect_line(machine, "echo ac" + 190 * "b", start, columns=132)

    def test_keyboard(self):
        """The same keys on the keyboard."""
        machine = self.boot()
        machine.ask("echo before")
        machine.type("hello")
        machine.press("ctrl", "a")
        machine.type("echo X")
        self.assertEqual(machine.ask(""), ["Xhello"])
        machine.press("ctrl", "p")
        machine.press("ctrl", "p")
        self.assertEqual(machine.ask("!"), ["before!"])
        machine.type("ec\t")
        self.assertEqual(machine.ask("tabbed"), ["tabbed"])

    def test_screens_of_two_widths(self):
        """A framebuffer and a terminal on COM1 of different widths wrap the same line differently."""
        machine = self.boot(options=machines.ovmf(), kind=framebuffer.FramebufferMachine)
        start = len(machine.received) - len(PROMPT)
        machine.send((85 * "x" + HOME + "ab" + END + "\x02\b").encode())
        line = PROMPT + "ab" + 84 * "x"
        shown = machine.wait_screen(lambda now: now.used()[-1] == line)
        self.assertGreater(len(shown.rows[0]), len(line))
        machine.wait_output(lambda: screen.rendered(machine.output(start), 80).split("\n")
                            == [line[:80], line[80:]], "line in two rows")
