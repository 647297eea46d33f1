"""A machine that runs the shipped image, used as a person uses it: keys, screen, COM1.

Nothing here sleeps for a time and hopes. A key is sent when the keyboard's own buffer (16 bytes) has
room for it, and text in bursts, of which the next one goes out when COM1 has echoed the last one:
faster than any person types, and still nothing is lost on the way *to* the guest however slow it is.
"""

import re
import tempfile
import unittest
from pathlib import Path

from runner import keys, loaded, paths, qemu, screen

PROMPT = "cairn> "
READY = "cairn: ready"
ERASURE = "\b\x1b[J"
KEYBOARD_BUFFER = 15  # bytes; QEMU's keyboard drops what exceeds 16
VGA_TEXT = 0xb8000
CRTC = 0x3d4
COM1_LINE_STATUS = 0x3fd
TRANSMITTER_READY = 0x20
I8042_STATUS = 0x64
I8042_OUTPUT_FULL = 0x01


def cd(iso=paths.ISO):
    """The options that boot an image as a CD."""
    return ["-cdrom", str(iso)]


def usb_stick(iso=paths.ISO):
    """The options that boot an image as a USB stick."""
    return ["-device", "qemu-xhci",
            "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={iso}",
            "-device", "usb-storage,drive=stick"]


def virtio_disk(path, *options):
    """The options of a virtual disk beside the CD that the machine boots from."""
    return ["-boot", "d", "-drive", ",".join([loaded.VIRTIO_DISK + str(path), *options])]


def ovmf():
    """The options that replace the BIOS by UEFI firmware."""
    for combined in ("/usr/share/ovmf/OVMF.fd", "/usr/share/qemu/OVMF.fd"):
        if Path(combined).exists():
            return ["-bios", combined]
    code = "/usr/share/OVMF/OVMF_CODE_4M.fd"
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}"]


NO_PIT = ["-machine", "pit=off"]

# The kinds of machines that so many tests start that it pays to keep them as the loader leaves them.
KEPT = {loaded.kind([*cd(), *qemu.menu_entry("text"), *options])
        for options in ([], NO_PIT, ovmf(), NO_PIT + ovmf(), virtio_disk(""))}


def with_monitor(options):
    """The options of a machine that starts no program, unless they name one: the monitor has the screen and COM1."""
    start = "name=opt/cairn/cmdline,string="
    given = [option.replace(start, start + "init=monitor ") for option in options]
    return given if given != list(options) else [*given, *qemu.fw_cfg_cmdline("init=monitor")]


