"""Text on the framebuffer of BIOS machines: the tests type at the keyboard and read pictures of the screen."""

import tempfile
from pathlib import Path

from runner import gdb, paths, screen
from runner.framebuffer import FramebufferTest


class Framebuffer(FramebufferTest):
    """Graphics modes of BIOS machines."""

    def test_modes(self):
        """Several sizes and depths, on a BIOS machine."""
        for mode, columns, rows in (("1024x768x32", 128, 48), ("800x600x24", 100, 37),
                                    ("1280x1024x16", 160, 64), ("640x480x15", 80, 30)):
            with self.subTest(mode):
                started = self.boot(media=self.image(mode=mode))
                self.expect_session(started, (columns, rows))
                started.kill()

    def test_scrolling(self):
        """After more lines than fit, the screen shows the last ones, as COM1 does. Shift+Page Up goes half a screen back,
        and Shift+Page Down returns."""
        started = self.boot(media=self.image(mode="800x600x32"))
        for command in ("help", "mem", "heap", "help", "tasks", "cpu"):
            started.answer(command)
        lines = screen.rendered(started.output(), columns=100).split("\n")
        started.wait_screen(lambda now: now.lines() == lines[-37:])
        started.press("shift", "pgup")
        started.wait_screen(lambda now: now.lines() == lines[-37 - 18:-18])
        started.press("shift", "pgdn")
        started.wait_screen(lambda now: now.lines() == lines[-37:])

    def test_broken_font(self):
        """One line of the log reports it, and the built-in font takes its place."""
        for content in (b"PFF2 no font", Path(paths.KERNEL).read_bytes()[:100000]):
            with tempfile.NamedTemporaryFile(prefix="cairn-font-") as font:
                font.write(content)
                font.flush()
                started = self.boot(media=self.image(
                    mode="800x600x32", files=[(font.name, "/boot/unicode.pf2.gz")]))
            self.assertEqual(started.output().count("font: "), 1)
            self.expect_session(started)
            self.assertIn("font: what was loaded is no PF2 font", started.screen().text())
            started.kill()

    def test_missing_font(self):
        """Likewise without a font. A square replaces the characters that the built-in font lacks."""
        started = self.boot(media=self.image(mode="800x600x32", font=""))
        self.assertEqual(started.output().count("font: none was loaded"), 1)
        self.expect_session(started)
        self.assertEqual(started.answer("echo é字é"), ["é字é"])
        started.wait_screen(lambda now: now.used()[-2] == "é■ é")

    def test_write_combining(self):
        """Video memory is mapped as write-combining, so that pixels go there in bursts."""
        started = self.boot(media=self.image(mode="1024x768x32"))
        addresses = [region["address"] for bus in started.execute("query-pci")
                     for device in bus["devices"] if device["class_info"]["class"] == 0x300
                     for region in device["regions"] if region["type"] == "memory"]
        walk = started.answer(f"translate {0xffff800000000000 + addresses[0]:x}")
        self.assertIn("write-combining", walk[-2])

    def test_panic(self):
        """The screen shows the report from its first line on."""
        started = self.boot(media=self.image(mode="1024x768x32"))
        started.may_panic = True
        started.type("fault divide\n")
        shown = started.wait_screen(lambda now: "PANIC: " in now.text() and
                                    "kernel_main+" in now.text())
        self.assertIn("divide", shown.text())

    def test_early_panic(self):
        """A panic before the kernel has memory or page tables of its own is on the screen, too. GDB stops the kernel before
        memory is set up, and makes it jump to the panic."""
        socket = gdb.socket_for(self)
        started = self.machine(media=self.image(mode="1024x768x32"), options=gdb.server(socket))
        started.may_panic = True
        said = gdb.run(started, socket, *gdb.stop_at(
            "frames_init", "set $rip = (unsigned long)__stack_chk_fail", "detach"),
            arguments=[str(paths.KERNEL_DEBUG)])
        self.assertIn("Breakpoint 1, ", said)
        shown = started.wait_screen(lambda now: "PANIC: stack smashed" in now.text())
        self.assertIn("] boot: Cairn", shown.lines()[0])

    def test_no_screen(self):
        """A machine without a usable screen says so, and answers on COM1."""
        for media, why in ((None, "screen: the loader has none"),
                           (self.image(), "screen: .* cannot be drawn on")):
            started = self.boot(media=media, options=["-vga", "none"])
            self.assertRegex(started.output(), why)
            self.assertEqual(started.answer("echo hello"), ["hello"])
            started.kill()

    def test_little_memory(self):
        """A large screen on a machine with so little memory that GRUB has no room for the font."""
        started = self.boot(media=self.image(mode="1920x1080x32"), options=["-m", "5M"])
        self.expect_session(started, (240, 67))
