"""GDB at a machine, without a person: it stops it somewhere, does something to it, and leaves."""

import subprocess
import tempfile
import time
from pathlib import Path

from runner import paths, qemu


def socket_for(test):
    """A path for the socket between QEMU and GDB, which goes with the test. It is short, wherever the tree lies: a socket's
    path has less than 108 bytes."""
    directory = tempfile.TemporaryDirectory(prefix="cairn-gdb-")
    test.addCleanup(directory.cleanup)
    return Path(directory.name) / "gdb.sock"


def server(socket):
    """The options of a machine that listens for GDB there, and has not begun yet."""
    return ["-S", "-chardev", f"socket,id=gdb,path={socket},server=on,wait=off",
            "-gdb", "chardev:gdb"]


def run(machine, socket, *commands, arguments=(), meanwhile=None):
    """What GDB prints for commands, attached to the machine; `arguments` are its own. `meanwhile`, a function, is called
    several times a second until GDB ends."""
    machine.execute("query-status")  # it answers: the socket is there
    patience = ["-l", f"{qemu.BOOT_LIMIT:.0f}"]  # in seconds; GDB's own is 2, whatever the host has to do
    words = [word for command in (f"target remote {socket}", *commands) for word in ("-ex", command)]
    try:
        with subprocess.Popen(["gdb", "-batch", "-nx", *patience, *arguments, *words], cwd=paths.ROOT, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            return _output(process, meanwhile)
    except OSError as error:
        raise qemu.QemuError(f"gdb: {error}") from error


def _output(process, meanwhile):
    """All that GDB prints until it ends."""
    deadline = time.monotonic() + qemu.BOOT_LIMIT
    try:
        while time.monotonic() < deadline:
            try:
                return process.communicate(timeout=0.2)[0]
            except subprocess.TimeoutExpired:
                if meanwhile:
                    meanwhile()
    finally:
        process.kill()
    raise qemu.QemuError(f"gdb: not done after {qemu.BOOT_LIMIT:g} s")


def stop_at(place, *commands):
    """The commands to run the machine up to a place and then do these. The breakpoint is the
    processor's: one made of an instruction would be overwritten by the loader."""
    return [f"hbreak {place}", "continue", *commands]
