#!/usr/bin/env python3
"""screenshot.py OUT.png: boots the image, types at it, and keeps the picture of its screen."""

import re
import struct
import sys
import tempfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from runner import machine, paths  # noqa: E402  (the path has to be set first)


def read_ppm(data):
    """Width, height and the RGB bytes of a binary PPM, the format of QEMU's screen dumps."""
    header = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
    if not header:
        raise ValueError("not a PPM with 8 bits a colour")
    return int(header[1]), int(header[2]), data[header.end():]


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


def take(lines):
    """Boots, types the lines and gives the screen as a PPM."""
    with machine.Machine(paths.LOGS / "screenshot.log") as cairn:
        cairn.wait_ready()
        for line in lines:
            cairn.ask(line)
        with tempfile.NamedTemporaryFile(prefix="cairn-screen-") as dump:
            cairn.execute("screendump", filename=dump.name)
            return dump.read()


def main(out):
    """Takes the picture."""
    picture = png(*read_ppm(take(["help", "echo hello"])))
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_bytes(picture)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
