"""The keyboard in Bochs, whose controller translates scancodes but not the keyboard's answers (tests/host/ps2.c)."""

from runner import bochs, paths, qemu, rfb
from runner.machine import PROMPT, MachineTest


class Bochs(MachineTest):
    """Typed at through its VNC server, which has the only keyboard."""

    def setUp(self):
        if not bochs.is_there():
            self.skipTest("there is no Bochs here")

    def type(self, machine, viewer, keys):
        """Types like a person who looks: each key has to show some echo before the next one."""
        for key in keys:
            start = len(machine.received)
            viewer.stroke(key)
            machine.wait_output(lambda start=start: len(machine.received) > start, f"echo of {key!r}")

    def test_keyboard(self):
        """Letters, a lock, and the history by cursor key."""
        with bochs.Bochs(paths.LOGS / (self.id() + ".log")) as machine:
            machine.wait_text(PROMPT)
            port = qemu.wait_until(lambda: rfb.listening_port(machine.process.pid), qemu.BOOT_LIMIT,
                                   lambda: machine.read_alive(0.1))
            with rfb.Viewer(port) as viewer:
                self.type(machine, viewer, "echo b")
                viewer.stroke("caps_lock")
                self.type(machine, viewer, "b")
                viewer.stroke("caps_lock")
                self.type(machine, viewer, "b\n")
                machine.wait_text("\r\nbBb\r\n")
                start = len(machine.received)
                self.type(machine, viewer, ["up", "\n"])
                machine.wait_text("\r\nbBb\r\n", start)
