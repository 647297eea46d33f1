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


USUAL = Mode()

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
    Mode("-stick", "", ("-device", "qemu-xhci", "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={paths.TEST_ISO}",
                        "-device", "usb-storage,drive=stick"), frozenset({"usb_stick"})),
    Mode("-uefi-pic", "irq=pic", tuple(machine.ovmf()), frozenset({"interrupts"})),
)
