#!/usr/bin/env python3
"""Runs the tests and closes with `N passed, N failed` and a matching exit status.

    tests/run.py              everything
    tests/run.py PREFIX ...   the suites whose names begin so: kernel/heap, heap, e2e/keyboard,
                              e2e/keyboard.shift, host/, runner

Kinds of suites: kernel/ (each in a boot of its own, in QEMU), host/ (hardware-free code on this
machine, under sanitizers), e2e/ (the shipped image, used as a person uses it) and runner (this
runner's own logic). COM1's output is kept in build/test-logs/.
"""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import jobs, qemu, report  # noqa: E402  (the path has to be set first)


def run_job(job, results):
    """Runs one job and reports it."""
    start = time.monotonic()
    verdict = jobs.run(job)
    results.add(job.name, verdict, time.monotonic() - start)


def main(prefixes):
    """Runs what was chosen, as many suites at a time as there are processors."""
    results = report.Report(write=lambda line: print(line, flush=True))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        try:
            futures = [pool.submit(run_job, job, results) for job in jobs.all_jobs(prefixes)]
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            qemu.kill_all()
            results.interrupted()
    return results.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
