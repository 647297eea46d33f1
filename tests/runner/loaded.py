"""Machines as the loader leaves them.

Firmware and GRUB do the same at every boot and take far longer than the kernel: 0.4 s of a processor,
under UEFI 3 s. Where they are not what is tested, the first machine of a kind is stopped in front of
the kernel's first instruction and written to a file, as QEMU does it to move a machine to another
host; each machine of that kind goes on from there. What may differ between them is what the loader
does not look at: the kernel's words in fw_cfg, what QEMU traces, the port that ends it.
"""

import atexit
import functools
import tempfile
import threading
from pathlib import Path

from runner import gdb, paths, qemu, symbols

# The loader has it in EAX when it jumps; earlier on, other code may run at the same address.
MULTIBOOT2_MAGIC = 0x36d76289

JUMP_TO_ITSELF = 0xfeeb

IGNORED = ("-fw_cfg", "-trace", "-D", "-dfilter")
IGNORED_DEVICE = "isa-debug-exit,"

_lock = threading.Lock()
_kinds = {}  # of machines: the lock under which its state is taken, and the state's file when it is there


@functools.lru_cache
def _directory():
    """Where the states are kept, for as long as this program runs."""
    directory = tempfile.TemporaryDirectory(prefix="cairn-loaded-")
    atexit.register(directory.cleanup)
    return Path(directory.name)


def kind(options):
    """The options that make a difference to the loader."""
    pairs = zip(options[::2], options[1::2])
    return tuple(word for name, value in pairs for word in (name, value)
                 if name not in IGNORED and not value.startswith(IGNORED_DEVICE))


def state(options, kernel):
    """The file from which a machine with these options goes on at the first instruction of `kernel`."""
    wanted = kind(options)
    with _lock:
        taking, _ = _kinds.setdefault(wanted, (threading.Lock(), None))
        number = list(_kinds).index(wanted)
    with taking:
        if not _kinds[wanted][1]:
            _kinds[wanted] = (taking, _take(wanted, kernel, _directory() / f"{number}.state"))
        return _kinds[wanted][1]


def _take(options, kernel, path):
    """Boots a machine as far as to the kernel, and writes it to a file."""
    entry = symbols.physical_address("multiboot_entry", kernel)
    socket = path.with_suffix(".gdb")
    log = paths.LOGS / f"loaded.{path.stem}.log"
    # QEMU saves no machine that stands at a breakpoint. So this one is sent round and round at the
    # entry, and is stopped a second time by GDB's coming.
    code = f"*(unsigned short *){entry:#x}"
    go_on = ["-global", "migration.store-global-state=off"]  # not to stay stopped for being saved so
    with qemu.Qemu([*options, *go_on, *gdb.server(socket)], log) as machine:
        said = gdb.run(machine, socket, *gdb.stop_at(
            f"*{entry:#x} if $eax == {MULTIBOOT2_MAGIC:#x}", f"set $code = {code}",
            f"set {code} = {JUMP_TO_ITSELF:#x}", "detach",
            f"target remote {socket}", f"set {code} = $code", "disconnect"))
        if "Breakpoint 1, " not in said:
            raise qemu.QemuError(f"the machine did not come to {kernel.name}: {said[-1000:]}")
        machine.save_state(path)
    return path
