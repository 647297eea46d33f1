"""The same session over COM1, and both inputs at once."""

import random
import re
import socket
import string
import time
import zlib

from runner import keys, qemu, screen
from runner.machine import PROMPT, MachineTest


# Of a test in which COM1 has to be read without a long pause. A busy host may bring one about, and then COM1 counts as stuck.
ATTEMPTS = 3


class Com1(MachineTest):
    """Bytes in, bytes and VGA cells out."""

    MANY = 1 << 20

    def test_commands(self):
        """Each command works here as it does at the keyboard, and the screen shows it too."""
        machine = self.boot()
        names = [line.split()[0] for line in machine.answer("help")]
        self.assertLessEqual({"help", "echo", "uptime", "clear"}, set(names))
        self.assertRegex("\n".join(machine.answer("uptime")), r"^[^\n]*\d+\.\d+[^\n]*$")
        self.assertEqual(machine.answer("echo hello"), ["hello"])
        machine.wait_screen(lambda now: now.used()[-3:] == [PROMPT + "echo hello", "hello",
                                                            PROMPT.rstrip()])
        self.assertEqual(len(machine.answer("frobnicate")), 1)

    def test_clear(self):
        """Empties the screen, and leaves a prompt on both."""
        machine = self.boot()
        machine.send(b"clear\r")
        machine.wait_screen(lambda now: now.used() == [PROMPT.rstrip()])
        machine.wait_prompt()

    def test_prompt_is_exact(self):
        """Tools wait for these bytes: at the start of a line, and nothing after them."""
        machine = self.boot()
        machine.answer("echo a")
        self.assertTrue(machine.output().endswith("\r\n" + PROMPT))

    def test_line_ends(self):
        """CR, LF and CR LF each end one line, not two and not none."""
        machine = self.boot()
        start = len(machine.received)
        for number, end in enumerate(("\r", "\n", "\r\n", "\r", "\r\n", "\n", "\r", "\r\n")):
            before = len(machine.received)
            machine.send(f"echo {number}{end}".encode())
            machine.wait_text(f"{number}\r\n{PROMPT}", before)
        machine.answer("echo last")
        lines = screen.rendered(machine.output(start)).split("\n")
        expected = [line for number in range(8) for line in (f"{PROMPT}echo {number}", str(number))]
        expected[0] = "echo 0"
        self.assertEqual(lines, expected + [PROMPT + "echo last", "last", PROMPT.rstrip()])

    def test_empty_lines(self):
        """Two line ends of the same kind are two lines."""
        machine = self.boot()
        for end in ("\n", "\r\n", "\r"):  # in this order no CR meets an LF of the next round
            start = len(machine.received)
            machine.send(f"{3 * end}echo a{end}".encode())
            machine.wait_text(f"a\r\n{PROMPT}", start)
            self.assertEqual(machine.output(start).count(PROMPT), 4, repr(end))

    def test_lines_end_in_cr_lf(self):
        """A terminal begins each line on the left."""
        machine = self.boot()
        machine.answer("help")
        self.assertNotRegex(machine.output(), r"[^\r]\n")

    def test_echo_is_verbatim(self):
        """No character is special, and blanks stay as they are, wherever they are."""
        machine = self.boot()
        for text in ("a  b   c", "  a", "\"a\"", "#a", "-n a", "%s %n %d %%", "'\"'\"'",
                     "\\n \\x41 $HOME `id` $(id)", ";|&<>*?~!#", string.punctuation):
            self.assertEqual(machine.answer("echo " + text), [text])
        machine.answer("echo a  ")
        self.assertTrue(machine.output().endswith("\r\na  \r\n" + PROMPT))

    def test_terminal_keys(self):
        """A terminal's cursor keys type nothing, and a broken sequence ends with its line."""
        machine = self.boot()
        self.assertEqual(machine.answer("ec\x1b[A\x1b[1;5Cho hi"), ["hi"])
        machine.answer("\x1b[")
        self.assertEqual(machine.ask("echo hello"), ["hello"])
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_erases_whole_characters(self):
        """One backspace for one character, however many bytes it has."""
        machine = self.boot()
        self.assertEqual(machine.answer("echo a\u00e4\u20ac\x7f\x7fb"), ["ab"])

    def test_backspace_and_delete(self):
        """Terminals send one or the other for the same key."""
        machine = self.boot()
        for erase in ("\b", "\x7f"):
            self.assertEqual(machine.answer(f"echo hexx{2 * erase}llo"), ["hello"])
            self.assertEqual(machine.answer(f"{3 * erase}echo a"), ["a"])

    def test_bytes_beyond_ascii(self):
        """They come back as they were sent; the screen shows what code page 437 has, and a square
        for each character that it has not."""
        machine = self.boot()
        for text, shown in (("Grüße", "Grüße"), ("→ ♥ ░▒▓ ⌂", "→ ♥ ░▒▓ ⌂"), ("a€жb", "a■■b")):
            self.assertEqual(machine.answer("echo " + text), [text])
            machine.wait_screen(lambda now, line=shown: now.used()[-2] == line)

    def test_endless_line(self):
        """A line that is too long is cut, and the next one is whole again."""
        machine = self.boot()
        (answer,) = machine.answer("echo " + 3000 * "x")
        self.assertRegex(answer, "^x{200,2999}$")
        self.assertEqual(machine.answer("echo a"), ["a"])

    def test_break(self):
        """A break types nothing: without programs there is no terminal that the line could be given to."""
        machine = self.boot()
        machine.hmp("chardev-send-break com1")
        self.assertEqual(machine.answer("echo a"), ["a"])
        self.assertEqual(machine.output().count(PROMPT), 2)

    def test_typed_on_both(self):
        """A character typed at one input is echoed at both, and both inputs edit the same line."""
        machine = self.boot()
        start = len(machine.received)
        machine.type("ec")
        machine.send(b"ho a")
        machine.wait_screen(lambda now: now.used()[-1] == PROMPT + "echo a")
        machine.wait_text("echo a", start)
        machine.type("b\n")
        machine.wait_text(f"ab\r\n{PROMPT}", start)

    def test_both_at_once(self):
        """Neither input loses a key to the other."""
        machine = self.boot()
        start = len(machine.received)
        machine.type("echo ")
        for _ in range(20):
            machine.send(b"sss")
            machine.type("kkk")
        machine.wait_output(lambda: len(machine.received) - start >= len("echo ") + 120, "echo")
        machine.send(b"\r")
        machine.wait_prompt(start)
        (line,) = machine.answer_since(start)
        self.assertEqual(sorted(line), ["k"] * 60 + ["s"] * 60)

    def test_paste(self):
        """12 KiB pasted without a pause: every line is answered, whole and in order."""
        machine = self.boot()
        letters = string.ascii_letters + string.digits
        lines = [f"{number:02} " + (letters * 5)[number:number + 180] for number in range(64)]
        paste = "".join(f"echo {line}\r" for line in lines).encode()
        self.assertGreater(len(paste), 12000)
        start = len(machine.received)
        machine.send(paste)
        machine.wait_text(lines[-1] + "\r\n" + PROMPT, start)
        shown = screen.rendered(machine.output(start)).split("\n")
        self.assertEqual([line for line in shown if line in lines], lines)
        self.assertEqual(len(shown), 2 * len(lines) + 1)

    def test_slow_line(self):
        """More output than COM1's buffer holds, on a line that is slower than the commands: all of it arrives."""
        machine = self.boot(com1=socket.socketpair)  # takes some 280 bytes between two reads
        self.assertTrue(any(self.all_arrives(machine) for _ in range(ATTEMPTS)), machine.output()[-2000:])

    def all_arrives(self, machine):
        """Has twelve dumps of memory sent. None of their rows is lost?"""
        commands, rows = 12, 256
        start = len(machine.received)
        machine.send(commands * b"dump ffffffff80100000 4096\recho end\r")
        for _ in range(40):  # meanwhile, the commands could print all of it
            time.sleep(0.025)
            machine.read(0)
        machine.wait_output(lambda: "lost" in machine.output(start) or
                            machine.output(start).count("\r\nend\r\n") == commands, "end")
        shown = re.findall(r"^([0-9a-f]{16})  ", machine.output(start), re.MULTILINE)
        if shown == commands * [f"{0xffffffff80100000 + 16 * row:016x}" for row in range(rows)]:
            return True
        machine.wait_text("it has lost", start)
        machine.answer("")
        return False

    def test_many_bytes(self):
        """1 MiB at full speed arrives whole (tests/kernel/receive.c counts it)."""
        data = random.Random(6).randbytes(self.MANY)
        machine = self.machine(entry="tests",
                               options=qemu.fw_cfg_cmdline(f"receive={len(data):x}"))
        machine.wait_text("receive: go on")
        machine.send(data)
        machine.wait_text("lost\r\n")
        self.assertIn(f"receive: CRC-32 {zlib.crc32(data):08x}, 0 lost", machine.output())

    def test_long_line_is_erased(self):
        """A terminal of 80 columns shows nothing any more when everything has been taken back."""
        machine = self.boot()
        machine.send(b"clear\r")
        machine.wait_screen(lambda now: now.used() == [PROMPT.rstrip()])
        text = string.ascii_lowercase * 6
        machine.send(text.encode())
        machine.wait_screen(lambda now: "".join(now.rows).rstrip() == PROMPT + text)
        machine.send(b"\x7f" * len(text))
        machine.wait_screen(lambda now: now.used() == [PROMPT.rstrip()])
        self.assertEqual(machine.answer("echo a"), ["a"])


