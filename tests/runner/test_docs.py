"""What the documents are held against the code with."""

import importlib.machinery
import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

from runner import pages, paths, trace

SCRIPTS = paths.ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))

import journeys  # noqa: E402  (the path has to be set first)

CODE = {
    "stub.asm": "stub:\n    jmp common\ncommon:\n    call [table + rax * 8]\nnobody:\n    ret\n",
    "low.c": """
static void (*hook)(void);
void set_hook(void (*handler)(void))
{
    hook = handler;
}
void run(void)
{
    if (hook)
        hook();
}
""",
    "high.c": """
void listen(void)
{
    work(1);
}
static void work(int more)
{
    more++;
}
static const struct device device = {
    .poll = work,
};
void start(void)
{
    set_hook(listen);
    keep(visit,
         work);
}
static void keep(void (*visit)(void))
{
    visit();
}
""",
}


def script(name):
    """A script as a module, whatever its name."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(SCRIPTS / f"{name}.py"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class Journeys(unittest.TestCase):
    """Which steps are taken for true."""

    def offences(self, *steps):
        """What is found in a journey of these steps."""
        return list(journeys.offences(CODE, "".join(f"{number}. {step} - words\n" for number, step in enumerate(steps, 1))))

    def test_calls(self):
        """From one step to the next, and from an earlier one."""
        self.assertEqual(self.offences("`stub.asm:stub`", "`stub.asm:common`"), [])
        self.assertEqual(self.offences("`high.c:listen`", "`high.c:work`"), [])
        self.assertEqual(self.offences("`high.c:start`", "`low.c:set_hook`", "`high.c:listen` (from `start`)"), [])

    def test_no_call(self):
        """The other way round, or from a function of no earlier step."""
        self.assertEqual(self.offences("`high.c:work`", "`high.c:listen`"), ["step 2: work() does not call listen()"])
        self.assertEqual(self.offences("`high.c:work`", "`high.c:listen` (from `start`)"),
                         ["step 2: start() is no earlier step"])
        self.assertEqual(self.offences("`high.c:work`", "`high.c:listen` (anew)"), [])

    def test_no_function(self):
        """It is not there, or only called there."""
        self.assertEqual(self.offences("`high.c:set_hook`"), ["step 1: high.c has no function set_hook"])
        self.assertEqual(self.offences("`none.c:listen`"), ["step 1: none.c has no function listen"])

    def test_pointers(self):
        """Set by a function that keeps it, by an initialiser, or handed to the caller."""
        self.assertEqual(self.offences("`low.c:run`", "`high.c:listen` (through `hook`, `set_hook`)"), [])
        self.assertEqual(self.offences("`high.c:keep`", "`high.c:work` (through `visit`)"), [])

    def test_initialisers(self):
        """A structure's later members count as its first one does; a table in another file does, too."""
        code = {**CODE, "table.c": "struct hooks all = {\n    .first = other,\n    .second = work,\n};\nvoid use(void)\n{\n    all();\n}\n"}
        self.assertEqual(list(journeys.offences(code, "1. `table.c:use`\n2. `high.c:work` (through `all`)\n")), [])

    def test_falls_into(self):
        """In assembly, code runs on into the next label; not into the one after."""
        code = {"a.asm": "first:\n    nop\n.inner:\nsecond:\n    nop\nthird:\n    nop\n"}
        self.assertEqual(list(journeys.offences(code, "1. `a.asm:first`\n2. `a.asm:second`\n")), [])
        self.assertEqual(list(journeys.offences(code, "1. `a.asm:first`\n2. `a.asm:third`\n")), ["step 2: first() does not call third()"])

    def test_wrong_pointers(self):
        """One that the caller does not have, and one that is given something else."""
        self.assertEqual(self.offences("`low.c:run`", "`high.c:listen` (through `poll`)"), ["step 2: run() has no pointer poll"])
        self.assertEqual(self.offences("`low.c:run`", "`high.c:work` (through `hook`, `set_hook`)"),
                         ["step 2: nothing gives work to set_hook"])


