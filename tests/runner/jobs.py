"""The list of everything that can be run, and the choice from it.

A job is a suite: kernel/NAME, host/NAME, user/NAME, e2e/NAME, or runner. Whatever is there is found: suites
from the ELF files' symbols, end-to-end tests from the files in tests/e2e/. Nothing is registered.
"""

import functools
import subprocess
from dataclasses import dataclass
from typing import Callable

from runner import boots, cases, coverage, host, ktap, modes, paths, suites


@dataclass
class Job:
    """Something to run: `run` returns a verdict."""

    name: str
    run: Callable


# What takes longest on most machines.
LONGEST = ("e2e/build", "e2e/shell", "e2e/fuzz", "e2e/disks", "e2e/apic")


def all_jobs(prefixes):
    """The chosen jobs; where nothing is known of their length, this is their order."""
    jobs = _e2e_jobs(prefixes) + _kernel_jobs() + _host_jobs() + _user_jobs() + [_runner_job()]
    if coverage.ON:  # the build with counters has no sanitizer
        jobs = [job for job in jobs if not job.name.startswith("kernel/fault_ubsan")]
    jobs.sort(key=lambda job: LONGEST.index(job.name) if job.name in LONGEST else len(LONGEST))
    return [job for job in jobs if chosen(job.name, prefixes)]


def chosen(name, prefixes):
    """Does one of the prefixes choose this name? With its group, or without: `kernel/heap` or
    `heap`; no prefix at all chooses everything. `e2e/keyboard.shift` chooses single cases, and so
    the job that holds them; other suites are run whole."""
    group, _, short = name.rpartition("/")
    return not prefixes or any(
        name.startswith(prefix) or short.startswith(prefix)
        or (group == "e2e" and prefix.startswith((name + ".", short + "."))) for prefix in prefixes)


def _ktap_jobs(group, program, run, known=()):
    """One job for each suite of a program. A suite of `known` that the program lacks is a job that fails; so is a program
    that cannot be read."""
    try:
        found = suites.read_suites(program)
    except (OSError, subprocess.CalledProcessError) as error:
        verdict = ktap.Verdict(ktap.NOT_STARTED, 0, 1, [f"{program}: {error}"])
        return [Job(f"{group}/suites", lambda: verdict)]
    found = {**dict.fromkeys(known, []), **found}
    return [Job(f"{group}/{suite}", functools.partial(run, suite, names))
            for suite, names in sorted(found.items())]


def _kernel_jobs():
    jobs = _ktap_jobs("kernel", paths.TEST_KERNEL, boots.run_kernel_suite, boots.HARNESS)
    return jobs + [_in_mode(job, mode) for mode in modes.MODES for job in jobs
                   if job.name.split("/")[1] in mode.suites]


def _in_mode(job, mode):
    """The same suite in another of the runner's modes: kernel/traps and kernel/traps-apic."""
    return Job(job.name + mode.suffix, functools.partial(job.run, mode=mode))


def _host_jobs():
    return _ktap_jobs("host", paths.HOST_TESTS, boots.run_host_suite)


def _user_jobs():
    """Programs that test system calls, on this machine's own Linux. Each has one suite, of its own name."""
    jobs = []
    for program in paths.user_tests().values():
        jobs += _ktap_jobs("user", program, functools.partial(boots.run_host_suite, program=program, run=host.run_once))
    return jobs


def _runner_job():
    modules = sorted((paths.ROOT / "tests" / "runner").glob("test_*.py"))
    found = [case for module in modules for case in cases.load(f"runner.{module.stem}")]
    return Job("runner", functools.partial(cases.run, found))


def _e2e_jobs(prefixes):
    """One for each file of tests/e2e that has something to run."""
    modules = sorted((paths.ROOT / "tests" / "e2e").glob("[a-z]*.py"))
    found = {f"e2e/{module.stem}": _e2e_cases(module.stem, prefixes) for module in modules}
    return [Job(suite, functools.partial(cases.run, found[suite])) for suite in found if found[suite]]


def _e2e_cases(module, prefixes):
    """The cases of one file of tests/e2e, or those of them that were asked for by name."""
    suite = f"e2e/{module}"
    found = cases.load(f"e2e.{module}")
    if prefixes and not any(chosen(suite, [p]) and "." not in p for p in prefixes):
        found = [case for case in found if chosen(f"{suite}.{cases.name(case)}", prefixes)]
    return found


def run(job):
    """Runs a job; an error in the runner itself is a failed test, not the end of all others."""
    try:
        with coverage.of(job.name):
            return job.run()
    except Exception as error:  # pylint: disable=broad-except
        return ktap.Verdict(ktap.FAILED, 0, 1, [f"the runner failed: {error!r}"])
