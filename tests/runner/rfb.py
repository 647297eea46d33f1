"""Keys pressed at a VNC server (RFC 6143): for emulators that have a keyboard there and nowhere else."""

import os
import socket
import struct
from pathlib import Path

from runner import qemu

KEYSYMS = {"\n": 0xff0d, "\b": 0xff08, "caps_lock": 0xffe5, "shift": 0xffe1, "up": 0xff52}  # X11's names for keys

_LISTEN = "0A"


def listening_port(pid):
    """The TCP port at which a process listens; None while there is none (Linux)."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(descriptor))
        except OSError:  # closed meanwhile
            continue
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTEN and f"socket:[{fields[9]}]" in sockets:
            return int(fields[1].split(":")[1], 16)
    return None


class Viewer:
    """A client that sends keys and ignores the picture; a context manager."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), qemu.BOOT_LIMIT)
        self._receive(12)
        self._socket.sendall(b"RFB 003.003\n")
        if struct.unpack(">I", self._receive(4))[0] != 1:
            raise RuntimeError("the VNC server wants more than no authentication")
        self._socket.sendall(b"\x01")  # others may look on
        *_, name_length = struct.unpack(">HH16sI", self._receive(24))
        self._receive(name_length)

    def _receive(self, count):
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise RuntimeError("the VNC server has closed the connection")
            data += part
        return data

    def press(self, key, down=True):
        """Presses a key, which is a character or one of KEYSYMS, or releases it."""
        self._socket.sendall(struct.pack(">BBxxI", 4, down, KEYSYMS.get(key) or ord(key)))

    def close(self):
        """Closes the connection."""
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
