"""The screen as a person uses it: what scrolled away, colours, the hardware's cursor."""

from runner import qemu
from runner.machine import PROMPT, MachineTest

PAGE_UP, PAGE_DOWN = b"\x1b[5;2~", b"\x1b[6;2~"  # with shift, as terminals send them
ROWS, HISTORY = 25, 1000


class Console(MachineTest):
    """On the VGA text screen."""

    def fill(self, machine, count):
        """Makes `count` lines `line 1`, `line 2`, ..., each below the command that printed it."""
        machine.send("".join(f"echo line {number}\r" for number in range(1, count + 1)).encode())
        machine.wait_text(f"line {count}\r\n{PROMPT}")
        machine.wait_screen(lambda now: now.used()[-2:] == [f"line {count}", PROMPT.rstrip()])

    def test_scrollback(self):
        """Shift+PageUp goes back half a screen, up to 1,000 lines; PageDown forward again."""
        machine = self.boot()
        self.fill(machine, 600)
        bottom = machine.screen().rows
        machine.send(PAGE_UP)
        machine.wait_screen(lambda now: now.rows[ROWS // 2:] == bottom[:ROWS - ROWS // 2])
        machine.send(PAGE_DOWN)
        machine.wait_screen(lambda now: now.rows == bottom)
        machine.send(PAGE_UP * (HISTORY // (ROWS // 2) + 5))
        first = 2 * 600 + 1 - ROWS - HISTORY  # of the lines since the first command
        machine.wait_screen(lambda now: now.lines()[:2] == self.line_pair(first))

    def line_pair(self, first):
        """Line `first` of what fill() makes, counted from 0, and the one after it."""
        return [f"{PROMPT}echo line {number // 2 + 1}" if number % 2 == 0
                else f"line {number // 2 + 1}" for number in (first, first + 1)]

    def test_log_colours(self):
        """A warning stands out on the screen; COM1 gets the bare text."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("loglevel=bogus"))
        now = machine.screen()
        attributes = {line: row[0] for line, row in zip(now.lines(), now.attributes) if line}
        warning, = (line for line in attributes if "loglevel=bogus" in line)
        self.assertEqual(attributes[warning], 0x0e)
        self.assertEqual({attributes[line] for line in attributes
                          if "mm: " in line or line == PROMPT.rstrip()}, {0x07})
        self.assertIn("\n" + warning, machine.output())
        self.assertNotIn("\x1b", machine.output().split("] cairn: ready")[0].split("] boot: ")[1])

    def test_typing_returns_to_the_end(self):
        """A key brings the view back to the line that is being typed."""
        machine = self.boot()
        self.fill(machine, 30)
        bottom = machine.screen().used()
        machine.send(PAGE_UP)
        machine.wait_screen(lambda now: now.used() != bottom)
        machine.send(b"x")
        machine.wait_screen(lambda now: now.used() == bottom[:-1] + [PROMPT + "x"])


class Panic(MachineTest):
    """A report that interrupts other output."""

    MAY_PANIC = True

    def test_in_the_midst_of_a_sequence(self):
        """It can be read in whole, whatever the terminal was about to do."""
        machine = self.machine(entry="tests",
                               options=qemu.fw_cfg_cmdline("test=console_panic panic=halt"))
        # Of the backtrace; the function that panics is named in the test's plan, too, which the report erases.
        seen = machine.wait_screen(lambda now: "kernel_main+" in now.text())
        row, = (number for number, line in enumerate(seen.lines()) if line.startswith("PANIC: "))
        self.assertTrue(seen.lines()[row].startswith("PANIC: the report"))
        self.assertEqual(set(seen.attributes[row]), {0x07})
