"""A machine that is kept busy for long: each action is drawn, done, and what it prints is compared. Work goes on in the
background meanwhile: a program copies and compares files on a disk, another makes and ends processes. At the end nothing is
left: no process, no memory, no broken file system.
"""

import hashlib
import subprocess
import time
from collections import Counter

from runner import qemu
from runner.disk_test import MIB

# Commands that the machine is taught: what is typed at it has to fit into a line.
SCRIPTS = {
    "appears": ["until [ -b $1 ]; do sleep 0.1; done"],
    "goes": ["while [ -b $1 ]; do sleep 0.1; done"],
    "copy": ["while [ ! -e /tmp/end ]; do", "seq 20000 >/d/a", "cp /d/a /d/b", "cmp /d/a /d/b || echo bad >/tmp/bad", "rm /d/b",
             "sync", "done"],
    "sort1": ["while [ ! -e /tmp/end ]; do", "seq 300 | sort -n | tail -1 >/tmp/last",
              "[ $(cat /tmp/last) = 300 ] || echo bad >/tmp/bad", "done"],
    "stick": ["appears /dev/sda", "mount -t vfat /dev/sda /m || exit", "dd if=/dev/urandom of=/m/f bs=1k count=$1 2>/dev/null",
              "cp /m/f /m/g", "cmp /m/f /m/g && rm /m/f /m/g", "umount /m"],
    "forks": ["for i in $(seq $1); do", "(sleep 0; echo $i) &", "done | sort -n | tail -1"],
    "files": ["mkdir /tmp/t", "for i in $(seq $1); do echo $i >/tmp/t/$i; done", "ls /tmp/t | wc -l", "rm -r /tmp/t"],
    "free1": ["sync", "grep MemFree /proc/meminfo | tr -dc 0-9", "echo"],
    "processes": ["ls /proc | grep -c ^[0-9]"],
}
LOST_MOST = 2048  # KiB: what caches keep that were empty at the start


def make_disks(folder):
    """An ext2 disk and a FAT stick with a file; {name: path}."""
    disk, stick = folder / "disk.img", folder / "stick.img"
    for image, size in ((disk, 32 * MIB), (stick, 16 * MIB)):
        with open(image, "wb") as file:
            file.truncate(size)
    subprocess.run(["mke2fs", "-q", "-t", "ext2", str(disk)], check=True)
    subprocess.run(["mkfs.fat", "-F", "16", str(stick)], check=True, stdout=subprocess.DEVNULL)
    return {"disk": disk, "stick": stick}


def options(disks):
    """QEMU's options: a virtio disk, a controller for USB, and a stick that is not plugged in yet."""
    return ["-boot", "d", "-drive", f"if=virtio,format=raw,file={disks['disk']}", "-device", "qemu-xhci,id=usb",
            "-blockdev", f"driver=raw,node-name=stick,file.driver=file,file.filename={disks['stick']}"]


def check_disks(disks):
    """What the build machine's tools say of the disks; an empty text for nothing."""
    for command in (["e2fsck", "-f", "-n", str(disks["disk"])], ["fsck.fat", "-n", str(disks["stick"])]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            return done.stdout
    return ""


class Soak:
    """The actions, each a method that begins with `do_`."""

    def __init__(self, machine, choose):
        self.machine = machine
        self.choose = choose

    def expect(self, command, *lines):
        """Types a command, and compares what it prints."""
        answer = self.machine.answer(command)
        if answer != list(lines):
            raise AssertionError(f"{command}\nprinted {answer}\ninstead of {list(lines)}")

    def plug(self, driver, name, **properties):
        """Plugs a device in. One of that name that was pulled out may need a while until it is gone."""
        def added():
            try:
                self.machine.execute("device_add", driver=driver, id=name, bus="usb.0", **properties)
                return True
            except qemu.QemuError:
                return False

        if not qemu.wait_until(added, qemu.BOOT_LIMIT, lambda: self.machine.read_alive(0.1)):
            raise AssertionError(f"{driver} cannot be plugged in again")

    def do_commands(self):
        """Programs in a pipe."""
        count = self.choose.randrange(1, 5000)
        text = "".join(f"{i}\n" for i in range(1, count + 1)).encode()
        self.expect(f"seq {count} | md5sum", hashlib.md5(text).hexdigest() + "  -")

    def do_fault(self):
        """A program that a signal ends: segmentation fault, abort, floating-point exception, illegal instruction."""
        number = self.choose.choice((4, 6, 8, 11))
        self.expect(f"sh -c 'kill -{number} $$' >/dev/null 2>&1; echo $?", str(128 + number))

    def do_fork(self):
        """Many processes at once."""
        count = self.choose.randrange(2, 40)
        self.expect(f"forks {count}", str(count))

    def do_files(self):
        """Directories and names in memory."""
        count = self.choose.randrange(1, 200)
        self.expect(f"files {count}", str(count))

    def do_stick(self):
        """A stick is plugged in, written to, read, and pulled out."""
        self.plug("usb-storage", "plugged", drive="stick")
        size = self.choose.randrange(1, 2000)
        self.expect(f"stick {size}")
        self.machine.execute("device_del", id="plugged")
        self.expect("goes /dev/sda; ls /dev/sda", "ls: /dev/sda: No such file or directory")

    def do_keyboard(self):
        """A keyboard is plugged in and pulled out again."""
        self.plug("usb-kbd", "keyboard")
        self.expect(f"sleep 0.{self.choose.randrange(1, 9)}; echo plugged", "plugged")
        self.machine.execute("device_del", id="keyboard")


def soak(machine, choose, seconds):
    """Keeps the machine busy for so long; how often each action was done. An AssertionError says what is wrong."""
    machine.wait_ready()
    for name, lines in SCRIPTS.items():
        for line in ["#!/bin/sh", *lines]:
            machine.answer(f"echo '{line}' >>/bin/{name}")
    machine.answer("chmod +x /bin/*; mkdir /d /m; appears /dev/vda")
    actions = Soak(machine, choose)
    actions.expect("mount -t ext2 /dev/vda /d")
    names = [name for name in dir(actions) if name.startswith("do_")]
    for name in names:  # once each, so that caches are as they will be
        getattr(actions, name)()
    free, processes = int(machine.answer("free1")[-1]), machine.answer("processes")
    counts, end = Counter(), time.monotonic() + seconds
    machine.answer("copy & sort1 & jobs >/dev/null")
    while time.monotonic() < end:
        name = choose.choice(names)
        getattr(actions, name)()
        counts[name.removeprefix("do_")] += 1
    machine.answer("touch /tmp/end; wait; rm -f /d/a")
    actions.expect("umount /d; ls /tmp/bad", "ls: /tmp/bad: No such file or directory")
    actions.expect("processes", *processes)
    left = int(machine.answer("free1")[-1])
    if left < free - LOST_MOST:
        raise AssertionError(f"memory is lost: {free} KiB were free, and {left} are")
    if machine.wait(0) is not None:
        raise qemu.QemuError("QEMU has ended: " + machine.errors())
    return counts
