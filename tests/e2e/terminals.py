"""The owners of the screen and of COM1: programs' terminals and the monitor."""

import re
import tempfile

from runner import pictures, qemu
from runner.machine import PROMPT, MachineTest

SHELL = "cairn:/# "


class Terminals(MachineTest):
    """A machine with shells on tty1 and ttyS0."""

    def start(self, **arguments):
        """A machine whose shells are there."""
        machine = self.machine(programs=True, **arguments)
        machine.wait_text(SHELL)
        machine.wait_screen(lambda now: now.used()[-1] == SHELL.rstrip())
        return machine

    def break_line(self, machine, answer):
        """Sends a break, and waits for what the new owner shows."""
        start = len(machine.received)
        machine.hmp("chardev-send-break com1")
        machine.wait_text(answer, start)

    def test_a_break_gives_com1_to_the_monitor_and_back(self):
        """The shell and what it was typing are left alone meanwhile."""
        machine = self.start()
        machine.send(b"echo ab")
        machine.wait_text("echo ab")
        self.break_line(machine, PROMPT)
        self.assertEqual(machine.answer("echo the monitor"), ["the monitor"])
        self.break_line(machine, "\r\n")
        start = len(machine.received)
        machine.send(b"cd\r")
        machine.wait_text("abcd\r\n", start)
        self.assertNotIn("the monitor", machine.screen().text())

    def test_a_program_waits_while_the_monitor_has_com1(self):
        """Its output comes when the terminal has the line again."""
        machine = self.start()
        machine.send(b"sleep 1; echo la''te\r")
        machine.wait_text("te\r\n", machine.output().rindex(SHELL))  # the echo of the command
        start = len(machine.received)
        self.break_line(machine, PROMPT)
        first = self.uptime(machine)
        while self.uptime(machine) < first + 3:
            pass
        self.assertNotIn("late", machine.output()[start:])
        self.break_line(machine, "late\r\n")

    def uptime(self, machine):
        """In seconds, as the monitor says."""
        hours, minutes, seconds = map(float, re.findall(r"[0-9.]+", machine.answer("uptime")[0]))
        return (hours * 60 + minutes) * 60 + seconds

    def test_the_monitor_is_on_another_screen(self):
        """Alt+F12 shows it, with the log; Alt+F1 shows the shell again, as it was."""
        machine = self.start()
        machine.press("alt", "f12")
        now = machine.wait_screen(lambda now: now.used()[-1] == PROMPT.rstrip())
        self.assertIn("cairn: ready", now.text())
        self.assertNotIn(SHELL.rstrip(), now.text())
        for key in "uptime":
            machine.press(key)
        machine.press("ret")
        machine.wait_screen(lambda now: re.search("up 0:00", now.text()))
        machine.press("alt", "f1")
        now = machine.wait_screen(lambda now: now.used()[-1] == SHELL.rstrip())
        self.assertNotIn("up 0:00", now.text())

    def test_a_palette_of_its_own(self):
        """A terminal's own colours are on the screen with it, and go with it. A VGA has six bits for each part."""
        machine = self.start()
        red, own = bytes((0xa8, 0, 0)), bytes((0x10, 0xff, 0x20))
        machine.send(rb"printf '\033]P110ff20\033[41m\033[J\033[m' >/dev/tty1" + b"\r")
        machine.wait_screen(lambda now: own in self.colours(machine))
        self.assertNotIn(red, self.colours(machine))
        machine.press("alt", "f2")
        machine.wait_screen(lambda now: now.used()[-1:] == [SHELL.rstrip()] and own not in self.colours(machine))
        machine.press("alt", "f1")
        machine.wait_screen(lambda now: own in self.colours(machine))
        machine.send(rb"printf '\033]R' >/dev/tty1" + b"\r")
        machine.wait_screen(lambda now: red in self.colours(machine) and own not in self.colours(machine))

    def colours(self, machine):
        """All colours that the screen shows now."""
        with tempfile.NamedTemporaryFile() as dump:
            machine.execute("screendump", filename=dump.name)
            _, _, pixels = pictures.read_ppm(dump.read())
        return {pixels[at:at + 3] for at in range(0, len(pixels), 3)}

    def test_settings(self):
        """stty reads and changes them; the size of the screen is known."""
        machine = self.start()
        machine.send(b"stty size </dev/tty1; stty rows 30 columns 100; stty size\r")
        machine.wait_text("25 80\r\n30 100\r\n")
        machine.send(b"stty -echo; echo un\\\nseen; stty echo\r")
        machine.wait_text("unseen\r\n")
        start = len(machine.received)
        machine.send(b"stty -a | grep -o 'intr = ^C'\r")
        machine.wait_text("intr = ^C\r\n", start)

    def test_keys(self):
        """They send what TERM=linux says: F1, Home, Backspace."""
        machine = self.start()
        for key in "cat -v":
            machine.press({" ": "spc", "-": "minus"}.get(key, key))
        machine.press("ret")
        machine.wait_screen(lambda now: now.used()[-1].endswith("cat -v"))
        machine.press("f1")
        machine.press("home")
        machine.press("x")
        machine.press("y")
        machine.press("backspace")
        machine.press("ret")
        machine.wait_screen(lambda now: now.used()[-2:] == ["^[[[A^[[1~x", "^[[[A^[[1~x"])

    def test_lines_of_the_log_stay_off_a_shells_screen(self):
        """The monitor has what a program tells the log. The shells' terminals do not, unless loglevel= says so."""
        for options, shown in (([], False), (qemu.fw_cfg_cmdline("loglevel=debug"), True)):
            machine = self.start(options=options)
            machine.send(b"echo something odd >/dev/kmsg; echo told\r")
            machine.wait_text("\ntold\r\n", machine.output().rindex(SHELL))  # not the echo of the command
            self.assertEqual("] something odd" in machine.output(), shown)
            self.assertEqual("] something odd" in machine.screen().text(), shown)
            self.break_line(machine, PROMPT)
            machine.may_panic = True  # the log says a second time that the kernel starts
            self.assertIn("] something odd", " ".join(machine.answer("log")))
            machine.kill()


class Panic(MachineTest):
    """A panic while a shell has the screen."""

    MAY_PANIC = True

    def test_a_panic_is_seen(self):
        """On the screen, and on COM1."""
        machine = self.machine(programs=True)
        machine.wait_text(SHELL)
        machine.hmp("chardev-send-break com1")
        machine.wait_text(PROMPT)
        machine.send(b"fault panic\r")
        machine.wait_text("PANIC: requested by a command")
        machine.wait_screen(lambda now: "PANIC: requested by a command" in now.text())
