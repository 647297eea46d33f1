"""Running unittest cases as a suite of the runner."""

import os
import unittest

from runner import coverage, ktap

# Whether a run ends with the first test that fails: whoever breaks the kernel has to know one.
FIRST_FAILURE_ENDS = bool(os.environ.get("FIRST_FAILURE_ENDS"))


def load(module):
    """All cases of a module, flat. A module that cannot be imported is one failing case."""
    return list(_flatten(unittest.defaultTestLoader.loadTestsFromName(module)))


def _flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _flatten(item)
        else:
            yield item


def name(case):
    """The name under which a case is chosen and reported."""
    return case.id().split(".")[-1].replace("test_", "", 1)


class _Result(unittest.TestResult):
    """A result that says which case runs."""

    def startTest(self, test):
        coverage.begin_case(name(test))
        super().startTest(test)


def run(cases):
    """Runs cases in order and turns unittest's result into a verdict."""
    result = _Result()
    result.failfast = FIRST_FAILURE_ENDS
    unittest.TestSuite(cases).run(result)
    problems = result.failures + result.errors
    details = [f"skipped: {name(case)}: {reason}" for case, reason in result.skipped]
    for case, trace in problems:
        details.append(f"not ok {name(case)}")
        details += ["    " + line for line in trace.rstrip().splitlines()]
    bad = len({getattr(case, "test_case", case) for case, _ in problems})  # not its subtests
    bad += len(result.unexpectedSuccesses)
    passed = max(result.testsRun - bad - len(result.skipped), 0)
    return ktap.Verdict(ktap.FAILED if bad else ktap.PASSED, passed, bad, details)
