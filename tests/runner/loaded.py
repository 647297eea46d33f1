"""Machines as the loader leaves them.

Firmware and GRUB do the same at every boot and take far longer than the kernel: 0.4 s of a processor,
under UEFI 3 s. Where they are not what is tested, the first machine of a kind is stopped in front of
the kernel's first instruction and written to a file, as QEMU does it to move a machine to another
host; each machine of that kind goes on from there. What may differ between them is what the loader
does not look at: the kernel's words in fw_cfg, what QEMU traces, the port that ends it, the content of a
disk beside the medium that it boots from.
"""

import shutil
import tempfile
import threading
from pathlib import Path

from runner import gdb, qemu, symbols

# The loader has it in EAX when it jumps; earlier on, other code may run at the same address.
MULTIBOOT2_MAGIC = 0x36d76289

JUMP_TO_ITSELF = 0xfeeb

IGNORED = ("-fw_cfg", "-trace", "-D", "-dfilter")
IGNORED_DEVICE = "isa-debug-exit,"
VIRTIO_DISK = "if=virtio,format=raw,file="  # the name of a file follows
BLANK_DISK = 1 << 20  # bytes


class _Kept:
    """One kind of machines: its state, once it has been taken, in a directory that is there for as
    long as this program runs."""

    def __init__(self):
        self.taking = threading.Lock()
        self.directory = tempfile.TemporaryDirectory(prefix="cairn-loaded-")
        self.state = None


_kinds = {}
_kinds_lock = threading.Lock()


def kind(options):
    """The options that make a difference to the loader."""
    pairs = zip(options[::2], options[1::2])
    return tuple(word for name, value in pairs for word in (name, _without_file(value))
                 if name not in IGNORED and not value.startswith(IGNORED_DEVICE))


def _without_file(value):
    """A plain disk without its file's name; any other value as it is."""
    return VIRTIO_DISK if value.startswith(VIRTIO_DISK) and "," not in value[len(VIRTIO_DISK):] else value


def _with_blank_disks(options, directory):
    """A kind's options, with a disk of zeros for each disk without a file."""
    for number, word in enumerate(options):
        if word == VIRTIO_DISK:
            disk = directory / f"disk{number}"
            disk.write_bytes(bytes(BLANK_DISK))
            word += str(disk)
        yield word


def state(options, kernel):
    """The file from which a machine with these options goes on at the first instruction of `kernel`;
    None where there is no GDB to stop it there, and every machine has to boot from the start."""
    if not shutil.which("gdb"):
        return None
    wanted = kind(options)
    with _kinds_lock:
        if wanted not in _kinds:
            _kinds[wanted] = _Kept()
        kept = _kinds[wanted]
    with kept.taking:
        kept.state = kept.state or _take(wanted, kernel, Path(kept.directory.name))
        return kept.state


def _take(options, kernel, directory):
    """Boots a machine as far as to the kernel, and writes it to a file."""
    entry = symbols.physical_address("multiboot_entry", kernel)
    path, socket, log = (directory / name for name in ("state", "gdb.sock", "com1.log"))
    # QEMU cannot save a machine that stands at a breakpoint. So this one gets a jump to itself at the
    # entry, and GDB's second connection stops it there.
    code = f"*(unsigned short *){entry:#x}"
    go_on = ["-global", "migration.store-global-state=off"]  # not to stay stopped for being saved so
    with qemu.Qemu([*_with_blank_disks(options, directory), *go_on, *gdb.server(socket)], log) as machine:
        said = gdb.run(machine, socket, *gdb.stop_at(
            f"*{entry:#x} if $eax == {MULTIBOOT2_MAGIC:#x}", f"set $code = {code}",
            f"set {code} = {JUMP_TO_ITSELF:#x}", "detach",
            f"target remote {socket}", f"set {code} = $code", "disconnect"))
        if "Breakpoint 1, " not in said:
            raise qemu.QemuError(f"the machine did not come to {kernel.name}: {said[-1000:]}")
        machine.save_state(path)
    return path