class Panic(MachineTest):
    """A panic while COM1 has not sent all that was printed."""

    MAY_PANIC = True

    def test_what_waits_comes_first(self):
        """The report follows all of the earlier output, in order."""
        output = ""
        for _ in range(ATTEMPTS):
            output = self.panic_behind_a_dump()
            if re.search(self.EXPECTED, output, re.DOTALL):
                return
        self.fail(output)

    ROWS = 256
    EXPECTED = (r"cairn> dump \w+ 4096\r\n" +
                "".join(f"{0xffffffff80100000 + 16 * row:016x} [^\r]*\r\n" for row in range(ROWS)) +
                r"cairn> fault panic\r\nPANIC: .*kernel_main\+")

    def panic_behind_a_dump(self):
        """What COM1 sends, to the end. When the panic begins, part of the dump has not been sent."""
        machine = self.boot(com1=socket.socketpair, options=[
            *qemu.DEBUG_EXIT, *qemu.fw_cfg_cmdline("panic=exit")])
        for character in "dump ffffffff80100000 4096\nfault panic\n":
            machine.press(*keys.chord(character))
            machine.read(0.01)
        self.assertNotIn(f"{0xffffffff80100000 + 16 * self.ROWS - 16:x}", machine.output())
        machine.wait_output(lambda: machine.closed, "end")
        return machine.output()
