#!/usr/bin/env python3
"""Boots the same image on many machines, types at each, and records which ones answer: a full table in docs/machines.md,
and a short one between two marks in README.md.

    tests/matrix.py             every machine; writes the tables
    tests/matrix.py WORD ...    those whose row contains one of the words; writes nothing

Not every combination is tried. Each property has its values, and the rest of the machine is the usual one; only firmware,
chipset and medium are combined with each other. A machine that fails is printed with its last output, and the exit status
is then 1.
"""

import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# The path has to be set first.
from runner import bochs, framebuffer, ktap, machine, pages, paths, qemu, report, symbols  # noqa: E402

LIMIT = 2 * qemu.BOOT_LIMIT  # seconds for one machine
AT_A_TIME = 2


# --- How a machine is typed at ----------------------------------------------------------------------------------------

class Failure(Exception):
    """A machine has failed; the text says how."""


def expect(condition, what):
    """Fails with this text unless the condition holds."""
    if not condition:
        raise Failure(what)


def over_com1(started):
    """The machine gets ready, and answers a line that is typed at COM1."""
    started.wait_ready()
    expect(started.answer("echo over COM1") == ["over COM1"], "no answer on COM1")


def by_keyboard_and_com1(started):
    """The same, and it answers a line that is typed at the keyboard, on COM1."""
    over_com1(started)
    expect(started.ask("echo by keyboard") == ["by keyboard"], "no answer to the keyboard")


def by_keyboard_on_screen(started):
    """It answers a line that is typed at the keyboard, on the screen. If that is a framebuffer, the text is read from a
    picture of it."""
    started.wait_screen(lambda now: now.used()[-1] == machine.PROMPT.rstrip())
    started.type("echo on screen\n")
    started.wait_screen(lambda now: now.used()[-3:] == [
        machine.PROMPT + "echo on screen", "on screen", machine.PROMPT.rstrip()])


def everything(started):
    """COM1, keyboard and screen."""
    over_com1(started)
    by_keyboard_on_screen(started)


def by_bochs_keyboard(started):
    """COM1, and a line that is typed at Bochs's screen."""
    over_com1(started)
    expect(bochs.type_line(started, "echo by keyboard") == ["by keyboard"], "no answer to the keyboard")


HOW = {over_com1: "COM1", by_keyboard_and_com1: "keyboard, COM1", by_bochs_keyboard: "keyboard, COM1",
       by_keyboard_on_screen: "keyboard, screen", everything: "keyboard, COM1, screen"}


# --- Further checks ---------------------------------------------------------------------------------------------------

def nothing_more(_started):
    """The prompt answers, and nothing else is checked."""


MIB = 1 << 20


def has_memory(mib):
    """Nearly all of the memory but the kernel's own can be allocated, once what the loader has left in it is given back."""
    def check(started):
        free, used = re.search(r"(\d+) KiB free, (\d+) KiB used", "\n".join(started.answer("mem"))).groups()
        kib = int(free) + int(used)
        kernel = (symbols.physical_address("kernel_image_end") - MIB) // 1024  # it begins at 1 MiB
        expect((mib * 1024 - kernel) * 0.91 < kib <= mib * 1024, f"{kib} KiB to hand out, of {mib} MiB; {kernel} are the kernel's")
    return check


def says(pattern):
    """The log has such a line."""
    def check(started):
        expect(re.search(pattern, started.output()), f"the log does not say '{pattern}'")
    return check


def both(first, second):
    """Two checks."""
    def check(started):
        first(started)
        second(started)
    return check


def gets_what_it_asked_for(started):
    """The kernel knows every option, and can do what it says."""
    expect(not re.search(r"is not known|is none of|cannot be used", started.output()), "an option was refused")


def unused_are_halted(count):
    """The unused processors are halted. So is the first one, while no key is typed."""
    def check(started):
        halted = started.hmp("info registers -a").count("HLT=1")
        expect(halted >= count - 1, f"{count - halted} of {count} processors run")
    return check


# --- The machines -----------------------------------------------------------------------------------------------------

