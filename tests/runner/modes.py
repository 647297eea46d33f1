"""Ways to boot an in-kernel suite: the usual one, and the others in which some suites run as well."""

from dataclasses import dataclass

from runner import machine


@dataclass
class Mode:
    """Another way to boot some suites, besides the usual one."""

    words: str = ""  # for the command line
    options: tuple = ()  # for QEMU
    suites: frozenset = frozenset()


USUAL = Mode()

# What rests on the interrupt controller and the clock is held against each of them.
MODES = {
    "apic": Mode("irq=apic", (), frozenset(
        {"interrupts", "traps", "keyboard", "log", "timers", "watchdog", "executor", "channels", "futures"})),
    "no-pit": Mode("", ("-machine", "pit=off"), frozenset(
        {"interrupts", "keyboard", "timers", "watchdog", "channels", "futures"})),
    "no-pit-apic": Mode("irq=apic", ("-machine", "pit=off"), frozenset({"interrupts"})),
    "pc": Mode("", ("-machine", "pc"), frozenset({"interrupts"})),
    "pc-apic": Mode("irq=apic", ("-machine", "pc", "-smp", "4"), frozenset({"interrupts"})),
    "uefi": Mode("", tuple(machine.ovmf()), frozenset({"interrupts"})),
    "uefi-apic": Mode("irq=apic", tuple(machine.ovmf()), frozenset({"interrupts"})),
}
