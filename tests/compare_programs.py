#!/usr/bin/env python3
"""Counts what Debian's programs cost in the kernel, on Linux and on Cairn, in the same QEMU and from the same disk, and writes
both into docs/benchmarks.md.

    tests/compare_programs.py VMLINUZ

A plugin (tests/tools/count_modes.c) counts the instructions of the kernel and of programs apart. The commands are in
tests/tools/count_programs.sh. Linux is Debian's kernel with `mitigations=off`. Each command has run twice before it is counted, so
that what it reads is in memory.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import bench
import compare
from runner import debian, paths, qemu

LIMIT = 3600.0  # seconds
# The guest may not let time leap while the disk is busy: Linux gives up a disk that does not answer.
COUNTED = ["-cpu", "qemu64", "-icount", "shift=0,sleep=on,align=off", "-m", "1G"]
SCRIPT = Path(__file__).with_name("tools") / "count_programs.sh"
BASH = "/bin/bash /count/count_programs.sh"
END = "rows: all"


def make_disk(out):
    """Debian's disk, and on it what counts."""
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", debian.DISKS / "full.img", out], check=True)
    commands = ["mkdir /count", "cd /count", f"write {SCRIPT} count_programs.sh",
                f"write {paths.BUILD / 'count-command'} count-command", "set_inode_field count-command mode 0100755"]
    subprocess.run(["/sbin/debugfs", "-w", "-f", "-", out], input="\n".join(commands), text=True, check=True, capture_output=True)


def options(disk, out):
    """QEMU's options for both: Linux has the driver of this disk built in."""
    return [*COUNTED, "-drive", f"if=none,id=disk,format=raw,snapshot=on,file={disk}", "-device", "nvme,drive=disk,serial=1",
            "-plugin", f"{paths.BUILD / 'count-modes.so'},out={out}"]


def rows(text, out):
    """{name: (instructions in the kernel, in programs)} of what the script has printed and the plugin has written."""
    if END not in text or "has failed" in text:
        raise qemu.QemuError(f"the programs have not ended well:\n{text[-2000:]}")
    names = [line.removeprefix("row: ") for line in text.splitlines() if line.startswith("row: ")]
    counts = [tuple(map(int, line.split())) for line in out.read_text().splitlines()]
    return dict(zip(names, counts, strict=True))


def on_linux(kernel, disk, out):
    """The rows under Linux, whose first program is the script."""
    words = f"{compare.LINUX_WORDS} nokaslr root=/dev/nvme0n1 rootfstype=ext2 rw init={BASH.replace(' ', ' -- ', 1)}"
    with qemu.Qemu([*options(disk, out), "-no-reboot", "-kernel", kernel, "-append", words], paths.LOGS / "programs.linux.log") as machine:
        qemu.wait_until(lambda: machine.closed, LIMIT, lambda: machine.read(1))
        return rows(machine.received.decode("utf-8", "replace").replace("\r\n", "\n"), out)


def on_cairn(disk, out):
    """The rows on Cairn, where the script is run at the shell."""
    words = qemu.fw_cfg_cmdline("norandmaps root=/dev/nvme0n1")
    with debian.BashMachine(paths.LOGS / "programs.cairn.log", options=[*options(disk, out), "-boot", "d", *words]) as machine:
        machine.wait_ready()
        machine.send(f"{BASH}\r".encode())
        machine.wait_output(lambda: END in machine.output(), "end of the programs", LIMIT)
        return rows(machine.output(), out)


def main(arguments):
    """Runs, writes, prints."""
    with tempfile.TemporaryDirectory(prefix="cairn-compare-") as folder:
        disk, out = Path(folder) / "disk", Path(folder) / "counts"
        make_disk(disk)
        try:
            linux, ours = on_linux(arguments[0], disk, out), on_cairn(disk, out)
        except (qemu.QemuError, AssertionError) as error:
            print(f"compare: {error}", file=sys.stderr)
            return 1
    bench.write_programs({name: (*linux[name], *ours[name]) for name in linux})
    print("\n".join(bench.program_rows({name: (*linux[name], *ours[name]) for name in linux})))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
