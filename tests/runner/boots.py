"""Running KTAP suites: one in-kernel suite in one boot, or one host suite in one process.

An in-kernel suite takes the same course however slow or busy the host is: see qemu.COUNTED.

The harness's own suites (harness_*) do what a test must never do. They prove that each disaster
is reported as what it is: such a suite counts as one passed test when it ends exactly as
expected, and as one failed test otherwise.
"""

import time

from runner import host, ktap, loaded, modes, paths, qemu

SILENCE = 20  # seconds of the guest's clock; a guest that prints nothing for so long hangs
PANIC_GRACE = 30.0  # for the rest of the report, after the line that begins it

# How each of the harness's own suites has to end.
HARNESS = {
    "harness_fail": ktap.FAILED,
    "harness_hang": ktap.HANG,
    "harness_panic": ktap.PANIC,
    "harness_triple_fault": ktap.TRIPLE_FAULT,
}


def run_kernel_suite(suite, names, mode=modes.USUAL):
    """Boots the test image for one suite, in one of the modes, and gives its verdict."""
    if suite.startswith("harness_"):
        return judge_harness(suite, HARNESS.get(suite), boot_suite(suite, names))
    return boot_suite(suite, names, mode=mode)


def start_loaded(options, log):
    """Starts a machine at the test kernel's first instruction."""
    return qemu.Unattended(options, log, state=loaded.state(options, paths.TEST_KERNEL))


def boot_suite(suite, names, start=None, mode=modes.USUAL):
    """One suite, one boot; `start` starts the machine."""
    start = start or (qemu.Unattended if mode.whole else start_loaded)
    transcript = ktap.Transcript()
    options = ["-cdrom", str(paths.TEST_ISO), *(qemu.COUNTED if mode.counted else ()), *mode.options,
               *qemu.fw_cfg_cmdline(f"test={suite} {mode.words}"), *qemu.DEBUG_EXIT]
    try:
        with start(options, paths.LOGS / f"kernel.{suite}{mode.suffix}.log") as machine:
            ending = watch(machine, transcript)
    except qemu.QemuError as error:
        ending = ktap.Ending(status=-1, error=str(error))
    return ktap.judge(transcript, ending, names, qemu.SUCCESS, qemu.FAILURE)


def watch(machine, transcript, limit=qemu.BOOT_LIMIT, grace=PANIC_GRACE):
    """Reads COM1 until the outcome is certain. The guest's silence is
    counted in its own time; `limit` ends what goes on for ever or is stuck as a whole."""
    ending = ktap.Ending(limit=f"{limit:g} s")
    deadline = time.monotonic() + limit
    last_word = machine.guest_time()
    while not machine.closed and time.monotonic() <= deadline and transcript.banners <= 1:
        panicked = transcript.panicked
        data = machine.read(0.1)
        transcript.feed(data)
        if transcript.panicked and not panicked:
            deadline = min(deadline, time.monotonic() + grace)
        if data:
            last_word = machine.guest_time()
        elif machine.guest_time() > last_word + SILENCE:
            ending.limit = f"{SILENCE} s of silence by its own clock"
            break
    transcript.close()
    if machine.closed:
        ending.status, ending.error = machine.wait(grace), machine.errors()
    return ending


def judge_harness(suite, expected, verdict):
    """Turns the verdict about a suite that has to end badly into one about the harness."""
    if verdict.kind == expected:
        return ktap.Verdict(ktap.PASSED, 1, 0)
    why = f"{suite} was to be reported as: {expected or 'nothing; it is not a known suite'}"
    return ktap.Verdict(verdict.kind, 0, 1, [why, *verdict.details])


def run_host_suite(suite, names, program=paths.HOST_TESTS, run=host.run):
    """Runs one suite of a program on this machine. A sanitizer's report ends it before its plan is done."""
    transcript = ktap.Transcript()
    try:
        outcome = run(program, suite)
        transcript.feed(outcome.output)
        ending = ktap.Ending(status=outcome.status, error=outcome.errors) if outcome.status is not None \
            else ktap.Ending(limit=f"{host.LIMIT:g} s")
    except OSError as error:
        ending = ktap.Ending(status=-1, error=str(error))
    transcript.close()
    return ktap.judge(transcript, ending, names, 0, 1)
