"""Booting: on the machines that Cairn promises to boot on, and on some that lack something."""

import re
import socket
import tempfile
from pathlib import Path

from runner import qemu
from runner.machine import PROMPT, READY, MachineTest

LOG_LINE = re.compile(r"^\[ {0,3}\d+\.\d{6}\] [a-z0-9_]+: \S.*$")


class Boot(MachineTest):
    """From firmware to prompt."""

    WHOLE_BOOT = True

    def log(self, machine):
        """The boot log as it came over COM1: from the kernel's first line to `ready`."""
        lines = machine.output().replace("\r\n", "\n").split("\n")
        starts = [number for number, line in enumerate(lines) if "] boot: Cairn" in line]
        self.assertEqual(len(starts), 1, "the banner appears once")
        return lines[starts[0]:lines.index(PROMPT)]

    def test_log(self):
        """Each line has its time and its area, time never runs backwards, `ready` is the last, and
        the screen shows the same."""
        machine = self.boot()
        log = self.log(machine)
        for line in log:
            self.assertRegex(line, LOG_LINE)
        times = [float(line[1:line.index("]")]) for line in log]
        self.assertEqual(times, sorted(times))
        self.assertIn(READY, log[-1])
        shown = "".join(machine.screen().rows).replace(" ", "")
        self.assertIn("".join(log[-3:]).replace(" ", ""), shown)

    def test_ready_at_any_loglevel(self):
        """Tools wait for it."""
        for level in ("error", "debug"):
            self.boot(options=qemu.fw_cfg_cmdline(f"loglevel={level}"))

    def test_unknown_words(self):
        """Words which the kernel does not know are logged and do no harm, not even to the screen."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("frobnicate=1,2 quux \033[2Jz"))
        log = "\n".join(self.log(machine))
        self.assertIn("frobnicate", log)
        self.assertIn("quux", log)
        self.assertIn("'?[2Jz'", log)

    def test_no_com1(self):
        """A machine without a serial port says so, and answers the keyboard."""
        machine = self.boot(com1=None)
        self.assertIn("no COM1", machine.screen().text())
        self.expect_answer_on_screen(machine)

    def expect_answer_on_screen(self, machine):
        """Keyboard and screen work."""
        machine.type("echo hello\n")
        machine.wait_screen(lambda now: now.used()[-3:] == [PROMPT + "echo hello", "hello",
                                                            PROMPT.rstrip()])

    def test_stuck_com1(self):
        """COM1 stops sending, because its output is not read. The machine goes on all the same. COM1's buffer keeps what
        it can hold, the rest is lost. When the output is read again, COM1 works as before, and says what is missing."""
        commands, rows = 10, 256
        machine = self.boot(com1=socket.socketpair)  # is full after some 280 bytes
        start = len(machine.received)
        machine.reads_com1 = False
        machine.type("dump ffffffff80100000 4096\n")
        for _ in range(commands - 1):
            machine.press("up")
            machine.press("ret")
        self.expect_answer_on_screen(machine)
        machine.wait_com1_ready()
        machine.send(b"\recho again\r")
        machine.wait_text("\r\nagain\r\n")
        machine.wait_output(lambda: re.search("sends again; it has lost [1-9]", machine.output(start)), "loss")
        shown = [int(row, 16) for row in re.findall(r"^([0-9a-f]{16})  ", machine.output(start), re.MULTILINE)]
        once = [0xffffffff80100000 + 16 * row for row in range(rows)]
        self.assertEqual(shown[:4 * rows], 4 * once)
        self.assertLess(len(shown), commands * rows)

    def test_log_line_while_typing(self):
        """It goes above the line that is being typed, which is drawn again below it. A COM1 that
        stops sending in the middle of the typing is what makes the kernel log something."""
        machine = self.boot(com1=socket.socketpair)
        before = machine.wait_screen(lambda now: now.used()[-1] == PROMPT.rstrip()).used()
        machine.reads_com1 = False
        for count in range(5, 405, 5):
            for _ in range(5):
                machine.press("a")
            machine.wait_screen(lambda now, line=PROMPT + count * "a": now.text().replace("\n", "").endswith(line))
        shown = machine.wait_screen(lambda now: "uart: port" in now.text() and now.used()[-1] == 7 * "a")
        typed = [PROMPT + 73 * "a"] + 4 * [80 * "a"] + [7 * "a"]
        self.assertEqual(shown.used()[:len(before) - 1], before[:-1])
        self.assertEqual(shown.used()[-len(typed):], typed)
        log = "".join(row.ljust(80) for row in shown.used()[len(before) - 1:-len(typed)])
        self.assertRegex(log.rstrip(), LOG_LINE)

    def test_no_vga(self):
        """A machine without a screen answers on COM1."""
        machine = self.boot(options=["-vga", "none"])
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_debug_console_alone(self):
        """Neither screen nor COM1: what there is to say goes to the debug console, and the keyboard
        is answered there."""
        with tempfile.NamedTemporaryFile(prefix="cairn-debugcon-") as shown:
            machine = self.machine(com1=None, options=[
                "-vga", "none", "-debugcon", f"file:{shown.name}"])

            def text():
                return Path(shown.name).read_text(errors="replace")

            def wait(condition):
                met = qemu.wait_until(lambda: condition(text()), qemu.BOOT_LIMIT,
                                      lambda: machine.wait(0.1))
                self.assertTrue(met, text())

            wait(lambda now: now.endswith(PROMPT))
            for key in (*"help", "ret"):
                machine.press(key)
            wait(lambda now: now.endswith(PROMPT) and "list the commands" in now)

    def test_nothing_to_type_at(self):
        """Neither keyboard nor COM1: that is said in one line, and the machine is ready."""
        machine = self.machine(com1=None, options=["-machine", "i8042=off"])
        shown = machine.wait_screen(lambda now: READY in now.text())
        self.assertIn("nothing can be typed", shown.text())

    def test_no_i8042(self):
        """A machine without a keyboard controller says so, and answers on COM1."""
        machine = self.machine(options=["-machine", "i8042=off"])
        try:
            machine.wait_ready()
        except AssertionError:
            if "i8042" in machine.errors():
                self.skipTest("this QEMU cannot leave the i8042 out")
            raise
        self.assertRegex("\n".join(self.log(machine)),
                         r"no (i8042|PS/2 keyboard)")
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_other_machines(self):
        """An older chipset, a processor with everything that the emulator knows, little memory,
        several processors."""
        for options in (["-machine", "pc"], ["-cpu", "max"], ["-m", "32M"], ["-smp", "4"]):
            with self.subTest(options):
                machine = self.boot(options=options)
                self.assertEqual(machine.ask("echo hello"), ["hello"])
                machine.kill()
