"""Machines whose screen is a framebuffer. The tests read it from pictures that QEMU takes."""

import functools
import tempfile

from runner import images, machine, paths, pictures

GRUB_CFG = """
insmod all_video
insmod gzio
multiboot2 /boot/cairn.elf
{font}
set gfxpayload={mode}
boot
"""

LOAD_FONT = "module2 /boot/unicode.pf2.gz font"


@functools.lru_cache
def reader():
    """A reader of pictures, with the image's font."""
    return pictures.Reader(pictures.load_font(paths.BUILD / "unicode.pf2.gz"))


class FramebufferMachine(machine.Machine):
    """A machine whose screen() is read from a picture."""

    def picture(self):
        """The screen as a PPM."""
        with tempfile.NamedTemporaryFile(prefix="cairn-screen-") as dump:
            self.execute("screendump", filename=dump.name)
            return dump.read()

    def screen(self):
        return reader().read(*pictures.read_ppm(self.picture()))


def image(directory, mode="auto", font=LOAD_FONT, files=()):
    """An image that boots at once in a graphics mode of GRUB's (1024x768x32); the arguments are those of
    images.edited()."""
    return images.edited(directory, GRUB_CFG.format(mode=mode, font=font), files)


class FramebufferTest(machine.MachineTest):
    """A test that boots machines whose screen is a framebuffer."""

    MACHINE = FramebufferMachine

    def image(self, **arguments):
        """The options that boot an image made for this test."""
        directory = tempfile.TemporaryDirectory(prefix="cairn-image-")
        self.addCleanup(directory.cleanup)
        return machine.cd(image(directory.name, **arguments))

    def expect_session(self, started, size=None):
        """Waits for the prompt on the screen, types a command, and waits for its answer there."""
        started.wait_screen(lambda now: now.used()[-1] == machine.PROMPT.rstrip())
        if started.reads_com1:
            self.assertEqual(started.ask("echo hello"), ["hello"])
        else:
            started.type("echo hello\n")
        shown = started.wait_screen(lambda now: now.used()[-3:] == [
            machine.PROMPT + "echo hello", "hello", machine.PROMPT.rstrip()])
        self.assertIn("] boot: Cairn", shown.lines()[0])
        if size:
            columns, rows = size
            self.assertEqual({len(row) for row in shown.rows}, {columns})
            self.assertEqual(len(shown.rows), rows)
