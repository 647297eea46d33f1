"""A person at a shell: busybox's, on COM1, and at the keyboard and the screen."""

import os
import re

from runner import host, keys
from runner import machine as machines
from runner import paths, qemu
from runner.machine import READY
from runner.shell import SHELL_PROMPT, ShellTest

SEQ_10000 = "72d4ff27a28afbc066d5804999d5a504"  # the MD5 sum of the numbers up to 10000
CTRL_C, CTRL_D, CTRL_Z = "\x03", "\x04", "\x1a"


class Shell(ShellTest):
    """COM1, whose terminal is ttyS0. A typed line and the prompt have less than 80 characters together, so that it is not
    broken."""

    def test_prompt(self):
        """It comes after `ready`, and there is a terminal below it."""
        machine = self.boot()
        self.assertIn(READY, machine.output())
        self.expect(machine, "tty", "/dev/ttyS0")
        self.expect(machine, "echo $TERM $HOME $0", "vt100 /root sh")
        self.expect(machine, "cd /proc")
        self.assertTrue(machine.output().rstrip("\x1b[6n").endswith("cairn:/proc# "))
        self.expect(machine, "pwd", "/proc")

    def test_files(self):
        """They are written, read, moved and removed."""
        machine = self.boot()
        self.expect(machine, "cd /tmp")
        self.expect(machine, "echo one >a; echo two >>a; cat a", "one", "two")
        self.expect(machine, "mkdir d && mv a d/b && ls -l d | tail -1 | cut -c1-10", "-rw-r--r--")
        self.expect(machine, "ln -s d/b link; cat link; readlink link", "one", "two", "d/b")
        self.expect(machine, "cat none", "cat: can't open 'none': No such file or directory")
        self.expect(machine, "rm -r d; ls", "link")
        self.expect(machine, "head -c 100000 /dev/urandom >r; cp r s; cmp r s && wc -c <s", "100000")

    def test_pipes(self):
        """Programs are connected."""
        machine = self.boot()
        self.expect(machine, "seq 1000 | grep 7 | wc -l", "271")
        self.expect(machine, "yes | head -3", "y", "y", "y")
        self.expect(machine, "echo a b c | (read x y; echo $y-$x)", "b c-a")
        self.expect(machine, "find /etc -type f | sort | xargs grep -l root", "/etc/group", "/etc/passwd")
        self.expect(machine, "seq 5 | awk '{ sum += $1 } END { print sum }'", "15")
        self.expect(machine, "echo hello | sed s/l/L/g | tr a-z A-Z", "HELLO")
        self.expect(machine, "false | true; echo $?; ! true; echo $?", "0", "1")

    def test_archives(self):
        """tar and gzip give back what they were given."""
        machine = self.boot()
        self.expect(machine, "cd /tmp; mkdir d; seq 10000 >d/n; ln -s n d/link")
        self.expect(machine, "tar czf a.tgz d; mv d e; tar xzf a.tgz")
        self.expect(machine, "cmp d/n e/n && readlink d/link", "n")
        self.expect(machine, "md5sum <d/n; gzip d/n; gunzip -c d/n.gz | md5sum", *2 * [SEQ_10000 + "  -"])

    def test_scripts(self):
        """Loops, functions, traps, and a script with its interpreter in its first line."""
        machine = self.boot()
        self.expect(machine, "for i in 1 2 3; do echo $i; done | tail -1", "3")
        self.expect(machine, "f() { echo f$1; }; f 5; x=$(f 6); echo $x", "f5", "f6")
        self.expect(machine, "sh -c 'trap \"echo trapped\" TERM; kill $$; echo on'", "trapped", "on")
        self.expect(machine, "sh -c 'trap \"echo bye\" EXIT; exit 3'; echo $?", "bye", "3")
        self.expect(machine, "cd /tmp; printf '#!/bin/sh\\necho script $1\\n' >s")
        self.expect(machine, "chmod +x s; ./s x", "script x")
        self.expect(machine, "nothing-there; echo $?", "sh: nothing-there: not found", "127")

    def test_jobs(self):
        """Ctrl-C, Ctrl-Z, fg, bg and &."""
        machine = self.boot()
        program = 'sh -c "echo runs; exec sleep 99"'
        self.interrupt(machine, program, CTRL_C)
        self.expect(machine, "echo $?", "130")
        self.interrupt(machine, program, CTRL_Z)
        self.expect(machine, "jobs", f"[1]+  Stopped                    {program}")
        self.expect(machine, "bg", f"[1] {program}")
        self.expect(machine, "jobs", f"[1]+  Running                    {program}")
        self.interrupt(machine, "fg", CTRL_C)
        self.expect(machine, "jobs")
        self.expect(machine, "sleep 0.1 & wait; echo over", "over", "[1]+  Done                       sleep 0.1")
        self.interrupt(machine, "echo runs; cat", CTRL_D)
        self.interrupt(machine, "echo runs; while :; do :; done", CTRL_C)

    def interrupt(self, machine, line, key):
        """Types a line, and once the program has said that it runs, a key."""
        start = len(machine.received)
        machine.send(line.encode() + b"\r")
        machine.wait_output(lambda: "runs" in machine.output(start).partition("\n")[2], "sign of the program")
        for _ in range(3):  # `fg` says so a moment before the program has the terminal
            machine.read_alive(0.1)
        start = len(machine.received)
        machine.send(key.encode())
        machine.wait_prompt(start)

    def test_processes(self):
        """ps, kill, and what is known of the system."""
        machine = self.boot()
        processes = machine.answer("ps")
        self.assertEqual(processes[0].split()[:2], ["PID", "USER"])
        self.assertTrue(any(line.split()[0] == "1" and "init" in line for line in processes[1:]))
        self.expect(machine, "ps -o pid,tty | awk '$1 == '$$' { print $2 }'", "4,64")
        self.expect(machine, "ps -o pid,tty | awk '$1 == 1 { print $2 }'", "?")
        self.expect(machine, "sleep 1000 & kill -9 $!; wait $! 2>/dev/null; echo $?",  # it says "Killed" or not: as it dies
                    "137", "[1]+  Killed                     sleep 1000")
        self.expect(machine, "uname -snm", "Linux cairn x86_64")
        for command in ("free", "uptime", "mount", "df", "date", "id", "top -bn1"):
            self.assertTrue(machine.answer(f"{command} >/tmp/out; echo $?")[-1] == "0", command)

    def test_pseudo_terminals(self):
        """They have the lowest free numbers, from 0 on."""
        machine = self.boot()
        self.expect(machine, "exec 3<>/dev/ptmx 4<>/dev/ptmx; ls /dev/pts", "0  1")
        self.expect(machine, "exec 3>&-; ls /dev/pts; exec 5<>/dev/ptmx; ls /dev/pts", "1", "0  1")

    def test_users(self):
        """id, su and login; a user has no access to root's files and processes, nor to the clock."""
        machine = self.boot()
        self.expect(machine, "id -u; id -G", "0", "0")
        self.expect(machine, "echo u::1000:1000::/tmp:/bin/sh >>/etc/passwd")
        self.expect(machine, "echo u:x:1000: >>/etc/group; echo more:x:77:u >>/etc/group")
        self.expect(machine, "echo secret >/tmp/s; chmod 600 /tmp/s; sleep 1000 &")
        self.expect(machine, "su u -c 'id -u; id -G'", "1000", "1000 77")
        self.expect(machine, "su u -c 'cat /tmp/s'", "cat: can't open '/tmp/s': Permission denied")
        self.expect(machine, "su u -c 'rm -f /tmp/s'", "rm: can't remove '/tmp/s': Operation not permitted")
        self.expect(machine, f"su u -c 'kill {machine.answer('echo $!')[0]}'",
                    f"sh: can't kill pid {machine.answer('echo $!')[0]}: Operation not permitted")
        self.expect(machine, "su u -c 'date -s 2030-01-01 2>&1 | head -1'", "date: can't set date: Operation not permitted")
        self.expect(machine, "su u -c 'su -c id'", "su: must be suid to work properly")
        self.expect(machine, "sed -i s/root:x/root:/ /etc/passwd")
        self.expect(machine, "cp /bin/busybox /tmp/su; chmod 4755 /tmp/su")
        self.expect(machine, "su u -c '/tmp/su -c \"id -u\"'", "0")
        start = len(machine.received)
        machine.send(b"login -f u\r")
        machine.wait_text("/tmp $ ", start)
        machine.send(b"id -un 2>&1; id -u; exit\r")
        machine.wait_prompt(start)
        self.assertIn("\r\n1000\r\n", machine.output(start))

    def test_vi(self):
        """A program that draws on a terminal whose size is not known."""
        machine = self.boot()
        start = len(machine.received)
        machine.send(b"vi /tmp/text\r")
        machine.wait_text("~", start)
        machine.send(b"ihello\x1b")
        machine.wait_text("- /tmp/text [Modified]", start)
        machine.send(b":wq\r")
        machine.wait_prompt(start)
        self.expect(machine, "cat /tmp/text", "hello")

    def test_ten_thousand_programs(self):
        """They leave free frames and heap as they were, but for what a single moment holds: a leak of one block each would be
        ten thousand blocks."""
        machine = self.boot()
        self.expect(machine, "run() { i=0; while [ $i -lt $1 ]; do /bin/true; i=$((i+1)); done; }")
        self.expect(machine, "run 300")
        before = self.memory(machine)
        self.expect(machine, "run 10000")
        after = self.memory(machine)
        for was, is_now, most in zip(before, after, (64, 16, 4096)):
            self.assertLessEqual(abs(was - is_now), most, (before, after))

    def memory(self, machine):
        """What the monitor says of memory: KiB that are free, blocks of the heap and their bytes."""
        self.hand_over(machine, machines.PROMPT)
        answers = ""
        for command in ("mem", "heap"):
            start = len(machine.received)
            machine.send(command.encode() + b"\r")
            machine.wait_text("\n" + machines.PROMPT, start)
            answers += machine.output(start)
        self.hand_over(machine, "\r\n")
        found = re.search(r"(\d+) KiB free", answers)[1], *re.search(r"live blocks: (\d+), with (\d+) bytes", answers).groups()
        return [int(number) for number in found]

    def hand_over(self, machine, answer):
        """Sends a break: COM1 goes from the shell to the monitor, or back, which shows `answer`."""
        start = len(machine.received)
        machine.hmp("chardev-send-break com1")
        machine.wait_text(answer, start)

    def test_faults(self):
        """A program's fault ends the program, not the shell."""
        machine = self.boot()
        self.expect(machine, "sh -c 'kill -SEGV $$'; echo $?", "Segmentation fault", "139")
        self.expect(machine, "echo alive", "alive")

    def test_a_shell_that_ends_is_started_again(self):
        """After a second."""
        machine = self.boot()
        start = len(machine.received)
        machine.send(b"exit\r")
        machine.wait_output(lambda: machine.output(start).count("cairn:/# ") == 1, "a new shell")
        self.expect(machine, "echo alive", "alive")

    def test_poweroff(self):
        """Ends QEMU with success."""
        machine = self.boot()
        machine.send(b"poweroff\r")
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), 0)

    def test_reboot(self):
        """The machine starts anew, and the shell is there again."""
        machine = self.boot()
        machine.may_panic = True  # a second start is no disaster
        start = len(machine.received)
        machine.send(b"reboot\r")
        machine.wait_text(READY, start)
        machine.wait_text(SHELL_PROMPT, start)


