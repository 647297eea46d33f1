#!/usr/bin/env python3
"""screenshot.py shell|text|framebuffer|usb|fault OUT.png: boots the image, types at it, and keeps the picture of its screen."""

import struct
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from runner import framebuffer, keys, machine, paths, pictures, shell  # noqa: E402  (the path has to be set first)


# A machine whose only keyboard is on USB, behind a hub, beside the stick that it boots from.
USB_STICK = ["-device", "qemu-xhci,id=bus", "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={paths.ISO}",
             "-device", "usb-storage,drive=stick,bus=bus.0,port=2"]
USB_ALONE = ["-machine", "i8042=off", "-device", "usb-hub,bus=bus.0,port=1", "-device", "usb-kbd,bus=bus.0,port=1.1",
             "-device", "usb-mouse,bus=bus.0,port=1.2"]

# What a machine is started with, and the lines that are sent to it over COM1, or typed where there is a keyboard on USB.
# From a fault it does not come back.
SESSIONS = {
    "text": ({}, ["help", "echo hello"]),
    "framebuffer": ({"options": machine.ovmf(), "entry": "framebuffer"},
                    ["colors", "mem", "uptime", "echo Grüße, Καλημέρα, Здравствуйте, 你好, こんにちは, 안녕"]),
    "usb": ({"options": [*machine.ovmf(), *USB_ALONE], "entry": "framebuffer", "media": USB_STICK},
            ["usb", "echo This was typed on USB alone."]),
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


def take_shell():
    """Boots, types at the shell on the screen and gives the screen as a PPM."""
    with shell.ShellMachine(paths.LOGS / "screenshot.log") as cairn:
        cairn.wait_shown(shell.SHELL_PROMPT)
        for line in AT_THE_SHELL:
            for character in line + "\n":
                cairn.press(*keys.chord(character))
            cairn.wait_screen(lambda now, line=line: line in now.text() and now.used()[-1] == shell.SHELL_PROMPT.rstrip())
        return framebuffer.FramebufferMachine.picture(cairn)


def take(arguments, lines):
    """Boots, sends the lines and gives the screen as a PPM."""
    with framebuffer.FramebufferMachine(paths.LOGS / "screenshot.log", **arguments) as cairn:
        cairn.wait_text(machine.READY)
        cairn.wait_prompt()
        for line in lines:
            if line.startswith("fault "):
                crash(cairn, line)
            elif "i8042=off" in arguments.get("options", ()):
                cairn.ask(line)
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


def main(session, out):
    """Takes the picture."""
    shown = take_shell() if session == "shell" else take(*SESSIONS[session])
    picture = png(*pictures.read_ppm(shown))
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_bytes(picture)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in {"shell", *SESSIONS}:
        sys.exit(__doc__)
    main(*sys.argv[1:])
