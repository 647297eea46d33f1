"""A person at the keyboard: what is typed, what the screen shows, what COM1 sees of it."""

import re
import string
import subprocess
import tempfile
import time

from runner import qemu
from runner.machine import PROMPT, READY, MachineTest

# Every character that a US keyboard can type.
PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " "


class Keyboard(MachineTest):
    """Keys in, VGA cells out."""

    def expect_tail(self, machine, *lines):
        """The screen's last used lines, the prompt included."""
        expected = [line.rstrip() for line in lines] + [PROMPT.rstrip()]
        machine.wait_screen(lambda now: now.used()[-len(expected):] == expected)

    def test_keys_pressed_while_booting(self):
        """Keys that are pressed before the prompt do not confuse the keyboard's set-up."""
        machine = self.machine()

        def keep_pressing():
            machine.press_blindly("a")
            machine.read_alive(0.005)

        self.assertTrue(qemu.wait_until(lambda: READY in machine.output(), qemu.BOOT_LIMIT,
                                        keep_pressing))
        machine.wait_text(PROMPT)
        start = len(machine.received)
        machine.press("ret")
        machine.wait_text("\n" + PROMPT, start)
        self.assertEqual(machine.ask("echo hello"), ["hello"])

    def test_help(self):
        """Names every command, on the screen and on COM1."""
        machine = self.boot()
        answer = machine.ask("help")
        for command in ("help", "echo", "uptime", "clear"):
            self.assertTrue(any(line.split()[0] == command for line in answer), command)
        self.expect_tail(machine, *answer[-20:])  # the screen does not hold all

    def test_echo(self):
        """Prints its arguments."""
        machine = self.boot()
        self.assertEqual(machine.ask("echo hello"), ["hello"])
        self.expect_tail(machine, PROMPT + "echo hello", "hello")

    def test_every_character(self):
        """Every key of the main block, plain and with Shift, types what is printed on it; no character is special to
        echo."""
        machine = self.boot()
        for start in range(0, len(PRINTABLE), 32):
            part = "<" + PRINTABLE[start:start + 32] + ">"
            self.assertEqual(machine.ask("echo " + part), [part])
            self.expect_tail(machine, PROMPT + "echo " + part, part)

    def test_uptime(self):
        """One line with a time, which keeps pace with the mainboard's clock. Both go by the guest's
        own time, whatever the host does meanwhile; the mainboard's shows whole seconds, and the tick
        is a little off."""
        uncertain = 1.1
        machine = self.boot(options=qemu.COUNTED)

        def look():
            return machine.guest_time(), self.seconds(machine.ask("uptime")), machine.guest_time()

        start, first, started = look()
        self.assertTrue(qemu.wait_until(lambda: machine.guest_time() > started + 20,
                                        qemu.BOOT_LIMIT, lambda: machine.wait(0.05)))
        ending, second, end = look()
        self.assertLess(ending - started - uncertain, second - first)
        self.assertLess(second - first, end - start + uncertain)

    def seconds(self, answer):
        """The time in a one-line answer, H:MM:SS.mmm."""
        self.assertEqual(len(answer), 1, answer)
        self.assertRegex(answer[0], r"\b\d+:\d\d:\d\d\.\d{3}\b")
        hours, minutes, seconds = re.search(r"(\d+):(\d+):([\d.]+)", answer[0]).groups()
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)

    def test_clear(self):
        """Only the prompt is left, in the uppermost line."""
        machine = self.boot()
        machine.ask("clear")
        machine.wait_screen(lambda now: now.used() == [PROMPT.rstrip()])
        self.assertEqual(machine.ask("echo hello"), ["hello"])
        machine.wait_screen(lambda now: now.used() == [PROMPT + "echo hello", "hello",
                                                       PROMPT.rstrip()])

    def test_backspace(self):
        """Takes back what was typed, and never the prompt."""
        machine = self.boot()
        machine.press("backspace")
        self.assertEqual(machine.ask("x\becho hexx\b\bllo"), ["hello"])
        machine.press("backspace")
        self.assertEqual(machine.ask("echo a"), ["a"])
        self.expect_tail(machine, PROMPT + "echo hello", "hello", PROMPT + "echo a", "a")

    def test_caps_lock(self):
        """Makes letters, and nothing else, upper case; shift makes them lower case; a second stroke ends it."""
        machine = self.boot()
        machine.type("echo ")
        machine.press("caps_lock")
        machine.type("a1-A!")
        machine.press("caps_lock")
        self.assertEqual(machine.ask("a"), ["A1-a!a"])

    def test_lights(self):
        """The lights follow the locks, and typing goes on meanwhile."""
        events = subprocess.run(["qemu-system-x86_64", "-trace", "help"], check=False,
                                stdout=subprocess.PIPE).stdout
        if b"ps2_set_ledstate" not in events:
            self.skipTest("this QEMU does not trace the lights")
        with tempfile.NamedTemporaryFile(prefix="cairn-trace-") as trace:
            machine = self.boot(options=["-trace", f"ps2_set_ledstate,file={trace.name}"])
            machine.type("echo ")
            for key in ("caps_lock", "num_lock", "scroll_lock", "num_lock", "caps_lock"):
                machine.press(key)
                machine.type("ab")
            self.assertEqual(machine.ask("c"), ["ABABABABabc"])
            self.wait_lights(trace, [4, 6, 7, 5, 1])

    def wait_lights(self, trace, expected):
        """Waits until QEMU says that these lights were set, one after another."""
        def lights():
            trace.seek(0)
            return [int(light) for light in re.findall(rb"ledstate .*?(\d+)$", trace.read(), re.M)
                    if int(light)]  # QEMU turns all off whenever it is told to change them
        if not qemu.wait_until(lambda: lights() == expected, qemu.BOOT_LIMIT,
                               lambda: time.sleep(0.05)):
            self.assertEqual(lights(), expected)

    def test_losses_are_shown(self):
        """`irq` says how much was lost: nothing, however fast one types."""
        machine = self.boot()
        machine.ask("a" * 200)
        lost = [line.split() for line in machine.answer("irq") if "lost" in line]
        self.assertEqual(lost, [["lost", "0", "keyboard"], ["lost", "0", "COM1"]])

    def test_other_keys(self):
        """Keys which type nothing do nothing; the keypad types when Num Lock is on."""
        machine = self.boot()
        machine.type("echo ")
        for chord in (["f1"], ["f12"], ["pause"], ["print"], ["alt", "print"], ["ctrl", "pause"],
                      ["alt"], ["alt_r"], ["meta_l"], ["menu"], ["ctrl_r"], ["scroll_lock"],
                      ["kp_5"], ["insert"], ["henkan"], ["yen"], ["ro"]):
            machine.press(*chord)
        machine.type("a")
        machine.press("num_lock")
        for key in ("kp_7", "kp_add", "kp_divide"):
            machine.press(key)
        start = len(machine.received)
        machine.press("kp_enter")
        machine.wait_prompt(start)
        self.assertEqual(machine.output().split("\r\n")[-2], "a7+/")

    def test_unknown_command(self):
        """One clear line, which names it."""
        machine = self.boot()
        answer = machine.ask("frobnicate now")
        self.assertEqual(len(answer), 1, answer)
        self.assertIn("frobnicate", answer[0])
        self.expect_tail(machine, PROMPT + "frobnicate now", *answer)

    def test_empty_line(self):
        """Just another prompt."""
        machine = self.boot()
        self.assertEqual(machine.ask(""), [])
        self.assertEqual(machine.ask("   "), [])
        self.assertEqual(machine.ask("echo"), [""])

    def test_long_line(self):
        """A line longer than the screen is wide wraps, is understood whole, and can be erased to
        the last character."""
        machine = self.boot()
        machine.ask("clear")
        text = (string.ascii_lowercase + string.digits) * 4
        machine.type("echo " + text)
        typed = PROMPT + "echo " + text
        rows = [typed[start:start + 80] for start in range(0, len(typed), 80)]
        machine.wait_screen(lambda now: now.used() == rows)
        machine.type("\b" * (len(text) + len("echo ")))
        machine.wait_screen(lambda now: now.used() == [PROMPT.rstrip()])
        self.assertEqual(machine.ask("echo " + text), [text])

    def test_fast_typing(self):
        """500 keys in bursts without any pause between them, and not one is lost."""
        machine = self.boot()
        for number in range(5):
            text = "".join(string.ascii_lowercase[(number + i) % 26] for i in range(100 - 6))
            self.assertEqual(machine.ask("echo " + text), [text])

    def test_scrolling(self):
        """More lines than the screen has: the last ones stay, in order."""
        machine = self.boot()
        lines = []
        for number in range(15):
            machine.ask(f"echo {number}")
            lines += [f"{PROMPT}echo {number}", str(number)]
        self.expect_tail(machine, *lines[-24:])
