"""Feeds the same bytes to Linux's line discipline, with a pseudo-terminal, and to the kernel's, which runs in
build/line-discipline, and compares what is echoed, what a read returns and what is sent. No machine is booted."""

import contextlib
import fcntl
import functools
import os
import pty
import random
import select
import struct
import subprocess
import termios
import time
import unittest

from runner import coverage, paths

SECONDS = 2  # for an echo to arrive
TCGETS, TCSETS, FIONREAD = termios.TCGETS, termios.TCSETS, termios.FIONREAD
INITIAL = bytes.fromhex("00450000" "05000000" "bf040000" "3b8a0000" "00") + bytes(
    [3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0x0f, 0x17, 0x16, 0, 0, 0])

IUCLC, OLCUC = 0o1000, 0o2

# Bits of c_iflag, c_oflag and c_lflag that a random script changes, and what is typed: letters, a character of two bytes
# and one of three, a continuation on its own, tabs, and all that is special.
INPUT = (termios.ISTRIP, termios.INLCR, termios.IGNCR, termios.ICRNL, termios.IXON, termios.IXANY, 0x4000,
         termios.PARMRK, IUCLC)
OUTPUT = (OLCUC, termios.OPOST, termios.ONLCR, termios.OCRNL, termios.ONOCR, termios.ONLRET, termios.TAB3)
LOCAL = (termios.ISIG, termios.ICANON, termios.ECHO, termios.ECHOE, termios.ECHOK, termios.ECHOKE, termios.ECHONL,
         termios.ECHOCTL, termios.ECHOPRT, termios.NOFLSH, termios.IEXTEN)
TYPED = [b"a", b"b c", b"_9", b"\xc3\xa9", b"\xe2\x82\xac", b"\x80", b"\xfe", b"\xff", b"A\xc4Z", b"\0", b"\t", b"\t\t", b"\x1b[A", b"\b", b"\x01",
         b"\x7f", b"\x7f", b"\x15", b"\x17", b"\x12", b"\x16", b"\x04", b"\r", b"\n", b"\n", b";", b"|"]
SIGNALS = [b"\x03", b"\x1c", b"\x1a"]
STOP, START = b"\x13", b"\x11"


def settings(iflag, oflag, lflag, characters=INITIAL[17:]):
    """A struct termios of these flags."""
    return struct.pack("<IIII", iflag, oflag, 0x4bf, lflag) + b"\0" + characters