class Pages(unittest.TestCase):
    """Parts between marks."""

    def page(self, text):
        """A page of its own."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        page = Path(directory.name) / "page.md"
        page.write_text(text)
        return page

    def test_write(self):
        """Only what is between the marks changes."""
        page = self.page("a\n<!-- x: written by me -->\nold\n<!-- x: end -->\nb\n")
        pages.write(page, "x", ["new", "lines"])
        self.assertEqual(page.read_text(), "a\n<!-- x: written by me -->\nnew\nlines\n<!-- x: end -->\nb\n")
        self.assertEqual(pages.read(page, "x"), ["new", "lines"])

    def test_no_marks(self):
        """One is missing, or they are for something else."""
        for text in ("<!-- x: written by me -->\n", "<!-- x: end -->\n", "<!-- y: written by me -->\n<!-- y: end -->\n"):
            with self.subTest(text), self.assertRaises(SystemExit):
                pages.read(self.page(text), "x")


class SystemCalls(unittest.TestCase):
    """The table of system calls, as the page has it."""

    TABLE = """\
/* --- files.c ------------------------------------ */
CALL(17, COUNT, pread64, FD(file), BYTES_OUT(buffer, 2), SIZE(size), OFFSET(position))
CALL(3, ZERO, close,
     FD(file))
FALLS_SHORT("closes "
            "half")
/* --- poll.c ------------------------------------- */
CALL(7, COUNT, poll, ARRAY_IN_OUT(files, pollfd, 1), UNSIGNED(count), INT(timeout))
CALL(12, ADDRESS, brk, ADDRESS(end))
CALL(39, ID, getpid)
MISSING(42, connect)
"""

    def test_rows(self):
        """They are in the order of the numbers, each with its file and what falls short."""
        calls, missing = script("draw-syscalls").read(self.TABLE)
        self.assertEqual(calls, [
            [3, "int close(int file)", "files.c", "closes half"],
            [7, "ssize_t poll(struct pollfd *files, unsigned count, int timeout)", "poll.c", ""],
            [12, "void *brk(void *end)", "poll.c", ""],
            [17, "ssize_t pread64(int file, void *buffer, size_t size, off_t position)", "files.c", ""],
            [39, "pid_t getpid(void)", "poll.c", ""]])
        self.assertEqual(missing, ["connect"])


class BootProfile(unittest.TestCase):
    """What is made of QEMU's log."""

    HEAD = ("----------------\nIN: f\n"
            "0xffffffff80100000:  48 b9 00 00 10 00 00 00  movabsq  $0x100000, %rcx\n"
            "0xffffffff80100008:  00 00\n"
            "0xffffffff8010000a:  ec                       inb      %dx, %al\n"
            "0xffffffff8010000b:  75 fd                    jne      0xffffffff8010000a\n\n")

    def counts(self, *executed):
        """How many instructions are counted for each block; the last one is a mark."""
        log = tempfile.NamedTemporaryFile("w", suffix=".log")
        self.addCleanup(log.close)
        loop = "IN: f\n0xffffffff8010000a:  ec                       inb      %dx, %al\n" \
               "0xffffffff8010000b:  75 fd                    jne      0xffffffff8010000a\n\n"
        cut = "IN: f\n0xffffffff8010000a:  ec                       inb      %dx, %al\n\n"
        listings = {"head": self.HEAD, "loop": loop, "cut": cut}
        places = {"head": (1, 0, 0), "loop": (2, 0xa, 0), "cut": (3, 0xa, 1)}
        for name in [*executed, "head"]:
            block, at, count = places[name]
            log.write(listings.pop(name, "") + f"Trace 0: {block:#x} [00000000/ffffffff801000{at:02x}/00000000/{count:08x}] f\n")
        log.flush()
        return [len(block) for block in trace.blocks(log.name)]

    def test_long_instructions(self):
        """One whose bytes take two lines is one."""
        self.assertEqual(self.counts("head"), [3])

    def test_loops(self):
        """A jump into the middle of the block before takes nothing away from it."""
        self.assertEqual(self.counts("head", "loop", "loop"), [3, 2, 2])

    def test_broken_off(self):
        """A block that QEMU leaves for a device's sake counts up to there."""
        self.assertEqual(self.counts("head", "cut", "loop"), [1, 1, 2])
