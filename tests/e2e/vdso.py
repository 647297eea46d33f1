"""The clock that programs read without a system call, where the time stamp counter's rate is constant."""

from runner import paths, qemu
from runner.shell import ShellTest

CLOCK_CALLS = ("clock_gettime(", "gettimeofday(", " time(")


class Vdso(ShellTest):
    """QEMU's processor does not promise that its counter's rate is constant, so the command line does."""

    def calls_of_date(self, words):
        """What `date`, a program with glibc, asks the kernel."""
        machine = self.machine(options=qemu.fw_cfg_cmdline(f"strace=date {words}"))
        machine.wait_ready()
        machine.may_panic = True  # or the first line, shown again, would pass for another boot
        self.assertRegex(machine.answer("date")[0], r"UTC \d{4}$")
        return "\n".join(line for line in machine.answer("dmesg") if "strace: " in line)

    def test_no_call_is_made(self):
        """But for where the rate may change."""
        for words, expected in (("", True), ("tsc=constant", False)):
            with self.subTest(words):
                calls = self.calls_of_date(words)
                self.assertIn("exit_group(0)", calls)
                self.assertEqual(any(call in calls for call in CLOCK_CALLS), expected, calls)

    def test_the_suite(self):
        """The object's own tests, which compare it with the call; the clock is corrected meanwhile."""
        machine = self.machine(options=[
            "-no-reboot", *qemu.DEBUG_EXIT,
            *qemu.initramfs(paths.USER_TESTS_INITRAMFS),
            *qemu.fw_cfg_cmdline("init=/tests/vdso tsc=constant panic=exit -- vdso")])
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        self.assertNotIn("not ok", machine.output())
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), qemu.SUCCESS)