@dataclass
class Row:
    """One machine. `options` are QEMU's; `start` starts another emulator instead."""

    axis: str
    name: str
    options: list = field(default_factory=list)
    media: list = None
    entry: str = "text"
    typed: Callable = by_keyboard_and_com1
    check: Callable = nothing_more
    com1: Callable = qemu.tcp_pair
    start: Callable = None

    def boot(self, log):
        """Starts the machine."""
        if self.start:
            return self.start(log)
        kind = framebuffer.FramebufferMachine if self.has_pixels() else machine.Machine
        return kind(log, media=self.media, options=self.options, entry=self.entry, com1=self.com1)

    def has_pixels(self):
        """Is its screen a framebuffer?"""
        return "-bios" in self.options or self.entry not in ("text", "safe", None)


UEFI = machine.ovmf()
NO_VGA = ["-vga", "none"]


def usb_stick(controller):
    """The image as a stick on a USB controller."""
    return ["-device", controller, "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={paths.ISO}",
            "-device", "usb-storage,drive=stick"]


def disk(device):
    """The image as a disk."""
    return ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={paths.ISO}", "-device", f"{device},drive=disk"]


def memory(size):
    """Options for this much RAM. The host need not have it."""
    return ["-m", size, "-object", f"memory-backend-ram,id=r,size={size},reserve=off", "-machine", "memory-backend=r"]


def boot_rows():
    """Chipset, firmware and medium."""
    media = {
        "CD": None, "USB stick on xHCI": usb_stick("qemu-xhci"), "USB stick on EHCI": usb_stick("usb-ehci"),
        "NVMe disk": disk("nvme,serial=1"), "virtio disk": disk("virtio-blk-pci"),
    }
    for firmware, options in (("BIOS", []), ("UEFI", UEFI)):
        for chipset, own_disk in (("pc", "ide-hd"), ("q35", "ide-hd")):
            kind = "IDE" if chipset == "pc" else "AHCI"
            for medium, device in {**media, f"{kind} disk": disk(own_disk)}.items():
                if chipset == "pc" and medium not in ("CD", "IDE disk", "USB stick on EHCI"):
                    continue
                yield Row("chipset, firmware, medium", f"{chipset}, {firmware}, {medium}",
                          ["-machine", chipset, *options], device)


def memory_rows():
    """Amounts of RAM."""
    for mib, name in ((16, "16 MiB"), (32, "32 MiB"), (128, "128 MiB"), (3072, "3 GiB"), (5120, "5 GiB"),
                      (65536, "64 GiB")):
        yield Row("memory", name, memory(f"{mib}M"), check=has_memory(mib))
    yield Row("memory", "64 GiB with pages of 1 GiB", memory("64G") + ["-cpu", "qemu64,+pdpe1gb"],
              check=has_memory(65536))
    yield Row("memory", "5 GiB, UEFI", memory("5G") + UEFI, check=has_memory(5120))


def cpu_rows():
    """Models of processors, features that are missing, and numbers of processors."""
    for cpu in ("qemu64", "core2duo", "Nehalem", "Skylake-Client", "EPYC", "max"):
        yield Row("processor", cpu, ["-cpu", cpu])
    yield Row("processor", "without NX", ["-cpu", "qemu64,-nx"], check=says("no NX|no-execute"))
    yield Row("processor", "without 1 GiB pages", ["-cpu", "max,-pdpe1gb"], check=says("no 1 GiB pages"))
    yield Row("processor", "without SMEP, SMAP and UMIP", ["-cpu", "max,-smep,-smap,-umip"], check=says("no SMEP"))
    for count in (1, 2, 8):
        yield Row("processors", str(count), ["-smp", str(count)], check=unused_are_halted(count))
    yield Row("processors", "8, UEFI", ["-smp", "8", *UEFI], check=unused_are_halted(8))


