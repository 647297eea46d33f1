"""A machine whose root is a disk of Debian's packages (scripts/make-debian.py)."""

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from runner import paths, qemu
from runner.shell import ShellMachine

DISKS = paths.BUILD / "debian"
ENVIRONMENT = "env -i HOME=/root PATH=/usr/local/bin:/bin:/sbin:/usr/bin:/usr/sbin TERM=vt100 TMPDIR=/var/tmp"
LIMIT = 300  # seconds until it is off
ROOM = 64 << 20  # bytes for what a command leaves behind


class BashMachine(ShellMachine):
    """A machine at whose bash a person sits."""

    PROMPT_AT_END = re.compile(r"cairn:[^\s#]*# $")


def drive(image, options=""):
    """The options of a virtual disk."""
    return ["-drive", f"if=virtio,format=raw,file={image}{options}"]


def write_archive(path, files):
    """A disk that is an archive of `files`, {name: path}."""
    with tarfile.open(path, "w") as archive:
        for name, file in files.items():
            archive.add(file, name)
    os.truncate(path, -(-path.stat().st_size // 512) * 512)


def check(disk):
    """Has e2fsck look at a disk that was in use, without changing it."""
    e2fsck = shutil.which("e2fsck") or "/sbin/e2fsck"
    result = subprocess.run([e2fsck, "-fn", disk], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise AssertionError(f"the disk is damaged afterwards:\n{result.stdout}")


def run(disk, files, command, left, log, limit, memory="1G", devices=()):
    """Runs a command in /tmp of a machine of its own, with `files`, {name: path}, there, on a copy of the disk, which has to be
    without an error when the machine is off again. What the command prints goes to the file `out`. Returns the bytes of `out`, with
    the command's status, and of the other files `left` that it leaves there."""
    with tempfile.TemporaryDirectory(prefix="cairn-debian-") as folder:
        root, brought, results = (Path(folder) / name for name in ("root", "brought", "results"))
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", disk, root], check=True)
        write_archive(brought, files)
        with open(results, "wb") as empty:
            empty.truncate(ROOM)
        options = ["-boot", "d", "-m", memory, "-cpu", "max", *drive(root), *drive(brought, ",readonly=on"),
                   *drive(results), *devices, *qemu.fw_cfg_cmdline("root=/dev/vda")]
        with BashMachine(log, options=options) as machine:
            machine.wait_ready()
            machine.answer("cd /tmp && tar -xf /dev/vdb")
            start = len(machine.received)
            machine.send(f"{ENVIRONMENT} {command} </dev/null >out 2>&1; echo status $? >>out; "
                         f"tar -cf /dev/vdc out {' '.join(left)} 2>/dev/null; sync\r".encode())
            machine.wait_output(lambda: machine.PROMPT_AT_END.search(machine.output(start)), f"end of {command}", limit)
            machine.send(b"kill -USR2 1\r")  # its first program switches it off
            machine.wait_output(lambda: machine.closed, "end of QEMU", LIMIT)
        check(root)
        with tarfile.open(results) as archive:
            return {member.name: archive.extractfile(member).read() for member in archive.getmembers() if member.isfile()}


# The build machine's /dev, and empty places to write to. The tree itself is not changed.
ON_LINUX = """
set -e
for place in dev sys; do mount --rbind /$place $TREE/$place; done
mount -t proc proc $TREE/proc
for place in tmp var/tmp run root; do mount -t tmpfs tmpfs $TREE/$place; done
cp -r $BROUGHT $TREE/tmp/
hostname cairn
exec chroot $TREE $COMMAND
"""


def on_linux(command, tree, brought, limit):
    """What a command prints on the build machine with the tree as its root, and the folder `brought` in /tmp; and its status."""
    environment = {**os.environ, "TREE": str(tree), "BROUGHT": str(brought), "COMMAND": f"{ENVIRONMENT} {command}"}
    as_root = [] if os.getuid() == 0 else ["--map-root-user"]
    result = subprocess.run(["unshare", *as_root, "--mount", "--pid", "--uts", "--ipc", "--fork", "bash", "-c", ON_LINUX],
                            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                            timeout=limit)
    return result.stdout + f"status {result.returncode}\n".encode()