class Keyboard(ShellTest):
    """The keyboard and the screen, whose terminal is tty1."""

    def type(self, machine, line):
        """Types a line at the keyboard, with an eye on the screen."""
        for character in line + "\n":
            machine.press(*keys.chord(character))

    def test_a_session(self):
        """Text is echoed, programs write to the screen, and COM1 sees nothing of it."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        start = len(machine.received)
        self.type(machine, "tty; echo $TERM")
        machine.wait_shown(SHELL_PROMPT + "tty; echo $TERM", "/dev/tty1", "linux", SHELL_PROMPT)
        self.type(machine, "seq 100 | tail -2")
        machine.wait_shown(SHELL_PROMPT + "seq 100 | tail -2", "99", "100", SHELL_PROMPT)
        self.assertEqual(machine.output(start), "")

    def test_other_terminals(self):
        """Alt+F2 has a shell of its own, Alt+F12 the monitor, and Alt+F1 what was there."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        self.type(machine, "echo one")
        machine.wait_shown("one", SHELL_PROMPT)
        machine.press("alt", "f2")
        machine.wait_shown(SHELL_PROMPT)
        self.type(machine, "tty")
        machine.wait_shown("/dev/tty2", SHELL_PROMPT)
        machine.press("alt", "f12")
        machine.wait_shown(machines.PROMPT)
        machine.press("alt", "f1")
        machine.wait_shown("one", SHELL_PROMPT)

    def test_vi(self):
        """A program that draws the whole screen."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        self.type(machine, "vi /tmp/text")
        machine.wait_screen(lambda now: now.lines()[1] == "~")
        for character in "ihello":
            machine.press(character)
        machine.wait_screen(lambda now: now.lines()[0] == "hello")
        machine.press("esc")
        machine.wait_screen(lambda now: now.used()[-1].startswith("- /tmp/text [Modified]"))
        self.type(machine, ":wq")
        machine.wait_screen(lambda now: now.used()[-1] == SHELL_PROMPT.rstrip())
        self.type(machine, "cat /tmp/text")
        machine.wait_shown(SHELL_PROMPT + "cat /tmp/text", "hello", SHELL_PROMPT)

    def test_less(self):
        """Pages of a text, forwards and back."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        self.type(machine, "seq 100 >/tmp/n; less /tmp/n")
        machine.wait_screen(lambda now: now.lines()[:24] == [str(number) for number in range(1, 25)])
        machine.press("spc")
        machine.wait_screen(lambda now: now.lines()[:24] == [str(number) for number in range(25, 49)])
        self.type(machine, "/77")
        machine.wait_screen(lambda now: now.lines()[0] == "77")
        machine.press("q")
        machine.wait_screen(lambda now: now.used()[-1] == SHELL_PROMPT.rstrip())

    def test_top(self):
        """Processes, drawn anew until a key ends it."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        self.type(machine, "top -d 1")
        machine.wait_screen(lambda now: now.lines()[0].startswith("Mem:") and "COMMAND" in now.text()
                            and "/init" in now.text())
        machine.press("q")
        machine.wait_screen(lambda now: now.used()[-1] == SHELL_PROMPT.rstrip())

    def test_tools(self):
        """What is typed at COM1 in the tests above works here, too."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        for line, answer in (("cd /tmp; seq 10000 >n; tar czf a.tgz n; tar xzOf a.tgz | tail -1", "10000"),
                             ("find /etc -type f | xargs grep -c root | sort | tail -1", "/etc/passwd:1"),
                             ("sleep 9 & jobs", "[1]+  Running                    sleep 9"),
                             ("sh -c 'trap \"echo trapped\" TERM; kill $$'", "trapped"),
                             ("ps | awk '$1 == 1 { print $2 }'", "root")):
            self.type(machine, line)
            machine.wait_screen(lambda now, answer=answer: now.used()[-2:] == [answer, "cairn:/tmp#"])

    def test_poweroff(self):
        """Ends QEMU with success."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        self.type(machine, "poweroff")
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), 0)

    def test_ctrl_c(self):
        """Ends what runs in the foreground, even if it never asks for input."""
        machine = self.boot()
        machine.wait_shown(SHELL_PROMPT)
        self.type(machine, "while :; do :; done")
        machine.wait_shown(SHELL_PROMPT + "while :; do :; done")
        machine.press("ctrl", "c")
        machine.wait_shown(SHELL_PROMPT)


class SmallMachine(ShellTest):
    """16 MiB of memory."""

    def test_prompt(self):
        """The shell answers."""
        machine = self.boot(options=["-m", "16M"])
        self.assertEqual(machine.answer("echo hello"), ["hello"])


# The programs of tests/user to compare, by name; empty: all of them. For tests/breaks.py, and for quick looks.
CHOSEN = os.environ.get("USER_SUITES", "").split()

ENDED = re.compile(r"^run-tests: (\w+) ended with status \d+$")
KTAP_LINE = re.compile(r"^KTAP|^ *(1\.\.|# (Subtest|same)|KTAP|(not )?ok )")


def ktap_lines(output):
    """The lines of KTAP, without notes and what the log has in between."""
    return [line for line in output.replace("\r\n", "\n").split("\n") if KTAP_LINE.match(line)]


def by_program(output):
    """What each program has said on Cairn, as {name: lines}."""
    found, start = {}, 0
    lines = output.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        ended = ENDED.match(line)
        if ended:
            found[ended[1]], start = ktap_lines("\n".join(lines[start:number])), number
    return found


def run_here(program, name):
    """What a test program prints on this machine."""
    outcome = host.run_once(program, name)
    output = outcome.output.decode()
    if outcome.status != 0:
        raise AssertionError(f"{name} fails on this machine's Linux:\n{output}")
    return output


class Suites(ShellTest):
    """The programs of tests/user, as the first program runs them."""

    def start_suites(self, words="", options=()):
        """A machine that runs those that `words` name, or all."""
        return self.machine(options=[
            *qemu.initramfs(paths.USER_TESTS_INITRAMFS), *qemu.DEBUG_EXIT,
            *qemu.fw_cfg_cmdline(f"init=/run-tests panic=exit{words}"), *options])

    def run_suites(self, words, options):
        """The machine after its end."""
        machine = self.start_suites(words, options)
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        return machine

    def test_on_a_processor_with_more_registers(self):
        """AVX, and instructions for the bases of FS and GS."""
        machine = self.run_suites(" -- faults glibc registers signal_frames signals threads thread_signals vectors", ["-cpu", "max"])
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), qemu.SUCCESS)
        self.assertNotIn("not ok", machine.output())

    def test_isolation_where_the_kernel_may_not_read_programs(self):
        """SMAP. QEMU reads the stack of a program's IRET as the kernel, so that one test's program gets a signal."""
        machine = self.run_suites(" -- isolation", ["-cpu", "max"])
        failed = re.findall(r"^ +not ok \d+ (\w+)", machine.output(), re.M)
        self.assertLessEqual(set(failed), {"iret_and_popf_change_neither_iopl_nor_if"})
        self.assertRegex(machine.output(), r"ok 1 isolation")

    def test_the_same_as_on_linux(self):
        """They print on Cairn what they print on this machine's own Linux."""
        programs = {name: program for name, program in paths.user_tests().items() if not CHOSEN or name in CHOSEN}
        machine = self.start_suites(f" -- {' '.join(programs)}" if CHOSEN else "")
        for name, program in programs.items():
            host.run_once(program, name)  # while the machine runs
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        said = by_program(machine.output())
        for name, program in programs.items():
            with self.subTest(name):
                expected, found = ktap_lines(run_here(program, name)), said.get(name)
                if not any("# same" in line for line in expected):  # it may not be allowed to do here what it sums up
                    found = found and [line for line in found if "# same" not in line]
                self.assertEqual(found, expected)
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), qemu.SUCCESS)
