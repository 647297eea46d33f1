"""The monitor's commands: their answers, and their errors for bad arguments."""

import re

from runner import qemu
from runner.machine import PROMPT, MachineTest
from runner.shell import ShellTest


class Commands(MachineTest):
    """One session over COM1 for each subject."""

    def test_help(self):
        """`help` has a line for each command, which fits the screen; `help NAME` has the details."""
        machine = self.boot()
        lines = machine.answer("help")
        names = [line.split()[0] for line in lines]
        self.assertLessEqual({"areas", "bench", "clear", "colors", "cpu", "date", "dump", "echo", "fault", "files", "heap", "help",
                              "irq", "kill", "log", "mem", "pci", "poweroff", "ps", "reboot", "show", "syscalls", "tasks", "translate", "uptime"}, set(names))
        self.assertEqual(names, sorted(names))
        for name in names:
            more = machine.answer(f"help {name}")
            self.assertTrue(more[0].startswith(name), more)
            lines += more
        self.assertLess(max(map(len, lines)), 80, max(lines, key=len))

    def test_bad_arguments(self):
        """A wrong argument gets one line, which begins with the command's name."""
        machine = self.boot()
        for line in ("help nix", "mem x", "heap x", "tasks x", "irq x", "cpu x", "date x", "colors x", "uptime x",
                     "clear x", "log x", "log info x", "translate", "translate xyz", "translate 0 x", "translate -1",
                     "translate 12345678123456781", "keymap x", "keymap de fr", "acpi x", "pci x", "usb x", "dump", "dump xyz", "dump 0 0",
                     "dump 0 4097", "dump 0 x", "dump 0 1 x", "fault x", "bench x", "bench paging.x", "bench x y",
                     "fault breakpoint x", "log 3 error", "log info 3 4", "dump 0 4 device x", "help dump x",
                     "show x", "show stop", "show stop x", "ps x", "files", "files x", "areas", "areas 1", "syscalls",
                     "syscalls -1", "kill", "kill 1", "kill 99999999999"):
            answer = machine.answer(line)
            self.assertEqual(len(answer), 1, (line, answer))
            self.assertTrue(answer[0].startswith(line.split()[0] + ": "), answer)

    def test_blanks(self):
        """Several blanks count as one, and blanks at the end do not count."""
        machine = self.boot()
        start = len(machine.received)
        self.assertEqual(machine.answer("fault  breakpoint ")[-1], "fault: breakpoint is over, and the system goes on")
        machine.wait_text("; going on", start)  # the log's line may come later
        machine.wait_prompt(start)
        self.assertEqual(machine.answer("fault  "), machine.answer("fault"))
        self.assertEqual(len(machine.answer("bench  paging.unmap ")), 1)

    def test_long_words(self):
        """A word that is too long is not taken for a shorter one. The error shows its beginning, in whole
        characters."""
        machine = self.boot()
        self.assertEqual(machine.answer("dump 0000000000000000ffff8000000b8000 16"),
                         ["dump: '0000000000000000ffff8000000b...' is no hexadecimal address; try: dump ffffffff80100000"])
        for word, shown in (("x" * 900, "x" * 28), ("日" * 300, "日" * 9), ("x" + "é" * 400, "x" + "é" * 13)):
            self.assertEqual(machine.answer(word), [f"{shown}...: unknown command; 'help' lists the commands"])
            self.assertEqual(machine.answer(f"help {word}"),
                             [f"help: no command is named '{shown}...'; 'help' lists them"])
            self.assertEqual(machine.answer(f"mem {word}"), [f"mem: takes no arguments, but was given '{shown}...'"])
            self.assertEqual(machine.answer(f"mem {word}"), machine.answer(f"mem {word} and more"))

    def test_mem(self):
        """The regions' sizes add up to the machine's memory."""
        machine = self.boot(options=["-m", "4G"])
        answer = machine.answer("mem")
        sizes = [int(re.search(r"(\d+) KiB \[[#.]{28}\]", line)[1]) for line in answer[:-1]]
        self.assertGreaterEqual(len(sizes), 3)
        self.assertEqual(sum(sizes[:-1]), sizes[-1])
        self.assertTrue(4 << 20 > sizes[-1] > (4 << 20) - 8192, answer)
        free, used = map(int, re.search(r"(\d+) KiB free, (\d+) KiB used", answer[-1]).groups())
        self.assertEqual(free + used, sizes[-1])

    def test_dump(self):
        """`dump` shows memory. Memory that cannot be read is an error; a device's is not touched."""
        machine = self.boot()
        image = machine.answer("dump ffffffff80100000 0x21")
        self.assertEqual(len(image), 3)
        self.assertRegex(image[0], r"^ffffffff80100000  d650 52e8( [0-9a-f]{4}){6}  \.PR\..{12}$")
        self.assertRegex(image[2], r"^ffffffff80100020  [0-9a-f]{2} +.$")
        self.assertEqual(machine.answer("dump 0"), ["dump: 0000000000000000 cannot be read: not mapped"])
        self.assertEqual(machine.answer("dump deadbeefdeadbeef"),
                         ["dump: deadbeefdeadbeef cannot be read: not canonical"])
        # The page below the image is not mapped in the image's window: the row ends there.
        beyond = machine.answer("dump ffffffff800ffff8 16")
        self.assertEqual(beyond, ["dump: ffffffff800ffff8 cannot be read: not mapped"])
        faults = [line for line in machine.answer("irq") if "page fault" in line]
        self.assertEqual(len(faults), 1, "the page faults were real")

    def test_dump_of_a_device(self):
        """The local APIC's registers are read only with the word `device`. QEMU's is version 0x14 with six
        entries."""
        machine = self.boot(options=qemu.fw_cfg_cmdline("irq=apic"))
        version = "ffff8000fee00030"
        (refusal,) = machine.answer(f"dump {version} 16")
        self.assertIn(f"dump: {version} is a device's", refusal)
        self.assertIn("multiples of 4", machine.answer(f"dump {version} 3 device")[0])
        (row,) = machine.answer(f"dump {version} 4 device")
        self.assertTrue(row.startswith(f"{version}  1400 0500 "), row)

    def test_cpu(self):
        """`cpu` shows the features that QEMU's models are known to have."""
        machine = self.boot(options=["-cpu", "Skylake-Client-v1"])
        answer = "\n".join(machine.answer("cpu"))
        self.assertIn("GenuineIntel: Intel Core Processor (Skylake)", answer)
        self.assertIn("family 6, model 94, stepping 3", answer)
        self.assertRegex(answer, r"addresses of 48 bits, \d\d of them physical")
        self.assertIn("L1 cache for data: 32 KiB, 8 ways, lines of 64 bytes", answer)
        self.assertIn("L3 cache for all: 16384 KiB, 16 ways, lines of 64 bytes", answer)
        for feature in ("sse4.2", "avx2", "no-execute", "smep", "syscall", "hypervisor"):
            self.assertRegex(answer, rf"\b{re.escape(feature)}\b")

    def test_date(self):
        """`date` follows the machine's clock over the end of a leap year's February."""
        machine = self.boot(options=["-rtc", "base=2028-02-29T12:34:56,clock=vm"])
        self.assertRegex(machine.answer("date")[0], r"^2028-02-29 12:3[4-9]:\d\d$")
        machine.kill()
        machine = self.boot(options=["-rtc", "base=1999-12-31T23:00:00,clock=vm"])
        self.assertRegex(machine.answer("date")[0], r"^1999-12-31 23:[0-5]\d:\d\d$")

    def test_tasks_fit_the_screen(self):
        """`tasks` has a row for each task."""
        machine = self.boot()
        answer = machine.answer("tasks")
        self.assertLessEqual({"keyboard", "serial", "monitor", "log", "(idle)"},
                             {line.split()[0] for line in answer})
        self.assertLess(max(map(len, answer)), 80)

    def test_task_states(self):
        """The task that types the table is running, and no other; those that wait for something do."""
        machine = self.boot()
        states = {line.split()[0]: line.split()[1] for line in machine.answer("tasks")[1:-1]}
        self.assertEqual([name for name, state in states.items() if state == "running"], ["monitor"])
        self.assertEqual((states["keyboard"], states["log"]), ("waiting", "waiting"))

    def test_bench(self):
        """A bench that cannot run prints the reason."""
        machine = self.boot(options=["-vga", "none"])
        for name in ("boot", "kbd.echo", "vga"):
            answer = machine.answer(f"bench {name}")
            self.assertEqual(len(answer), 1, answer)
            self.assertRegex(answer[0], rf"^bench: {name}\S* needs \w")

    def test_bench_unit(self):
        """Instructions only where the time stamp counter counts them, ticks elsewhere."""
        counted = ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
        for options, unit in ((counted, "instructions"), ([], "ticks")):
            machine = self.boot(options=options)
            for name in ("trap.int3", "heap.random.mean"):
                self.assertRegex("\n".join(machine.answer(f"bench {name}")), rf"(?m)^bench: {name} [\d.]+ {unit}$")

    def test_bench_without_memory(self):
        """The bump allocator never gives memory back. A bench that has too little says so, and the kernel goes on."""
        machine = self.boot(options=["-m", "16M", *qemu.fw_cfg_cmdline("heap=bump")])
        self.assertTrue(qemu.wait_until(lambda: "live blocks: 1," in machine.answer("heap")[0], qemu.BOOT_LIMIT,
                                        lambda: None), "the screen's history, which stays")
        for name in ("heap.bump.random", "task.spawn.50", "fb.char", "paging.map"):
            self.assertEqual(machine.answer(f"bench {name}"), [f"bench: {name} needs more memory than there is"])
        self.assertEqual(machine.answer("echo hello"), ["hello"])

    def test_bench_can_be_stopped(self):
        """Ctrl-C ends `bench` after the family that runs, and drops what was typed before it."""
        machine = self.boot()

        def expect_stop(start):
            machine.wait_text("bench: stopped\r\n" + PROMPT, start)
            self.assertNotIn("bench: trap.", machine.output(start))
            self.assertEqual(machine.answer("echo still here"), ["still here"])
            self.assertNotIn("ahead", machine.output(start))

        start = len(machine.received)
        machine.send(b"bench\recho ahead\r\x03")
        expect_stop(start)
        start = len(machine.received)
        machine.send(b"bench\r")
        machine.wait_text("bench\r\n", start)
        machine.press("x")
        machine.press("ctrl", "c")
        expect_stop(start)

    def test_show(self):
        """Five tasks draw above, and the prompt answers and scrolls below. `show stop` and Ctrl-C stop
        them."""
        machine = self.boot()
        movers = ("ticker", "ball", "planet", "bar", "clock")
        for end, last in ((b"show stop\r", PROMPT + "show stop"), (b"\x03", PROMPT + "^C")):
            machine.send(b"show\r")
            first = machine.wait_screen(lambda now: "moves" in now.rows[6] and "tasks of" in now.rows[0])
            for row in (0, 6):
                machine.wait_screen(lambda now, row=row: now.rows[row] != first.rows[row])
            machine.wait_screen(lambda now: now.rows[1:6] != first.rows[1:6])
            machine.send(30 * b"echo still here\r" + b"tasks\r")
            shown = machine.wait_screen(lambda now: all(any(name in line for line in now.rows) for name in movers))
            self.assertIn("moves", shown.rows[6])
            machine.send(end)
            machine.wait_screen(lambda now, last=last: now.used()[-2:] == [last, PROMPT.rstrip()])
            machine.wait_screen(lambda now: not "".join(now.rows[:7]).strip())
            names = {line.split()[0] for line in machine.answer("tasks")}
            self.assertFalse(names & set(movers), names)
            self.assertFalse("moves" in machine.screen().text())

    def test_clear_ends_the_show(self):
        """After `clear` the screen stays clear."""
        machine = self.boot()
        for clear in (b"clear\r", b"\x0c"):
            machine.send(b"show\r")
            machine.wait_screen(lambda now: "moves" in now.rows[6])
            machine.send(clear)
            machine.wait_screen(lambda now: now.used() == [PROMPT.rstrip()])
            machine.send(b"tasks\r")
            shown = machine.wait_screen(lambda now: now.used()[-1] == PROMPT.rstrip() and "(idle)" in now.text())
            self.assertNotIn("planet", shown.text())

    def test_log(self):
        """`log` takes a number of lines and a level."""
        machine = self.boot()
        last = machine.answer("log 2")
        self.assertEqual(len(last), 2)
        self.assertTrue(last[1].endswith("cairn: ready"))
        self.assertEqual(machine.answer("log info 1"), last[1:])
        self.assertEqual(machine.answer("log 0"), [])
        machine.may_panic = True  # or the first line, shown again, would pass for another boot
        self.assertEqual(machine.answer("log 0xffffffffffffffff"), machine.answer("log"))

    def test_colors(self):
        """`colors` shows all pairs of the sixteen colours."""
        machine = self.boot()
        machine.answer("colors")
        shown = machine.wait_screen(lambda now: now.used()[-1] == PROMPT.rstrip())
        rows = [pairs for row, pairs in zip(shown.rows, shown.attributes) if row.startswith("    0   1   2")]
        self.assertEqual(len(rows), 16)
        seen = {attribute for row in rows for attribute in row[2:66]}
        self.assertEqual(seen, set(range(256)))


