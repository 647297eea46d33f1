#!/usr/bin/env python3
"""Has Debian's programs do their own work on Cairn, and compares what they print with the same programs on Linux.

    tests/programs.py [NAME ...]

Each tests/programs/NAME.sh runs on a machine of its own whose root is Debian's disk, and on the build machine with the same
tree of files as its root, in namespaces of its own, which need no root rights. All that it prints has to be the same. What the
build machine prints stays in build/debian/expected/, what Cairn prints in build/debian/printed/.
"""

import argparse
import difflib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import paths, qemu  # noqa: E402  (the path has to be set first)
from runner.shell import ShellMachine  # noqa: E402

SCRIPTS = Path(__file__).with_name("programs")
LIMIT = 1800  # seconds for one script, on a slow machine
ROOM = 16 << 20  # bytes for what a script prints
MEMORY = "1G"
ENVIRONMENT = "env -i HOME=/root PATH=/usr/local/bin:/bin:/sbin:/usr/bin:/usr/sbin TERM=vt100"

# The build machine's /dev, and empty places to write to. The tree itself is not changed.
ON_LINUX = """
set -e
for place in dev sys; do mount --rbind /$place $TREE/$place; done
mount -t proc proc $TREE/proc
for place in tmp var/tmp run root; do mount -t tmpfs tmpfs $TREE/$place; done
cp -r $SCRIPTS $TREE/tmp/
hostname cairn
exec chroot $TREE $COMMAND
"""


class BashMachine(ShellMachine):
    """A machine at whose bash a person sits."""

    PROMPT_AT_END = re.compile(r"cairn:[^\s#]*# $")


def disks():
    """The folder with the disks that scripts/make-debian.py has made."""
    return Path(paths.BUILD) / "debian"


def command(name):
    """What runs a script."""
    return f"{ENVIRONMENT} bash /tmp/programs/{name}.sh"


def on_linux(name, tree):
    """What the script prints on the build machine."""
    environment = {**os.environ, "TREE": str(tree), "SCRIPTS": str(SCRIPTS), "COMMAND": command(name)}
    as_root = [] if os.getuid() == 0 else ["--map-root-user"]
    result = subprocess.run(["unshare", *as_root, "--mount", "--pid", "--uts", "--ipc", "--fork", "bash", "-c", ON_LINUX],
                            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                            timeout=LIMIT)
    return result.stdout + f"status {result.returncode}\n".encode()


def drive(image, options=""):
    """The options of a virtual disk."""
    return ["-drive", f"if=virtio,format=raw,file={image}{options}"]


def boot(log, disk, scripts, results):
    """A machine with Debian's disk as its root, the scripts on a second disk, and a third one for what they print."""
    options = ["-boot", "d", "-m", MEMORY, "-cpu", "max", *drive(disk, ",snapshot=on"), *drive(scripts, ",readonly=on"), *drive(results),
               *qemu.fw_cfg_cmdline("root=/dev/vda")]
    return BashMachine(log, options=options)


def on_cairn(name, disk):
    """What the script prints on Cairn."""
    with tempfile.TemporaryDirectory(prefix="cairn-programs-") as folder:
        scripts, results = Path(folder) / "scripts", Path(folder) / "results"
        with tarfile.open(scripts, "w") as archive:
            archive.add(SCRIPTS, "programs")
        os.truncate(scripts, -(-scripts.stat().st_size // 512) * 512)
        with open(results, "wb") as empty:
            empty.truncate(ROOM)
        with boot(paths.LOGS / f"programs.{name}.log", disk, scripts, results) as machine:
            machine.wait_ready()
            machine.answer("tar -xf /dev/vdb -C /tmp")
            start = len(machine.received)
            machine.send(f"{command(name)} </dev/null >/tmp/out 2>&1; echo status $? >>/tmp/out; tar -cf /dev/vdc -C /tmp out; sync\r".encode())
            machine.wait_output(lambda: machine.PROMPT_AT_END.search(machine.output(start)), f"end of {name}", LIMIT)
            machine.kill()
        with tarfile.open(results) as archive:
            return archive.extractfile("out").read()


def compare(name, disk):
    """Runs one script on both. Returns whether both print the same; shows the differences."""
    start = time.monotonic()
    printed = {}
    for place, run in (("expected", lambda: on_linux(name, disk.with_suffix(".tree"))), ("printed", lambda: on_cairn(name, disk))):
        folder = disks() / place
        folder.mkdir(exist_ok=True)
        printed[place] = run()
        (folder / name).write_bytes(printed[place])
    lines = [io.StringIO(printed[place].decode("utf-8", "replace")).readlines() for place in ("expected", "printed")]
    different = list(difflib.unified_diff(*lines, "Linux", "Cairn", n=1))
    print(f"programs: {name}: {'FAILED' if different else 'ok'}, {len(lines[0])} lines, {time.monotonic() - start:.0f} s", flush=True)
    sys.stdout.writelines(different)
    return not different


def main():
    """Runs the scripts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--disk", type=Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    disk = arguments.disk or disks() / "full.img"
    names = arguments.names or sorted(script.stem for script in SCRIPTS.glob("*.sh"))
    return 0 if all([compare(name, disk) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
