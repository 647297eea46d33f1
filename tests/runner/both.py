"""A script that bash runs on Debian's disk, under Linux and on Cairn, in the same QEMU with the same devices.

The disk is an NVMe one: Debian's kernel for virtual machines has its driver built in, and needs no initramfs.
"""

import subprocess

from runner import debian, qemu

PLACE = "/both"  # the folder on the disk that has what is brought
LINUX_WORDS = "console=ttyS0 mitigations=off norandmaps nokaslr loglevel=1 panic=-1 root=/dev/nvme0n1 rootfstype=ext2 rw"


def make_disk(out, files):
    """Debian's disk, and the files in a folder of their own there."""
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", debian.DISKS / "full.img", out], check=True)
    commands = [f"mkdir {PLACE}", f"cd {PLACE}"]
    for file in files:
        commands += [f"write {file} {file.name}", f"set_inode_field {file.name} mode 0100755"]
    subprocess.run(["/sbin/debugfs", "-w", "-f", "-", out], input="\n".join(commands), text=True, check=True, capture_output=True)


def drive(disk):
    """QEMU's options for the disk; what is written there is forgotten."""
    return ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={disk}", "-device", "nvme,drive=disk,serial=1"]


def on_linux(kernel, script, options, log, limit):
    """What the script prints as the first program of Linux, whose end is a panic that ends QEMU."""
    words = f"{LINUX_WORDS} init=/bin/bash -- {PLACE}/{script}"
    with qemu.Qemu([*options, "-no-reboot", "-kernel", kernel, "-append", words], log) as machine:
        qemu.wait_until(lambda: machine.closed, limit, lambda: machine.read(1))
        return machine.received.decode("utf-8", "replace").replace("\r\n", "\n")


def on_cairn(script, options, log, limit, end):
    """What the script prints at Cairn's shell, up to the line `end`."""
    words = qemu.fw_cfg_cmdline("norandmaps root=/dev/nvme0n1")
    with debian.BashMachine(log, options=[*options, "-boot", "d", *words]) as machine:
        machine.wait_ready()
        machine.send(f"bash {PLACE}/{script}\r".encode())
        machine.wait_output(lambda: end in machine.output(), f"end of {script}", limit)
        return machine.output()
