"""GDB at a machine, without a person: it stops it somewhere, does something to it, and leaves."""

import subprocess
import tempfile
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


def run(machine, socket, *commands, arguments=()):
    """What GDB prints for commands, attached to the machine; `arguments` are its own."""
    machine.execute("query-status")  # it answers: the socket is there
    patience = ["-l", f"{qemu.BOOT_LIMIT:.0f}"]  # in seconds; GDB's own is 2, whatever the host has to do
    words = [word for command in (f"target remote {socket}", *commands) for word in ("-ex", command)]
    try:
        return subprocess.run(["gdb", "-batch", "-nx", *patience, *arguments, *words], cwd=paths.ROOT,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=qemu.BOOT_LIMIT, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise qemu.QemuError(f"gdb: {error}") from error


def stop_at(place, *commands):
    """The commands to run the machine up to a place and then do these. The breakpoint is the
    processor's: one made of an instruction would be overwritten by the loader."""
    return [f"hbreak {place}", "continue", *commands]
