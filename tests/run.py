#!/usr/bin/env python3
"""Runs the tests and closes with `N passed, N failed` and a matching exit status.

    tests/run.py              everything
    tests/run.py PREFIX ...   the suites whose names begin so: kernel/heap, heap, e2e/keyboard,
                              e2e/keyboard.shift, host/, runner
    tests/run.py --times N    again and again, up to N times; the first failure ends it

Kinds of suites: kernel/ (each in a boot of its own, in QEMU), host/ (hardware-free code on this
machine, under sanitizers), user/ (programs that test system calls, on this machine's Linux), e2e/
(the shipped image, used as a person uses it) and runner (this runner's own logic). COM1's output is
kept in build/test-logs/.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import cases, host, jobs, paths, qemu, report  # noqa: E402  (the path has to be set first)

SECONDS = paths.LOGS / "seconds.json"  # what each job took when it ran last

# Two more than there are processors: most jobs wait now and then, and no processor is idle meanwhile. On two processors a
# whole run takes 5:13 so, and 5:27 with one more.
WORKERS = (os.cpu_count() or 1) + 2

TEMPORARY_FILES = 256 << 20  # bytes; at most 152 MiB were seen to be in use at once


def has_room_for_files():
    """Is there room for temporary files? Compilers and QEMU use TMPDIR even if it is full, and a test that waits for one
    of them then waits until its limit."""
    folder = os.environ.get("TMPDIR") or tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < TEMPORARY_FILES:
        print(f"the tests need {TEMPORARY_FILES >> 20} MiB for temporary files in {folder}, and {free >> 20} are free; "
              "make room, or set TMPDIR to another folder", file=sys.stderr)
    return free >= TEMPORARY_FILES


def read_seconds():
    """How long each job took in earlier runs, by its name."""
    try:
        return json.loads(SECONDS.read_text())
    except (OSError, ValueError):
        return {}


def run_job(job, results, seconds):
    """Runs one job and reports it."""
    start = time.monotonic()
    verdict = jobs.run(job)
    seconds[job.name] = time.monotonic() - start
    results.add(job.name, verdict, seconds[job.name])


def run_all(chosen):
    """Runs all jobs, the longest first, so that all workers end at about the same time; gives the exit status."""
    results = report.Report(write=lambda line: print(line, flush=True))
    seconds = read_seconds()
    chosen = sorted(chosen, key=lambda job: -seconds.get(job.name, float("inf")))
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        try:
            for future in as_completed([pool.submit(run_job, job, results, seconds) for job in chosen]):
                future.result()
                if results.failed and cases.FIRST_FAILURE_ENDS:
                    pool.shutdown(wait=False, cancel_futures=True)
                    qemu.kill_all()
                    break
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            qemu.kill_all()
            results.interrupted()
    SECONDS.parent.mkdir(parents=True, exist_ok=True)
    SECONDS.write_text(json.dumps(seconds, indent=0))
    return results.close()


def main(prefixes, times):
    """Runs what was chosen, and gives the exit status."""
    unknown = [prefix for prefix in prefixes if not jobs.all_jobs([prefix])]
    if unknown:
        print(f"no test is called {' or '.join(unknown)}; names are like kernel/heap, e2e/keyboard, host/ and runner",
              file=sys.stderr)
        return 1
    if not has_room_for_files():
        return 1
    for run in range(times):
        host.forget()
        status = run_all(jobs.all_jobs(prefixes))
        if times > 1:
            print(f"{run} runs in a row were good, then one was not" if status else f"good runs in a row: {run + 1}",
                  flush=True)
        if status:
            return status
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefixes", metavar="PREFIX", nargs="*")
    parser.add_argument("--times", metavar="N", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.times < 1:
        parser.error("--times wants a number from 1 on")
    sys.exit(main(arguments.prefixes, arguments.times))
