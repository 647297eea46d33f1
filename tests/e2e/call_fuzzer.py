"""Calls with made-up arguments, and random bytes as programs: `make soak` makes ten million of them."""

from runner import fuzzer
from runner.shell import ShellTest


class CallFuzzer(ShellTest):
    """user/fuzz/ with one seed."""

    def test_a_hundred_thousand_calls(self):
        """They hurt nobody: no panic, no lost memory, no process that stays, no look at what is another's."""
        self.assertEqual(fuzzer.verdict(self.machine(options=fuzzer.options(1, fuzzer.CALLS))), "")