def missing_rows():
    """Machines without some device."""
    yield Row("missing", "no COM1", typed=by_keyboard_on_screen, com1=None)
    yield Row("missing", "no COM1, UEFI", UEFI, typed=by_keyboard_on_screen, com1=None)
    yield Row("missing", "no VGA", NO_VGA)
    yield Row("missing", "no VGA, UEFI", UEFI + NO_VGA, typed=over_com1)
    yield Row("missing", "no i8042", ["-machine", "q35,i8042=off"], typed=over_com1)
    yield Row("missing", "no i8042, UEFI", ["-machine", "q35,i8042=off", *UEFI], typed=over_com1)


def usb_rows():
    """Typed at on USB alone."""
    xhci, keyboard = ["-device", "qemu-xhci,id=bus"], ["-device", "usb-kbd"]
    hub = ["-device", "usb-hub,bus=bus.0,port=1"]
    devices = {
        "qemu-xhci": (None, [*xhci, *keyboard]), "nec-usb-xhci": (None, ["-device", "nec-usb-xhci", *keyboard]),
        "behind a hub": (None, [*xhci, *hub, "-device", "usb-kbd,bus=bus.0,port=1.2"]),
        "behind two hubs": (None, [*xhci, *hub, "-device", "usb-hub,bus=bus.0,port=1.3", "-device", "usb-kbd,bus=bus.0,port=1.3.1"]),
        "two keyboards, a mouse and a tablet": (None, ["-device", "qemu-xhci,p2=8", *keyboard, *keyboard,
                                                       "-device", "usb-mouse", "-device", "usb-tablet"]),
        "booted from a stick beside it": (usb_stick("qemu-xhci"), keyboard),
    }
    for firmware, options in (("BIOS", []), ("UEFI", UEFI)):
        for name, (medium, device) in devices.items():
            yield Row("USB keyboard alone", f"{name}, {firmware}",
                      ["-machine", "i8042=off", *options, *device], medium,
                      check=both(says("usb: keyboard"), says("usb: stick")) if medium else says("usb: keyboard"))
    yield Row("USB keyboard alone", "pc", ["-machine", "pc,i8042=off", *xhci, *keyboard])
    yield Row("USB keyboard alone", "on the screen, UEFI, no COM1",
              ["-machine", "i8042=off", *UEFI, *xhci, *keyboard], typed=by_keyboard_on_screen, com1=None)


def screen_rows():
    """Kinds of screen, sizes and depths."""
    for mode in ("640x480x16", "800x600x15", "800x600x24", "1024x768x24", "1280x1024x16", "1280x1024x32",
                 "1920x1080x32"):
        yield Row("screen", f"BIOS, {mode}", entry=mode, typed=everything)
    for mode in ("framebuffer", "1280x1024x32"):
        yield Row("screen", f"UEFI, {mode.replace('framebuffer', '1024x768x32')}", UEFI, entry=mode, typed=everything)
    yield Row("screen", "VGA text", typed=everything)
    yield Row("screen", "Cirrus, VGA text", ["-vga", "cirrus"], typed=everything)
    yield Row("screen", "VMware, VGA text", ["-vga", "vmware"], typed=everything)
    for device in ("bochs-display", "ramfb", "virtio-vga", "qxl-vga"):
        yield Row("screen", f"{device}, UEFI", [*UEFI, *NO_VGA, "-device", device], typed=everything)


def menu_rows():
    """The menu."""
    yield Row("menu", "waits a second", entry=None, typed=everything)
    yield Row("menu", "safe mode", entry="safe", typed=everything)
    yield Row("menu", "safe mode, UEFI", UEFI, entry="safe", typed=everything)


def interrupt_rows():
    """The two kinds of interrupt controller."""
    for controller in ("pic", "apic"):
        for name, options in (("pc", ["-machine", "pc"]), ("q35", []), ("q35, UEFI", UEFI)):
            yield Row("interrupts", f"irq={controller}, {name}",
                      [*options, *qemu.fw_cfg_cmdline(f"irq={controller}")], check=gets_what_it_asked_for)


