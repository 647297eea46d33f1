"""A session at the tree's own shell, on an image as it is where the build machine has no busybox."""

import re
import subprocess
import sys

from runner import paths, qemu
from runner.shell import ShellMachine, ShellTest

CTRL_C = b"\x03"


class OwnShellMachine(ShellMachine):
    """Its shell asks the terminal nothing."""

    PROMPT_AT_END = re.compile(r"cairn:[^\s#]*# $")


def initramfs():
    """The archive that the Makefile writes where there is no busybox."""
    archive = paths.LOGS / "own-shell.cpio"
    names = ["sh", *sorted(source.stem for source in (paths.ROOT / "user" / "tools").glob("*.c"))]
    subprocess.run([sys.executable, paths.ROOT / "scripts" / "make-initramfs.py", "--tree", paths.ROOT / "user" / "root", archive,
                    "dev/", "proc/", "sys/", "tmp/", "root/", f"init={paths.BUILD}/user/init",
                    *(f"bin/{name}={paths.BUILD}/user/{name}" for name in names)], check=True)
    return archive


class OwnShell(ShellTest):
    """COM1, with the shell on ttyS0."""

    MACHINE = OwnShellMachine

    def start(self):
        """A machine at whose prompt a person can type."""
        return self.boot(options=qemu.initramfs(initramfs()))

    def interrupt(self, machine, line):
        """Types a line, and then Ctrl-C, until the prompt is there again."""
        start = len(machine.received)
        machine.send(f"{line}\r".encode())
        machine.wait_text(f"{line}\r\n", start)

        def press():
            machine.send(CTRL_C)
            machine.read_alive(0.5)

        self.assertTrue(qemu.wait_until(lambda: machine.PROMPT_AT_END.search(machine.output(start)), qemu.BOOT_LIMIT, press))
        start = len(machine.received)
        machine.send(b"echo 'in' step\r")  # its answer comes behind the prompts of all that was pressed
        machine.wait_text("in step\r\n", start)
        machine.wait_prompt(start)

    def test_a_first_session(self):
        """Quotes, pipes, redirection, lists, directories, and what goes wrong."""
        machine = self.start()
        self.expect(machine, "echo 'a  b' \"c 'd'\" e\\ f # not this", "a  b c 'd' e f")
        self.expect(machine, "echo one >names; echo two >>names; cat <names", "one", "two")
        self.expect(machine, "cat names names | cat | cat", "one", "two", "one", "two")
        self.expect(machine, "mkdir d && cd d && echo x >y && ls; cd ..; ls d | cat", "y", "y")
        self.assertLessEqual({"bin/", "dev/", "proc/", "names"}, set(machine.answer("ls /")))
        self.expect(machine, "cat nothing && echo no; rm d", "cat: nothing: No such file or directory", "rm: d: Directory not empty")
        self.expect(machine, "nothing", "sh: nothing: No such file or directory")
        self.expect(machine, "echo 'open", "sh: cannot understand this line")
        self.assertIn("proc /proc proc", "\n".join(machine.answer("mount"))[:4000])
        self.expect(machine, "mount -t tmpfs none d && ls d; mount -t nix none d", "mount: d: No such device")

    def test_the_background(self):
        """`&` starts, `wait` waits, `kill` ends; Ctrl-C ends what is in front alone."""
        machine = self.start()
        self.expect(machine, "sleep 1000 & sleep 1001 &")
        [first, second] = [line.split()[0] for line in machine.answer("ps") if line.endswith(" sleep")]
        self.interrupt(machine, "sleep 1002")
        self.interrupt(machine, "cat")
        self.interrupt(machine, "wait")
        self.expect(machine, f"kill {first} && kill -KILL {second} && wait")
        self.expect(machine, f"kill {first}", f"kill: {first}: No such process")
        self.expect(machine, "echo ended | cat & wait; echo waited", "ended", "waited")
        self.assertFalse([line for line in machine.answer("ps") if line.endswith(" sleep")])
