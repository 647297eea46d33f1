"""Text on the framebuffer of UEFI machines, which have no VGA text."""

from runner import machine, qemu
from runner.framebuffer import FramebufferTest


class Uefi(FramebufferTest):
    """Machines with OVMF."""

    def test_session(self):
        """A session on a UEFI machine, in several scripts."""
        started = self.boot(options=machine.ovmf())
        self.expect_session(started)
        for text in ("Grüße", "Ψλφω ЖЩюя שלום", "漢字かな 한글", "∀x∈ℝ→⠓⠇ ░▒▓╬"):
            self.assertEqual(started.answer("echo " + text), [text])
            started.wait_screen(lambda now, line=text: now.used()[-2] == line)

    def test_displays(self):
        """Other display devices; the second machine has no COM1."""
        for device, com1 in (("bochs-display", qemu.tcp_pair), ("ramfb", None)):
            with self.subTest(device):
                options = [*machine.ovmf(), "-vga", "none", "-device", device]
                started = self.boot(options=options, com1=com1)
                self.expect_session(started)
                started.kill()
