"""What the tools of `make check`, `make docs` and `make bench` make of what they find."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import bench
from runner import machine
from runner.test_docs import SCRIPTS, script


class Directory(unittest.TestCase):
    """Tests that want a directory of their own."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.path = Path(place.name)


class Check(Directory):
    """scripts/check.py, with a makefile of its own."""

    def run_checks(self, *targets):
        """The exit status of these targets, and what is printed."""
        makefile = self.path / "Makefile"
        makefile.write_text("good:\n\t@:\ncheck-format:\n\t@exit 1\nbad:\n\t@exit 1\n")
        done = subprocess.run([sys.executable, SCRIPTS / "check.py", f"make --silent -f {makefile}", *targets], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return done.returncode, done.stdout

    def test_all_pass(self):
        """Said in one line."""
        status, printed = self.run_checks("good")
        self.assertFalse(status)
        self.assertTrue(printed.endswith("all 1 checks passed\n"), printed)

    def test_goes_on(self):
        """After one that fails; all of them are named at the end, with what to type."""
        status, printed = self.run_checks("check-format", "good", "bad")
        self.assertTrue(status)
        self.assertIn("\nok   good", printed)
        self.assertTrue(printed.endswith("2 of 3 checks failed:\n    make check-format; 'make fmt' mends it\n    make bad\n"),
                        printed)


class Objects(Directory):
    """scripts/check-symbols.py, on a build of its own."""

    def test_stale_objects(self):
        """What a deleted source has left behind does not count."""
        build = self.path / "build"
        for name in ("new", "deleted"):
            item = build / "obj" / "lib" / f"{name}.c.o"
            item.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["gcc", "-x", "c", "-c", "-", "-o", str(item)], check=True, text=True, input=f"int {name};")
        (build / "objects.stamp").write_text(f"ld -T linker.ld {build}/obj/lib/new.c.o\n")
        check = script("check-symbols")
        listed = check.listed_objects(build)
        self.assertEqual(listed, {"obj": [build / "obj/lib/new.c.o"]})
        defined, named = check.symbols(build / "obj", listed["obj"])
        self.assertEqual((defined, named), ({"lib/new.c": {"new"}}, {"lib/new.c": set()}))

    def test_programs(self):
        """What no program of user/ contains, and what is global without need."""
        build = self.path / "build"
        sources = {"user/tools/cat.c": "int lone; void copy(void); int main(void) { copy(); return lone; }",
                   "user/lib/copy.c": "void copy(void) { }", "user/lib/dead.c": "void dead(void) { }"}
        objects = [build / "obj-user" / f"{name}.o" for name in sources]
        for item, code in zip(objects, sources.values()):
            item.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["gcc", "-x", "c", "-ffunction-sections", "-c", "-", "-o", item], check=True, text=True, input=code)
        (build / "user").mkdir()
        subprocess.run(["ld", "--gc-sections", "-e", "main", *objects, "-o", build / "user" / "cat.debug"], check=True)
        (build / "user-flags.stamp").write_text(" ".join(map(str, objects)))
        self.assertEqual(list(script("check-symbols").in_no_program(build)), [
            "user/lib/dead.c: dead is in no program",
            "user/tools/cat.c: lone is global, but no other file names it"])


class Waits(Directory):
    """scripts/check-waits.py, on a program and a header of its own."""

    PROGRAM = """
        void await(void) { __asm__(""); }
        static void deep(void) { await(); }
        void says_so(void) { deep(); }
        void says_nothing(void) { deep(); }
        void says_no(void) { says_so(); }
        void quiet(void) { }"""
    HEADER = """/* A header. */

/* May wait. */
void says_so(void);

/* Does something. */
void says_nothing(void);

/* Does not wait. */
void says_no(void);
void quiet(void);
"""

    def test_contracts(self):
        """One that is silent about a wait, and one that denies it."""
        (self.path / "include").mkdir()
        (self.path / "include" / "some.h").write_text(self.HEADER)
        program = self.path / "program"
        subprocess.run(["gcc", "-O0", "-x", "c", "-c", "-", "-o", program], check=True, text=True, input=self.PROGRAM)
        linked = self.path / "linked"
        subprocess.run(["ld", "-e", "quiet", program, "-o", linked], check=True)
        waits = script("check-waits")
        self.assertEqual(list(waits.offences(waits.calls_of(linked), self.path / "include")), [
            "include/some.h: says_nothing() does not say that it may wait: says_nothing -> deep -> await",
            "include/some.h: says_no() says that it does not wait: says_no -> says_so -> deep -> await"])


class Session(unittest.TestCase):
    """scripts/session.py: what of docs/session.md changes."""

    PAGE = ["# A session", "", "## The kernel", "", f"    {machine.PROMPT}tasks", "    log      17 polls",
            "", f"    {machine.PROMPT}uptime", "    3 s"]

    def test_numbers(self):
        """Where only numbers differ, nothing."""
        now = [line.replace("17", "1234").replace("3 s", "4 s") for line in self.PAGE]
        self.assertEqual(script("session").with_old_numbers(now, self.PAGE), self.PAGE)

    def test_words(self):
        """The answer in which a word differs, with its numbers; no other one."""
        now = [line.replace("17 polls", "21 turns").replace("3 s", "4 s") for line in self.PAGE]
        expected = [line.replace("17 polls", "21 turns") for line in self.PAGE]
        self.assertEqual(script("session").with_old_numbers(now, self.PAGE), expected)

    def test_new_command(self):
        """Its answer is added where it was typed."""
        now = [*self.PAGE[:4], f"    {machine.PROMPT}greet", "    hello 5", *self.PAGE[4:]]
        self.assertEqual(script("session").with_old_numbers(now, self.PAGE), now)


class Bench(unittest.TestCase):
    """tests/bench.py: which rows of docs/benchmarks.md change."""

    PAGE = ("| bench | blog_os | Cairn | unit | ratio |\n| --- | ---: | ---: | --- | ---: |\n"
            "| `task.wake.1` | 181 | 53 | instructions | 3.4 |\n| `task.gone` | - | 1 | instructions |  |\n"
            "| `timer.fire.1` | - | 119 | instructions |  |\n")

    def test_part(self):
        """Those of the benches that have run; one that is not there any more has no row."""
        figures = {"task.wake.1": {"value": 60, "unit": "instructions"}, "task.new": {"value": 7, "unit": "instructions"}}
        self.assertEqual(bench.page_rows(figures, "task.", self.PAGE), {
            "task.wake.1": "| `task.wake.1` | 181 | 60 | instructions | 3.0 |",
            "task.new": "| `task.new` | - | 7 | instructions |  |",
            "timer.fire.1": "| `timer.fire.1` | - | 119 | instructions |  |",
        })

    def test_beside_linux(self):
        """The ratio goes by the newest figure of either side; a bench that only one of them has is left out."""
        linux = bench.linux_figures("| `pipe.self` | 2338 | 1191 | 2.0 |\n| `pipe.gone` | 7 | 7 | 1.0 |\n")
        self.assertEqual(linux, {"pipe.self": 2338, "pipe.gone": 7})
        self.assertEqual(list(bench.linux_rows(linux, {"pipe.self": "1000", "pipe.new": "5"})),
                         ["| `pipe.self` | 2338 | 1000 | 2.3 |"])
