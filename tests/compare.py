#!/usr/bin/env python3
"""Runs the benches of programs under Linux and on Cairn, in the same QEMU, with the same initramfs, and writes both figures
into docs/benchmarks.md.

    tests/compare.py VMLINUZ [PREFIX]

Linux is Debian's kernel with `mitigations=off`, for Cairn has no such mitigations either. When its first program ends it
panics, and then QEMU ends: that is no failure here. Its drivers of disks are in a second archive, behind the initramfs.
"""

import subprocess
import sys
from pathlib import Path

import bench
from runner import paths, qemu

LINUX_WORDS = "console=ttyS0 mitigations=off norandmaps loglevel=1 panic=-1"

NOTHING = " "  # no bench's name begins so: all rows stay whose benches have not run


# Linux lets no more processes exist than its memory has room for: 128 MiB are too few for a thousand.
MEMORY = ["-m", "512M"]


def initramfs(kernel):
    """The benches' initramfs, with the drivers that lie beside the kernel."""
    modules, whole = paths.BUILD / "linux-modules.cpio", paths.BUILD / "initramfs-linux.cpio"
    words = [f"modules/{file.name}={file}" for file in sorted((Path(kernel).parent / "modules").iterdir())]
    subprocess.run([paths.ROOT / "scripts" / "make-initramfs.py", modules, *words], check=True)
    whole.write_bytes((paths.BUILD / "initramfs-bench.cpio").read_bytes() + modules.read_bytes())
    return str(whole)


def run_linux(kernel, prefix):
    """What the benches whose names begin so print under Linux, as {name: instructions}."""
    options = [*bench.COUNTED, *bench.DISK, *MEMORY, "-no-reboot", "-kernel", kernel, "-initrd", initramfs(kernel),
               "-append", f"{LINUX_WORDS} -- {prefix}"]
    with qemu.Qemu(options, paths.LOGS / "bench.linux.log") as machine:
        text = bench.read_all(machine)
    if "exitcode=0x00000000" not in text:
        raise qemu.QemuError(f"Linux's benches have not ended well:\n{text[-2000:]}")
    return {name: float(value) for name, value, _ in bench.LINE.findall(text)}


def main(arguments):
    """Runs, writes, prints."""
    kernel, prefix = arguments[0], arguments[1] if len(arguments) > 1 else ""
    try:
        theirs = run_linux(kernel, prefix)
        ours = bench.figures_of([bench.run_user(prefix)])
    except qemu.QemuError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    bench.write_page(ours, NOTHING, linux=theirs)
    print("\n".join(bench.linux_rows(theirs, {name: figure["value"] for name, figure in ours.items()})))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
