"""Bochs, the strict emulator: it runs the image as a CD, and is typed at over COM1.

COM1 is a TCP connection that Bochs makes to this process. The display is Bochs's VNC server, which
does not wait for a viewer. Debian's build has a debugger, which gets the command to go on.
"""

import contextlib
import socket
import subprocess
import tempfile
from pathlib import Path

from runner import machine, paths, qemu, rfb

# Instructions a second, as Bochs reckons time: few, so that waiting for time costs few instructions.
SPEED = 20000000

CONFIGURATION = """
display_library: rfb, options="timeout=0"
romimage: file=/usr/share/bochs/BIOS-bochs-latest
{display}
memory: guest=64, host=64
boot: cdrom
ata0-master: type=cdrom, path="{iso}", status=inserted
com1: enabled=true, mode=socket-client, dev=127.0.0.1:{port}
port_e9_hack: enabled=true
log: "{log}"
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
speaker: enabled=0
sound: driver=dummy
cpu: ips={speed}
"""

VGA = "vgaromimage: file=/usr/share/vgabios/vgabios.bin"
CIRRUS = """vgaromimage: file=/usr/share/vgabios/vgabios-cirrus.bin
vga: extension=cirrus
pci: enabled=1, chipset=i440fx, slot1=cirrus"""
# A keyboard on USB gets the keys in place of the PS/2 keyboard. Time goes by as it does outside, or keys would repeat.
XHCI = VGA + """
pci: enabled=1, chipset=i440fx, slot1=usb_xhci
usb_xhci: enabled=1, port3=keyboard
clock: sync=slowdown"""


# Nothing gives Bochs more of a command line, so its image has another entry of the menu as its first.
DEFAULT = b"set default=text"
MONITOR = b"default=monitor "


class Bochs(machine.Machine):
    """A running Bochs, with COM1 as the only way in and out; a context manager that ends it."""

    def __init__(self, log, display=VGA, iso=paths.ISO):  # pylint: disable=super-init-not-called
        log.parent.mkdir(parents=True, exist_ok=True)
        self.received = bytearray()
        self.closed = self.may_panic = False
        self.reads_com1 = True
        with contextlib.ExitStack() as stack:
            self._log = stack.enter_context(open(log, "wb"))
            self._errors = stack.enter_context(open(log.with_suffix(".stderr"), "w+b"))
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cairn-bochs-")))
            image = iso.read_bytes()
            assert image.count(DEFAULT) == 1 and len(DEFAULT) == len(MONITOR)
            (place / "cairn.iso").write_bytes(image.replace(DEFAULT, MONITOR))
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            (place / "bochsrc").write_text(CONFIGURATION.format(
                display=display, iso=place / "cairn.iso", port=server.getsockname()[1], speed=SPEED,
                log=log.with_suffix(".bochs")))
            (place / "debugger").write_text("c\n")
            self.process = self._start(["bochs", "-q", "-f", str(place / "bochsrc"),
                                        "-rc", str(place / "debugger")], ())
            stack.callback(self.process.kill)
            server.settimeout(qemu.BOOT_LIMIT)
            try:
                self._com1 = stack.enter_context(server.accept()[0])
            except socket.timeout as error:
                raise qemu.QemuError("Bochs does not start: " + self.errors()[-500:]) from error
            self._files = stack.pop_all()


def type_line(started, text):
    """Types a line at the screen, one key after the other, and waits for the echo of each. Gives the answer's lines."""
    port = qemu.wait_until(lambda: rfb.listening_port(started.process.pid), qemu.BOOT_LIMIT, lambda: started.read_alive(0.1))
    first = len(started.received)
    with rfb.Viewer(port) as viewer:
        for key in text + "\n":
            start = len(started.received)
            viewer.press(key)
            started.wait_output(lambda start=start: len(started.received) > start, f"echo of {key!r}")
            viewer.press(key, down=False)
            started.read_alive(0.1)
    started.wait_prompt(first)
    return started.answer_since(first)


def is_there():
    """Is Bochs installed?"""
    try:
        subprocess.run(["bochs", "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return True
