#!/usr/bin/env python3
"""screenshot.py shell|debian|monitor|fault OUT.png: boots the image, types at it, and keeps the picture of its screen."""

import struct
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from runner import debian, framebuffer, keys, machine, paths, pictures, qemu, shell  # noqa: E402  (the path has to be set first)


# How a machine is started, and the lines that are sent to its monitor over COM1. A line that begins with "fault " is the last one.
SESSIONS = {
    "monitor": ({"options": machine.ovmf(), "entry": "framebuffer"},
                ["colors", "mem", "uptime", "echo Grüße, Καλημέρα, Здравствуйте, 你好, こんにちは, 안녕"]),
    "fault": ({}, ["fault write-rodata"]),
}


def png(width, height, pixels):
    """A PNG of 8-bit RGB pixels (PNG specification, 11.2: IHDR, IDAT, IEND)."""
    stride = 3 * width
    rows = (pixels[start:start + stride] for start in range(0, stride * height, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + \
        _chunk(b"IEND", b"")


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# What is typed at the keyboard, at a shell on tty1.
AT_THE_SHELL = ["uname -sr", "ls /", "ps | head -4", "seq 5 | sort -r | xargs echo", "busybox | head -1"]


def type_keys(cairn, text):
    """Types at the keyboard, whatever is shown then."""
    for character in text:
        cairn.press(*keys.chord(character))


def take_shell():
    """Boots, types at the shell on the screen and gives the screen as a PPM."""
    with shell.ShellMachine(paths.LOGS / "screenshot.log") as cairn:
        cairn.wait_shown(shell.SHELL_PROMPT)
        for line in AT_THE_SHELL:
            type_keys(cairn, line + "\n")
            cairn.wait_screen(lambda now, line=line: line in now.text() and now.used()[-1] == shell.SHELL_PROMPT.rstrip())
        return framebuffer.FramebufferMachine.picture(cairn)


class DebianMachine(framebuffer.FramebufferMachine, debian.BashMachine):
    """A UEFI machine at whose framebuffer a person sits, with Debian's packages on its disk."""

    OPTIONS = [*machine.ovmf(), "-m", "1G", "-cpu", "max", *debian.drive(debian.DISKS / "full.img", ",snapshot=on"),
               *qemu.fw_cfg_cmdline("root=/dev/vda")]

    def __init__(self, log):
        super().__init__(log, options=self.OPTIONS, entry="framebuffer")


# Each line at bash, and what the screen shows when it has done its work: a program is compiled; tmux has htop, vim and the
# program in a window each.
PROGRAM = r"printf '#include <stdio.h>\nint main(void)\n{\n    puts(\"Hello from Cairn\");\n}\n' >hello.c; clear"
WINDOWS = r'tmux new htop \; splitw -h -l 46 vim.tiny hello.c \; splitw "bash --norc"'
AT_BASH = [(PROGRAM, ()), (WINDOWS, ("F10Quit", "main(void)", "bash-5.2#")), ("gcc hello.c && ./a.out && uname -sr", ("6.1.0-cairn",))]


def take_debian():
    """Boots from Debian's disk, types at bash on the framebuffer and gives the screen as a PPM."""
    with DebianMachine(paths.LOGS / "screenshot.log") as cairn:
        cairn.wait_shown("root@" + shell.SHELL_PROMPT)
        for line, texts in AT_BASH:
            type_keys(cairn, line + "\n")
            cairn.wait_screen(lambda now, texts=texts: all(text in now.text() for text in texts))
        return cairn.picture()


def take(arguments, lines):
    """Boots, sends the lines to the monitor and gives the screen as a PPM."""
    with framebuffer.FramebufferMachine(paths.LOGS / "screenshot.log", **arguments) as cairn:
        cairn.wait_text(machine.READY)
        cairn.wait_prompt()
        for line in lines:
            if line.startswith("fault "):
                crash(cairn, line)
            else:
                cairn.answer(line)
        return cairn.picture()


def crash(cairn, line):
    """Sends a line that ends in a panic, and waits for the whole report."""
    cairn.may_panic = True
    cairn.send(line.encode() + b"\r")
    cairn.wait_text("PANIC: ")
    while cairn.read(1):
        pass


AT_PROGRAMS = {"shell": take_shell, "debian": take_debian}


def main(session, out):
    """Takes the picture."""
    shown = AT_PROGRAMS[session]() if session in AT_PROGRAMS else take(*SESSIONS[session])
    picture = png(*pictures.read_ppm(shown))
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_bytes(picture)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in {*AT_PROGRAMS, *SESSIONS}:
        sys.exit(__doc__)
    main(*sys.argv[1:])