class Machine(qemu.Qemu):
    """A QEMU with the few verbs that a test of the shipped image needs. It goes through firmware
    and loader if `whole`; otherwise, if that saves time, it goes on from where they end. It starts programs only if
    `programs`."""

    PROMPT_AT_END = re.compile(re.escape(PROMPT) + "$")

    def __init__(self, log, media=None, options=(), com1=qemu.tcp_pair, entry="text", whole=True, programs=False):
        self.reads_com1 = com1 is not None
        self.may_panic = False
        self._in_keyboard = 0  # bytes of scancodes, at most
        # A keyboard on USB holds 16 changes of keys, and no port tells how many: type() waits for echoes.
        self._on_usb = any("i8042=off" in word for word in options)
        options = [*(media or cd()), *qemu.menu_entry(entry), *(options if programs else with_monitor(options))]
        kept = com1 and not whole and loaded.kind(options) in KEPT
        super().__init__(options, log, com1=com1,
                         state=loaded.state(options, paths.KERNEL) if kept else None)

    # --- COM1 -----------------------------------------------------------------------------------

    def output(self, start=0):
        """What COM1 has sent, from byte `start` on."""
        return self.received[start:].decode("utf-8", "replace")

    def check_alive(self):
        """Ends a test at once that waits in vain: the kernel has panicked or started again."""
        if self.may_panic:
            return
        if re.search(r"^PANIC: ", self.output(), re.MULTILINE):
            while self.read(1):  # the rest of the report
                pass
            raise AssertionError(f"the kernel panicked:\n{self.output()[-4000:]}")
        if self.output().count("] boot: Cairn") > 1:
            raise AssertionError(f"the kernel started a second time:\n{self.output()[-2000:]}")

    def read_alive(self, seconds):
        """Reads COM1, and makes sure that it is worth while to go on."""
        self.read(seconds)
        self.check_alive()

    def wait_output(self, condition, what, limit=qemu.BOOT_LIMIT):
        """Reads COM1 until condition() holds."""
        met = qemu.wait_until(lambda: condition() or self.closed, limit,
                              lambda: self.read_alive(0.2))
        if not met or not condition():
            how = f"within {limit:g} s" if not met else "before QEMU ended " + self.errors()
            raise AssertionError(f"COM1: no {what} {how}; it says:\n{self.output()[-2000:]}")

    def wait_text(self, text, start=0):
        """Reads COM1 until `text` has come after byte `start`."""
        self.wait_output(lambda: text in self.output(start), repr(text))

    def wait_prompt(self, start=0):
        """Reads COM1 until it has sent something after byte `start` and stands at the prompt."""
        self.wait_output(lambda: self.PROMPT_AT_END.search(self.output(start)), "prompt at the end")

    def wait_ready(self):
        """Waits until the machine can be typed at."""
        if self.reads_com1:
            self.wait_text(READY)
            self.wait_prompt()
        else:
            self.wait_screen(lambda now: now.used()[-1] == PROMPT.rstrip() and
                             READY in now.text())
        return self

    def wait_com1_ready(self):
        """Reads COM1 until it can take another byte from the guest: it can not while what it has sent is not read."""
        if not qemu.wait_until(lambda: self.read_port(COM1_LINE_STATUS) & TRANSMITTER_READY, qemu.BOOT_LIMIT,
                               lambda: self.read_alive(0.01)):
            raise AssertionError(f"COM1 does not go on within {qemu.BOOT_LIMIT:g} s")

    def answer(self, line):
        """Sends a line to COM1 and gives the lines that come between its echo and the prompt."""
        start = len(self.received)
        self.send(line.encode() + b"\r")
        self.wait_prompt(start)
        return self.answer_since(start)

    def answer_since(self, start):
        """The lines of COM1 between the echoed line, which began at byte `start`, and the prompt,
        as a terminal shows them."""
        return screen.rendered(self.output(start)).split("\n")[1:-1]

    # --- The keyboard ---------------------------------------------------------------------------

    def press(self, *chord):
        """One stroke, which need not show any echo. Where the keyboard's buffer may have no room for it, what is in
        there has to be fetched first."""
        if not self._on_usb and self._in_keyboard + keys.scancode_bytes(chord) > KEYBOARD_BUFFER:
            self._wait_fetched()
        self.press_blindly(*chord)

    def press_blindly(self, *chord):
        """One stroke, which may be lost."""
        self._in_keyboard += keys.scancode_bytes(chord)
        self.execute("input-send-event", events=keys.stroke(list(chord)))

    def _wait_fetched(self):
        """Waits until the guest has fetched all scancodes: the controller has none, and takes the next at once."""
        idle = self.read_alive if self.reads_com1 else self.wait
        if not qemu.wait_until(lambda: not self.read_port(I8042_STATUS) & I8042_OUTPUT_FULL, qemu.BOOT_LIMIT,
                               lambda: idle(0.01)):
            raise AssertionError(f"keys are not fetched within {qemu.BOOT_LIMIT:g} s")
        self._in_keyboard = 0

    def type(self, text):
        """Types like a person who looks at the screen: waits for the echo of what was typed. Each
        character has to show some echo; `\\n` is the enter key, `\\b` is backspace."""
        chords = [keys.chord(character) for character in text]
        if self.reads_com1:
            for burst in bursts(chords):
                self._type_burst(burst)
        else:
            for chord in chords:
                self._type_watching(chord)

    def _type_burst(self, burst):
        """Sends strokes at once and waits until COM1 has sent at least a byte for each, and for a
        backspace what it takes to erase a character."""
        goal = len(self.received) + sum(len(ERASURE) if chord == ["backspace"] else 1 for chord in burst)
        for chord in burst:
            self.press(*chord)
        self.wait_output(lambda: len(self.received) >= goal, f"echo of {burst}")

    def _type_watching(self, chord):
        """One stroke, with an eye on the screen: where there is no COM1. Only a space cannot be
        seen."""
        before = self.screen()
        self.press(*chord)
        if chord != ["spc"]:
            self.wait_screen(lambda now: now != before)

    def ask(self, line):
        """Types a line at the keyboard and gives the lines of its answer, from COM1."""
        start = len(self.received)
        self.type(line + "\n")
        self.wait_prompt(start)
        return self.answer_since(start)

    # --- The screen -----------------------------------------------------------------------------

    def screen(self):
        """The VGA text screen as it is now."""
        with tempfile.NamedTemporaryFile(prefix="cairn-cells-") as cells:
            self.execute("pmemsave", val=self._screen_start(), size=screen.CELLS,
                         filename=cells.name)
            return screen.from_cells(cells.read())

    def _screen_start(self):
        """Where the shown part of VGA memory begins: the kernel scrolls by moving on the CRT
        controller's start address, which counts cells."""
        while True:
            start = self._crtc(0x0c) << 8 | self._crtc(0x0d)
            if start == self._crtc(0x0c) << 8 | self._crtc(0x0d):
                return VGA_TEXT + 2 * start

    def _crtc(self, register):
        """What a register of the CRT controller holds. The guest uses the index port, too: what is
        read is good when the index is still ours afterwards."""
        while True:
            self.hmp(f"o /b {CRTC:#x} {register}")
            value, index = self.read_port(CRTC + 1), self.read_port(CRTC)
            if index == register:
                return value

    def read_port(self, port):
        """A byte from a port."""
        return int(self.hmp(f"i /b {port:#x}").split("=")[1], 0)

    def hmp(self, command):
        """A line for QEMU's human monitor, which is the only way to a port; its answer."""
        return self.execute("human-monitor-command", **{"command-line": command})

    def wait_screen(self, condition, limit=qemu.BOOT_LIMIT):
        """Looks at the screen until condition(screen) holds; gives that screen. The guest may be drawing just then: what
        the condition does not ask for may not be there yet."""
        seen = []

        def look():
            seen[:] = [self.screen()]
            return condition(seen[0])

        idle = self.read_alive if self.reads_com1 else self.wait
        if not qemu.wait_until(look, limit, lambda: idle(0.05)):
            raise AssertionError(f"the screen is not as expected after {limit:g} s:\n"
                                 f"{seen[0].text()}")
        return seen[0]


def bursts(chords):
    """Cuts strokes into portions which fit into the keyboard's buffer."""
    portion, size = [], 0
    for chord in chords:
        cost = keys.scancode_bytes(chord)
        if portion and size + cost > KEYBOARD_BUFFER:
            yield portion
            portion, size = [], 0
        portion.append(chord)
        size += cost
    if portion:
        yield portion


class MachineTest(unittest.TestCase):
    """A test that boots machines of its own, which end with it."""

    MAY_PANIC = False  # a test of panics says that they are no disaster
    WHOLE_BOOT = False  # a test of firmware and loader says that it means them, too
    MACHINE = Machine  # the kind that is started when no other is asked for

    def machine(self, kind=None, **arguments):
        """Starts a machine; its COM1 is kept in build/test-logs/ under the test's name."""
        log = paths.LOGS / (self.id() + ".log")
        machine = (kind or self.MACHINE)(log, **{"whole": self.WHOLE_BOOT, **arguments})
        machine.may_panic = self.MAY_PANIC
        self.addCleanup(machine.kill)
        return machine

    def boot(self, **arguments):
        """Starts a machine and waits for its prompt."""
        return self.machine(**arguments).wait_ready()