class Programs(ShellTest):
    """What the monitor shows of programs, and does to them."""

    def start(self, *lines, options=()):
        """A machine at whose shell these lines were typed, and whose COM1 is the monitor's now."""
        machine = self.boot(options=options)
        for line in lines:
            machine.answer(line)
        start = len(machine.received)
        machine.hmp("chardev-send-break com1")
        machine.wait_text(PROMPT, start)
        machine.PROMPT_AT_END = re.compile(re.escape(PROMPT) + "$")
        return machine

    def states(self, machine, name):
        """The states of the processes of that name, by their numbers."""
        rows = [line.split() for line in machine.answer("ps")]
        return {int(row[0]): row[4] for row in rows if row[-1] == name}

    def sleepers(self, machine, count):
        """The numbers of so many processes that sleep, in order, once they do."""
        found = {}

        def all_sleep():
            found.update(self.states(machine, "sleep"))
            return list(found.values()) == ["S"] * count

        self.assertTrue(qemu.wait_until(all_sleep, qemu.BOOT_LIMIT, lambda: None), found)
        return sorted(found)

    def test_processes_and_their_files(self):
        """`ps` has them all; `files` has names, positions, and pipes."""
        machine = self.start("head -c 5 /dev/zero >/tmp/five", "sleep 1000 </dev/zero 3>>/tmp/five 4</etc/passwd | sleep 1001 &")
        self.assertRegex(machine.answer("ps")[1], r"^ +1 +0 +1 +1  [SR] +\d+ ms +\d+ KiB  init$")
        files = machine.answer(f"files {self.sleepers(machine, 2)[0]}")
        self.assertEqual(files[0].split(), ["file", "for", "position", "users", "name"])
        self.assertRegex("\n".join(files), r"\n +0  read +0 +\d  /dev/zero\n +1  write +0 +\d  pipe:\[\d+\]\n(.*\n)* +3  write +\d +\d  /tmp/five\n"
                         r" +4  read +0 +\d  /etc/passwd")

    def test_areas(self):
        """What was never touched has no entries; what was written is dirty."""
        machine = self.start("sleep 1000 &")
        areas = machine.answer(f"areas {self.sleepers(machine, 1)[0]}")
        code = re.search(r"  0{6}[0-9a-f]{6}-[0-9a-f]{12} r-x +(\d+) KiB +(\d+) +(\d+) +0  file", "\n".join(areas))
        size, entries, resident = map(int, code.groups())
        self.assertTrue(0 < entries < size // 4, areas)
        self.assertEqual(resident, entries)
        stack = re.search(r" rw- +\d+ KiB +(\d+) +(\d+) +(\d+)  stack", areas[-1])
        entries, resident, dirty = map(int, stack.groups())
        self.assertTrue(0 < dirty <= resident == entries, areas)  # a page that was only read is there, too

    def test_calls(self):
        """The last sixteen since the first `ps` are shown in words; of those before, the one that has not ended."""
        machine = self.start("sleep 1002 &", "(sleep 1000; true; exec sleep 1001) 2>/dev/null &")
        lasting, sleeper = self.sleepers(machine, 2)
        shell = int(next(row.split()[1] for row in machine.answer("ps") if row.split()[0] == str(sleeper)))
        machine.answer(f"kill {sleeper}")
        self.assertTrue(qemu.wait_until(lambda: self.states(machine, "sleep").get(shell) == "S", qemu.BOOT_LIMIT, lambda: None))
        calls = machine.answer(f"syscalls {shell}")
        waits = "  clock_nanosleep(CLOCK_REALTIME, 0, {%d, 0} <unfinished ...>"
        self.assertEqual(calls[-1], waits % 1001)
        self.assertEqual(len(calls), 16)
        self.assertIn("  prctl(PR_GET_NAME, 0x", "\n".join(calls))
        self.assertEqual(machine.answer(f"syscalls {lasting}"), [waits % 1002])

    def test_kill(self):
        """A signal has a name or a number, and none is TERM."""
        machine = self.start("for i in 1 2 3 4; do sleep 100$i & done")
        sleepers = self.sleepers(machine, 4)
        last = sleepers[-1]
        self.assertEqual(machine.answer(f"kill {last} 65"), [f"kill: '65' is no signal; try: kill {last} KILL"])
        self.assertEqual(machine.answer(f"kill {last} term"), [f"kill: 'term' is no signal; try: kill {last} KILL"])
        self.assertEqual(machine.answer(f"kill {last} KILL x"), ["kill: 'x' is one word too many"])
        for process, signal in zip(sleepers, ("", "9", "INT", "SIGSTOP")):
            self.assertEqual(machine.answer(f"kill {process} {signal}"), [])
        expected = dict(zip(sleepers, ("Z", "Z", "Z", "T")))
        self.assertTrue(qemu.wait_until(lambda: self.states(machine, "sleep") == expected, qemu.BOOT_LIMIT, lambda: None))

    def test_strace(self):
        """`strace=NAME` logs the calls of the programs with that name."""
        machine = self.start("echo text | cat | head -c 3", options=qemu.fw_cfg_cmdline("strace=cat"))
        machine.may_panic = True  # or the first line, shown again, would pass for another boot
        log = machine.answer("log")
        calls = [line.split("strace: ")[1] for line in log if "strace: " in line]
        self.assertEqual(len({line.split()[0] for line in calls}), 1, log)
        for expected in (r'\d+ write\(1, "text\\n", 5\) = 5', r"\d+ exit_group\(0\) = \?"):
            self.assertRegex("\n".join(calls), expected)

    def test_strace_of_all(self):
        """`strace=1` logs the calls of all. Where another one comes in between, a call has two lines."""
        machine = self.start("echo text | cat", options=qemu.fw_cfg_cmdline("strace=1"))
        machine.may_panic = True
        text = "\n".join(machine.answer("log"))
        self.assertRegex(text, r'strace: \d+ execve\("/proc/self/exe", \["cat"\], \["')
        self.assertRegex(text, r"strace: \d+ wait4\(-1 <unfinished ...>")
        self.assertRegex(text, r"strace: \d+ <\.\.\. wait4 resumed>, \{0\}, WUNTRACED, NULL\) = \d+")
