"""The call fuzzer (user/fuzz/), as the first program of a machine whose clock counts instructions: the same seed takes
the same course."""

from runner import paths, qemu

CALLS = 100_000  # of a run in `make test`, and of each machine of `make soak`
LIMIT = 4 * qemu.BOOT_LIMIT
UNHURT = "fuzz: nothing was hurt"


def options(seed, calls, *round_number):
    """QEMU's options for a run, or for one round of it."""
    words = " ".join(str(word) for word in (seed, calls, *round_number))
    return [*qemu.COUNTED, *qemu.initramfs(paths.FUZZ_INITRAMFS), *qemu.DEBUG_EXIT,
            *qemu.fw_cfg_cmdline(f"panic=exit loglevel=error -- {words}")]


def verdict(machine):
    """What a run has found, once its machine has ended; an empty text for nothing."""
    machine.wait_output(lambda: machine.closed, "end of QEMU", LIMIT)
    if machine.wait(qemu.BOOT_LIMIT) == qemu.SUCCESS and UNHURT in machine.output():
        return ""
    return machine.output()[-4000:]