class Linux:
    """A pseudo-terminal."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        os.set_blocking(self.slave, False)
        self.pause = 0.001
        self.set(INITIAL)

    def close(self):
        """The end."""
        os.close(self.master)
        os.close(self.slave)

    def set(self, new):
        """Sets the struct of 36 bytes."""
        fcntl.ioctl(self.slave, TCSETS, new)
        return b""

    def shown(self, length):
        """What the terminal has shown; it is waited for until it has the length."""
        shown = b""
        while True:
            ready, _, _ = select.select([self.master], [], [], SECONDS if len(shown) < length else 0)
            if not ready:
                return shown
            shown += os.read(self.master, 65536)

    def read(self, count):
        """At most so many bytes; None if there is nothing to read."""
        try:
            return os.read(self.slave, count)
        except BlockingIOError:
            return None

    def type(self, typed, length):
        """The echo, `length` bytes of it or more."""
        os.write(self.master, typed)
        time.sleep(self.pause)  # Linux looks at it in a thread of its own, and nothing tells when
        return self.shown(length)

    def write(self, written, length):
        """What is sent."""
        os.write(self.slave, written)
        return self.shown(length)

    def count(self):
        """How much can be read."""
        return struct.unpack("i", fcntl.ioctl(self.slave, FIONREAD, bytes(4)))[0]


class Cairn:
    """The kernel's line discipline."""

    def __init__(self):
        self.coverage = contextlib.ExitStack()
        self.process = subprocess.Popen([paths.LINE_DISCIPLINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=self.coverage.enter_context(coverage.program()))
        self.set(INITIAL)

    def close(self):
        """The end."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.coverage.close()

    def ask(self, command):
        """The answer to a command."""
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip().decode()

    def set(self, new):
        """Sets the struct of 36 bytes."""
        return bytes.fromhex(self.ask(f"set {new.hex()}"))

    def type(self, typed):
        """The echo."""
        return bytes.fromhex(self.ask(f"type {typed.hex()}"))

    def read(self, count):
        """At most so many bytes; None if there is nothing to read."""
        answer = self.ask(f"read {count}")
        return None if answer == "-" else bytes.fromhex(answer)

    def write(self, written):
        """What is sent."""
        return bytes.fromhex(self.ask(f"write {written.hex()}"))

    def count(self):
        """How much can be read."""
        return int(self.ask("count"))


# Seconds that Linux gets for what it does after a key, in a thread of its own: on a busy machine it needs more.
PAUSES = (0.001, 0.1, 2.0)


def patient(test):
    """A test that begins anew with longer pauses when it fails, for Linux may have been late."""
    @functools.wraps(test)
    def run(self):
        for pause in PAUSES:
            self.pause = pause
            self.begin()
            try:
                return test(self)
            except AssertionError:
                if pause == PAUSES[-1]:
                    raise
            finally:
                self.doCleanups()
    return run


class LineDiscipline(unittest.TestCase):
    """Both, step by step."""

    pause = PAUSES[0]

    def begin(self):
        """A new terminal for each of the two."""
        self.linux, self.cairn, self.steps = Linux(), Cairn(), []
        self.linux.pause = self.pause
        self.addCleanup(self.linux.close)
        self.addCleanup(self.cairn.close)

    def same(self, ours, theirs):
        """Compares an answer."""
        self.assertEqual(ours, theirs, "\nours first, after " + "\n".join(map(str, self.steps)))

    def set(self, new):
        """Changes the settings of both."""
        self.steps.append(("set", *(f"{word:x}" for word in struct.unpack("<IIII", new[:16])), new[17:].hex()))
        echo = self.cairn.set(new)
        self.linux.set(new)
        self.same(echo, self.linux.shown(len(echo)))

    def type(self, typed):
        """Types the bytes at both."""
        self.steps.append(("type", typed))
        echo = self.cairn.type(typed)
        self.same(echo, self.linux.type(typed, len(echo)))

    def read(self, count):
        """Reads from both."""
        self.steps.append(("read", count))
        self.same(self.cairn.read(count), self.linux.read(count))

    def write(self, written):
        """Writes the bytes to both."""
        self.steps.append(("write", written))
        sent = self.cairn.write(written)
        self.same(sent, self.linux.write(written, len(sent)))

    def count(self):
        """Compares how much can be read."""
        self.same(self.cairn.count(), self.linux.count())

    @patient
    def test_lines(self):
        """Editing, ends of lines and of the file, reads that are shorter than a line."""
        for typed in (b"hello\r", b"ab\x7fc\xc3\xa9\x7fd\r", b"one two_3\x17\x17x\r", b"a\tb\t\x7f\x7f\x7f\tc\x15y\r", b"\x04", b"ab\x04",
                      b"\x16\x03\x16\r\x12\r", b"\x01\x7f\x02\r", b"abc\x04def\r",
                      b"a\tb\x03c\td\x7f\x7f\x7fe\r", b"x\r\x1c\x1a"):
            self.type(typed)
            self.count()
            for count in (3, 2, 100, 100, 100):
                self.read(count)
                self.count()

    @patient
    def test_length(self):
        """The longest line, and what comes when there is no room."""
        self.set(settings(0x4500, 5, 0x8a03))
        self.type(bytes(range(0x20, 0x7e)) * 50 + b"xyz\x7f!\r")
        self.count()
        self.read(10)
        self.count()
        self.read(5000)
        self.read(5000)
        self.set(settings(0x4500, 5, 0x8001))
        self.type(b"0123456789" * 405)
        self.count()
        self.read(5000)
        self.read(5000)

    @patient
    def test_modes(self):
        """Input from one mode that is read in the other."""
        raw, lines = settings(0x4500, 5, 0x8a31), settings(0x4500, 5, 0x8a3b)
        self.linux.pause = max(self.pause, 0.05)
        for typed in (b"ab", b"ab\rcd", b"ab\x04", b"", b"\x16"):
            self.set(lines)
            self.type(typed)
            self.set(raw)
            self.count()
            self.read(1)
            self.type(b"xy\x04")
            self.set(lines)
            self.count()
            self.read(100)
            self.type(b"\r")
            self.read(100)
            self.read(100)

    @patient
    def test_stopped(self):
        """Ctrl-S holds the echo back until Ctrl-Q, another key with IXANY, Ctrl-C, or the end of IXON."""
        for iflag, wake in ((0x4500, START), (0x4d00, b"x"), (0x4500, b"\x03")):
            self.set(settings(iflag, 5, 0x8a3b))
            self.type(STOP)
            self.type(b"held")
            self.type(wake)
            self.type(b"\r")
            self.read(100)
        self.type(STOP + b"more\r")
        self.set(settings(0x4100, 5, 0x8a3b))
        self.read(100)

    @patient
    def test_output(self):
        """Each translation of output, and columns."""
        text = b"a\nb\rc\r\r\td\n\te\x08\tf\xc3\xa9\tg\x1b[m\th\r\n\t\xff\ti\n\n\r\n"
        for oflag in (0, 1, 4, 5, 9, 0xd, 0x11, 0x15, 0x21, 0x25, 0x29, 0x1801, 0x1805, 0x1835, 0x183d):
            self.set(settings(0x4500, oflag, 0x8a3b))
            self.write(text)
            self.write(text)

    def random_settings(self, draw):
        """Settings near the initial ones, with other characters now and then."""
        flags = [*struct.unpack("<IIII", INITIAL[:16])]
        for index, bits in ((0, INPUT), (1, OUTPUT), (3, LOCAL)):
            for bit in bits:
                if draw.random() < 0.3:
                    flags[index] ^= bit
        characters = bytearray(INITIAL[17:])
        if draw.random() < 0.3:
            characters[11], characters[16] = b";|"  # VEOL and VEOL2
        if draw.random() < 0.2:
            characters[draw.choice((2, 3, 4, 8, 9))] = draw.choice(b"\0\x08a\n")
        return settings(flags[0], flags[1], flags[3], bytes(characters))

    @patient
    def run_script(self):
        """A random script of settings, keys and reads."""
        seed = self.seed
        draw = random.Random(seed)
        self.steps.append(("seed", seed))
        for _ in range(25):
            kind = draw.random()
            if kind < 0.15:
                self.type(START + START)  # Linux translates echo that was held back by the new settings
                self.set(self.random_settings(draw))
            elif kind < 0.75:
                typed = draw.choices(TYPED, k=draw.randrange(1, 8))
                if draw.random() < 0.2:  # first, for a signal drops what was sent and has not arrived
                    typed.insert(0, draw.choice(SIGNALS))
                if draw.random() < 0.1:
                    typed.append(draw.choice((STOP, START)))
                self.type(b"".join(typed))
            else:
                self.read(draw.choice((1, 2, 5, 100)))
                self.count()

    def test_random(self):
        """Random scripts."""
        for self.seed in range(100):
            self.run_script()