def bochs_rows():
    """Another emulator, which is stricter than QEMU."""
    yield Row("Bochs", "VGA text", typed=over_com1, start=bochs.Bochs)
    yield Row("Bochs", "keyboard on xHCI", typed=by_bochs_keyboard, check=says("usb: keyboard"),
              start=lambda log: bochs.Bochs(log, display=bochs.XHCI))
    yield Row("Bochs", "Cirrus", typed=over_com1, start=lambda log: bochs.Bochs(log, display=bochs.CIRRUS))


def all_rows():
    """Every machine."""
    return [*boot_rows(), *memory_rows(), *cpu_rows(), *missing_rows(), *usb_rows(), *screen_rows(), *menu_rows(), *interrupt_rows(),
            *bochs_rows()]


def slow_first(row):
    """Sorts slow machines to the front, so that both workers end at about the same time."""
    return row.start is None, "-bios" not in row.options


# --- Running ----------------------------------------------------------------------------------------------------------

def run(row):
    """Boots a machine and types at it. Returns the reason of a failure in lines; none if it passes."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"matrix.{row.axis}.{row.name}")
    try:
        with row.boot(paths.LOGS / f"{name}.log") as started:
            end = threading.Timer(LIMIT, started.process.kill)
            end.start()
            try:
                row.typed(started)
                row.check(started)
                return []
            except Exception as error:
                last = started.output()[-600:] if started.reads_com1 else ""
                raise Failure(f"{error}\n{last}") from error
            finally:
                end.cancel()
    except (Failure, qemu.QemuError, OSError) as error:
        return [line for line in str(error).splitlines() if line.strip()]


def run_and_report(row, results):
    """The same, and prints the result."""
    start = time.monotonic()
    why = run(row)
    verdict = ktap.Verdict(ktap.FAILED, 0, 1, why) if why else ktap.Verdict(ktap.PASSED, 1, 0)
    results.add(f"{row.axis}: {row.name}", verdict, time.monotonic() - start)
    return not why


def run_rows(rows, results):
    """Runs them, and returns for each whether it passed."""
    with ThreadPoolExecutor(max_workers=AT_A_TIME) as pool:
        futures = {id(row): pool.submit(run_and_report, row, results) for row in sorted(rows, key=slow_first)}
        return [futures[id(row)].result() for row in rows]


# --- The tables -------------------------------------------------------------------------------------------------------

def write_page(rows, passed):
    """docs/machines.md: a line for each machine."""
    lines = ["# Machines", "",
             "Written by `make matrix`, which boots the same `build/cairn.iso` on each of these machines and types at it. Unless",
             "a row says otherwise, the machine is QEMU's `q35` with a BIOS (SeaBIOS), 128 MiB, the CD, one `qemu64`, VGA text,",
             "COM1 and a PS/2 keyboard. UEFI is OVMF. The third column names the devices over which the prompt has answered.", "",
             "| what differs | machine | answers over | result |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.axis} | {row.name} | {HOW[row.typed]} | {'passes' if good else '**fails**'} |"
              for row, good in zip(rows, passed)]
    (paths.ROOT / "docs" / "machines.md").write_text("\n".join(lines) + "\n")


def short_table(rows, passed):
    """A line for each property with the values that pass, and a line for the machines that fail."""
    lines = ["| what differs | passes |", "| --- | --- |"]
    for axis in dict.fromkeys(row.axis for row in rows):
        lines.append(f"| {axis} | " + "; ".join(
            row.name for row, good in zip(rows, passed) if row.axis == axis and good) + " |")
    fails = [f"{row.axis}: {row.name}" for row, good in zip(rows, passed) if not good]
    if fails:
        lines.append("| **fails** | " + "; ".join(fails) + " |")
    return lines


def main(words):
    """Runs, writes, prints."""
    rows = [row for row in all_rows() if not words or any(word in f"{row.axis}: {row.name}" for word in words)]
    results = report.Report(write=lambda line: print(line, flush=True))
    start = time.monotonic()
    passed = run_rows(rows, results)
    print(f"matrix: {len(rows)} machines in {time.monotonic() - start:.0f} s")
    if not words:
        write_page(rows, passed)
        pages.write(paths.ROOT / "README.md", "machines", short_table(rows, passed))
    return results.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
