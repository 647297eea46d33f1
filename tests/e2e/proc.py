"""Files below /proc that programs read, as a person at the shell sees them."""

from runner.shell import ShellTest


class Proc(ShellTest):
    """One machine with the image's shell."""

    def test_the_system(self):
        """Its version, and limits, of which one can be set; what is no number is refused."""
        machine = self.boot()
        self.assertRegex(" ".join(machine.answer("cat /proc/version")), r"^Linux version 6\.1\.\S+ \(Cairn\)$")
        machine.answer("cd /proc/sys")
        self.expect(machine, "cat vm/max_map_count; echo 70000 >vm/max_map_count", "65530")
        self.expect(machine, "cat vm/max_map_count", "70000")
        self.expect(machine, "echo x >vm/max_map_count", "sh: write error: Invalid argument")
        machine.answer("read open unused most <fs/file-nr")
        self.expect(machine, "echo $((open > 0)) $unused", "1 0")
        self.expect(machine, "[ $(cat fs/file-max) = $most ]; echo $?", "0")

    def test_a_process(self):
        """Its name, its environment, and its one thread, which is like it."""
        machine = self.boot()
        self.expect(machine, "WORD=here sleep 100 & cd /proc/$!")
        self.expect(machine, "cat comm; tr '\\0' '\\n' <environ | grep WORD", "sleep", "WORD=here")
        self.expect(machine, "tr '\\0' ' ' <cmdline; echo", "sleep 100")
        self.expect(machine, "cd task/*; cat comm; cut -d' ' -f2,3 stat", "sleep", "(sleep) S")
        self.expect(machine, "grep -c '^Name:.sleep$' status", "1")
        self.expect(machine, "grep -c '^Sig[IC]g[nt]:.0000000000000000$' status", "2")
        self.expect(machine, "cut -d' ' -f4 stat; cut -d' ' -f4 /proc/1/stat", machine.answer("echo $$")[0], "0")
        machine.answer("kill %1; cd /")
