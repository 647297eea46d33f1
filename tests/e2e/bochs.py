"""The keyboard in Bochs, whose controller translates scancodes but not the keyboard's answers (tests/host/ps2.c)."""

from runner import bochs, paths, qemu, rfb
from runner.machine import ERASURE, PROMPT, MachineTest

TYPED_AND_ERASED = 20 * b"x\x7f"


class Bochs(MachineTest):
    """Typed at through its VNC server, which has the only keyboard."""

    def setUp(self):
        if not bochs.is_there():
            self.skipTest("there is no Bochs here")

    def give_time(self, machine):
        """Waits until the guest has done something that takes it a while: text is typed over COM1 and erased again.
        Bochs does not lock its queue of VNC's keys. A key that arrives while Bochs reads the one before may be lost,
        or the one before comes twice."""
        start = len(machine.received)
        machine.send(TYPED_AND_ERASED)
        machine.wait_output(lambda: machine.output(start).count(ERASURE) == TYPED_AND_ERASED.count(b"\x7f"), "erasure")

    def stroke(self, machine, viewer, key):
        """Presses and releases a key that types nothing."""
        for down in (True, False):
            viewer.press(key, down)
            self.give_time(machine)

    def type(self, machine, viewer, keys):
        """Types, and releases each key only when some echo has come."""
        for key in keys:
            start = len(machine.received)
            viewer.press(key)
            machine.wait_output(lambda start=start: len(machine.received) > start, f"echo of {key!r}")
            viewer.press(key, down=False)
            self.give_time(machine)

    def test_keyboard(self):
        """Letters, a lock, and the history by cursor key."""
        with bochs.Bochs(paths.LOGS / (self.id() + ".log")) as machine:
            machine.wait_text(PROMPT)
            port = qemu.wait_until(lambda: rfb.listening_port(machine.process.pid), qemu.BOOT_LIMIT,
                                   lambda: machine.read_alive(0.1))
            with rfb.Viewer(port) as viewer:
                self.type(machine, viewer, "echo b")
                self.stroke(machine, viewer, "caps_lock")
                self.type(machine, viewer, "b")
                self.stroke(machine, viewer, "caps_lock")
                self.type(machine, viewer, "b\n")
                machine.wait_text("\r\nbBb\r\n")
                start = len(machine.received)
                self.type(machine, viewer, ["up", "\n"])
                machine.wait_text("\r\nbBb\r\n", start)
