"""Ways to boot an in-kernel suite: the usual one, and the others in which some suites run as well."""

from dataclasses import dataclass

from runner import machine, paths


@dataclass
class Mode:
    """A way to boot some suites."""

    suffix: str = ""  # of a suite's name in this mode: `-pic` in kernel/timers-pic
    words: str = ""  # for the command line
    options: tuple = ()  # for QEMU
    suites: frozenset = frozenset()
    whole: bool = False  # QEMU cannot save such a machine: it goes through firmware and loader
    counted: bool = True  # time is what the guest does; not where it waits for what the host does


USUAL = Mode()


def disk(suffix, name, *options, words="", whole=False):
    """A machine with a disk of that name, whose content is the image; what is written is lost in the end."""
    drive = f"if=none,id=disk,format=raw,snapshot=on,file={paths.TEST_ISO}"
    return Mode(suffix, words, ("-drive", drive, "-fw_cfg", f"name=opt/cairn/disk,string={name}", *options),
                frozenset({"disks"}), whole, counted=False)


# What rests on the interrupt controller and the clock is held against each of them.
MODES = (
    Mode("-pic", "irq=pic", (), frozenset(
        {"interrupts", "traps", "keyboard", "log", "timers", "watchdog", "executor", "channels", "futures"})),
    Mode("-no-pit", "", ("-machine", "pit=off"), frozenset(
        {"interrupts", "keyboard", "timers", "watchdog", "channels", "futures"})),
    Mode("-no-pit-pic", "irq=pic", ("-machine", "pit=off"), frozenset({"interrupts"})),
    Mode("-pc", "", ("-machine", "pc"), frozenset({"interrupts"})),
    Mode("-pc-pic", "irq=pic", ("-machine", "pc", "-smp", "4"), frozenset({"interrupts"})),
    Mode("-max", "", ("-cpu", "max"), frozenset({"user_mode", "state"})),
    Mode("-uefi", "", tuple(machine.ovmf()), frozenset({"interrupts"})),
    disk("-stick", "sda", "-device", "qemu-xhci", "-device", "usb-storage,drive=disk"),
    disk("-virtio", "vda", "-device", "virtio-blk-pci,drive=disk"),
    disk("-virtio-modern", "vda", "-machine", "q35", "-device",
         "virtio-blk-pci,drive=disk,disable-legacy=on,logical_block_size=4096,physical_block_size=4096"),
    disk("-virtio-pic", "vda", "-device", "virtio-blk-pci,drive=disk", words="irq=pic"),
    disk("-ahci", "sda", "-device", "ahci,id=ahci", "-device", "ide-hd,drive=disk,bus=ahci.0"),
    disk("-ahci-pic", "sda", "-device", "ahci,id=ahci", "-device", "ide-hd,drive=disk,bus=ahci.0", words="irq=pic"),
    disk("-ide", "sda", "-machine", "pc", "-device", "ide-hd,drive=disk,bus=ide.0,unit=1"),
    disk("-ide-pic", "sda", "-machine", "pc", "-device", "ide-hd,drive=disk,bus=ide.1,unit=1", words="irq=pic"),
    disk("-nvme", "nvme0n1", "-device", "nvme,drive=disk,serial=1", whole=True),
    disk("-nvme-pic", "nvme0n1", "-device", "nvme,drive=disk,serial=1", words="irq=pic", whole=True),
    Mode("-uefi-pic", "irq=pic", tuple(machine.ovmf()), frozenset({"interrupts"})),
)
