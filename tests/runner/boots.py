"""Running KTAP suites: one in-kernel suite in one boot, or one host suite in one process.

The harness's own suites (harness_*) do what a test must never do. They prove that each disaster
is reported as what it is: such a suite counts as one passed test when it ends exactly as
expected, and as one failed test otherwise.
"""

import subprocess
import time

from runner import ktap, modes, paths, qemu

HANG_LIMIT = 10.0  # of harness_hang, which is sure to reach it
PANIC_GRACE = 3.0  # for the rest of the report, after the line that begins it
HOST_LIMIT = 300.0

# How each of the harness's own suites has to end.
HARNESS = {
    "harness_fail": ktap.FAILED,
    "harness_hang": ktap.HANG,
    "harness_panic": ktap.PANIC,
    "harness_triple_fault": ktap.TRIPLE_FAULT,
}


def run_kernel_suite(suite, names, mode=None):
    """Boots the test image for one suite, in one of the modes if need be, and gives its verdict."""
    if suite.startswith("harness_"):
        return judge_harness(suite, HARNESS.get(suite), boot_suite(suite, names))
    return boot_suite(suite, names, mode=mode)


def boot_suite(suite, names, start=qemu.Qemu, mode=None):
    """One suite, one boot through GRUB; `start` starts the machine."""
    mode = mode or modes.USUAL
    limit = HANG_LIMIT if suite == "harness_hang" else qemu.BOOT_LIMIT
    transcript = ktap.Transcript()
    options = ["-cdrom", str(paths.TEST_ISO), *mode.options,
               *qemu.fw_cfg_cmdline(f"test={suite} {mode.words}"),
               "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
    try:
        with start(options, paths.LOGS / f"kernel.{suite}.log") as machine:
            ending = watch(machine, transcript, limit)
    except qemu.QemuError as error:
        ending = ktap.Ending(status=-1, error=str(error))
    return ktap.judge(transcript, ending, names, qemu.SUCCESS, qemu.FAILURE)


def watch(machine, transcript, limit, grace=PANIC_GRACE):
    """Follows COM1 until the outcome is certain, and not a moment longer."""
    deadline = time.monotonic() + limit
    while not machine.closed:
        left = deadline - time.monotonic()
        if left <= 0 or transcript.banners > 1:
            transcript.close()
            return ktap.Ending(limit=limit)
        panicked = transcript.panicked
        transcript.feed(machine.read(left))
        if transcript.panicked and not panicked:
            deadline = min(deadline, time.monotonic() + grace)
    transcript.close()
    return ktap.Ending(status=machine.wait(grace), limit=limit, error=machine.errors())


def judge_harness(suite, expected, verdict):
    """Turns the verdict about a suite that has to end badly into one about the harness."""
    if verdict.kind == expected:
        return ktap.Verdict(ktap.PASSED, 1, 0)
    why = f"{suite} was to be reported as: {expected or 'nothing; it is not a known suite'}"
    return ktap.Verdict(verdict.kind, 0, 1, [why, *verdict.details])


def run_host_suite(suite, names, program=paths.HOST_TESTS):
    """Runs one suite of build/host-tests. A sanitizer's report ends it before its plan is done."""
    transcript = ktap.Transcript()
    try:
        done = subprocess.run([str(program), suite], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=HOST_LIMIT)
        output, errors = done.stdout, done.stderr.decode("utf-8", "replace")
        ending = ktap.Ending(status=done.returncode, error=errors)
    except subprocess.TimeoutExpired as expired:
        output, ending = expired.stdout or b"", ktap.Ending(limit=HOST_LIMIT)
    except OSError as error:
        output, ending = b"", ktap.Ending(status=-1, error=str(error))
    transcript.feed(output)
    transcript.close()
    return ktap.judge(transcript, ending, names, 0, 1)
