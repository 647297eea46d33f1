"""The build itself: quiet, right about what has changed, and clear about what is missing. It runs
in a copy of the tree, which differs from a clone as other people's copies do: there is a space in
its path, and it is not a git repository."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from runner import paths

BUILD_LIMIT = 900
OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "TESTS", "V", "B", "LLVM")


def environment(**changes):
    """This process's environment, without the variables of a make above it."""
    env = {name: value for name, value in os.environ.items() if name not in OUTER_MAKE}
    return {**env, **changes}


def programs(place):
    """The files in a directory of the PATH; none if it is missing or may not be read."""
    try:
        return list(Path(place).iterdir())
    except OSError:
        return []


def path_without(tool, directory):
    """A PATH with everything but one tool: a directory of links."""
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in programs(place):
            link = directory / program.name
            link.unlink(missing_ok=True)
            link.symlink_to(program)
    (directory / tool).unlink()
    return str(directory)


class Build(unittest.TestCase):
    """All tests of this file share one copy of the sources; each leaves it built."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="cairn-build-")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.tree = Path(cls.directory.name) / "a tree"
        paths.copy_sources(cls.tree)
        cls.first = cls.make("-j4")

    @classmethod
    def make(cls, *arguments, **env):
        """Runs make in the copy."""
        return subprocess.run(["make", *arguments], cwd=cls.tree, env=environment(**env), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=BUILD_LIMIT,
                              check=False)

    def expect_made(self, result):
        """Checks that make succeeded without a warning; returns its steps, as (verb, file)."""
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return [tuple(line.split()) for line in result.stdout.splitlines()]

    def test_parallel(self):
        """make -j builds the image from nothing, and prints one short line for each step."""
        steps = self.expect_made(self.first)
        self.assertTrue((self.tree / "build" / "cairn.iso").exists())
        self.assertEqual([step for step in steps if len(step) != 2 or not step[0].isupper()], [])

    def test_nothing_to_do(self):
        """A second make does nothing."""
        image = self.tree / "build" / "cairn.iso"
        before = image.stat().st_mtime_ns
        self.expect_made(self.make("iso"))
        result = self.make("iso")
        self.expect_made(result)
        self.assertNotRegex(result.stdout, r"^  [A-Z]+ ")
        self.assertEqual(image.stat().st_mtime_ns, before)

    def test_one_source_changed(self):
        """A changed source is compiled, and the files that contain it are linked."""
        (self.tree / "lib" / "string.c").touch()
        steps = self.expect_made(self.make("iso"))
        self.assertEqual([file for verb, file in steps if verb in ("CC", "NASM")],
                         ["lib/string.c"])
        self.assertIn(("LD", "build/cairn.debug.elf"), steps)
        self.assertIn(("ISO", "build/cairn.iso"), steps)

    def test_header_changed(self):
        """For a changed header, the sources that include it are compiled, and no others."""
        (self.tree / "include" / "lib" / "number.h").touch()
        steps = self.expect_made(self.make("iso"))
        compiled = {file for verb, file in steps if verb == "CC"}
        self.assertIn("lib/number.c", compiled)
        self.assertEqual(compiled, self.including("include/lib/number.h"))

    def including(self, header):
        """The kernel's sources that depend on a header, as the compiler reports them."""
        objects = self.tree / "build" / "obj"
        return {str(path.relative_to(objects))[:-len(".d")] for path in objects.rglob("*.c.d")
                if re.search(rf"\s{re.escape(header)}\b", path.read_text())}

    def test_flags_changed(self):
        """Changed flags rebuild the files that they concern, and no others."""
        nasm, compiler = "NASMFLAGS=-f elf64 -w+all -I include/", "WARNINGS=-Wall"
        for words, verbs in (((), {"CC", "NASM"}), ((nasm,), {"NASM"}), ((nasm, compiler), {"CC"}),
                             ((nasm, compiler), set())):
            steps = self.expect_made(self.make(
                "B=build/flags", "build/flags/obj/lib/number.c.o", "build/flags/obj/boot/entry.asm.o",
                *words))
            self.assertEqual({verb for verb, _ in steps if verb.isupper()}, verbs, words)

    def test_no_host_headers(self):
        """The compiler reads only files of the tree and its own. It lists them with -M and the build's
        flags, because the build's .d files leave system headers out."""
        command = self.compile_command("lib/string.c")
        sources = {str(path.relative_to(self.tree / "build" / "obj"))[:-len(".o")]
                   for path in (self.tree / "build" / "obj").rglob("*.c.o")}
        read = self.run_tool(command[0], *command[1:command.index("-c")], "-M", *sources).split()
        own = self.run_tool(command[0], "-print-file-name=include").strip() + "/"
        self.assertLessEqual(sources, set(read))
        self.assertIn(own + "stddef.h", read)
        outside = {name for name in read if name.startswith("/") and not name.startswith(own)}
        self.assertEqual(outside, set())

    def compile_command(self, source):
        """How make would compile a source."""
        steps = self.make("-n", "-W", source, "build/cairn.elf", "V=1").stdout
        (line,) = re.findall(rf"^.* -c {re.escape(source)} .*$", steps, re.M)
        return [word for word in shlex.split(line) if word not in ("-MMD", "-MD", "-MP")]

    def run_tool(self, *command):
        """The output of a command in the copy."""
        return subprocess.run(command, cwd=self.tree, check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def test_missing_tool(self):
        """For a missing tool, one line names the package to install."""
        with tempfile.TemporaryDirectory(prefix="cairn-path-") as directory:
            path = path_without("nasm", Path(directory))
            result = self.make("B=build/bare", PATH=path)
        self.assertNotEqual(result.returncode, 0)
        told = [line for line in result.stderr.splitlines() if line.startswith("cairn: ")]
        self.assertEqual(len(told), 1, result.stderr)
        self.assertRegex(told[0], "'nasm'.* package 'nasm'")
        self.assertNotRegex(result.stdout, r"^  (CC|NASM) ")

    def test_clang(self):
        """Clang has no warnings, either, and builds to a directory of its own."""
        if not shutil.which("clang") or not shutil.which("ld.lld"):
            self.skipTest("no clang and lld here")
        before = (self.tree / "build" / "cairn.elf").stat().st_mtime_ns
        self.expect_made(self.make("-j2", "LLVM=1", "build/llvm/cairn.elf"))
        self.assertTrue((self.tree / "build" / "llvm" / "cairn.elf").exists())
        self.assertEqual((self.tree / "build" / "cairn.elf").stat().st_mtime_ns, before)

    def test_same_bytes(self):
        """The kernel and the image are the same, byte for byte, wherever the tree lies and whenever they are built. `make
        reproducible` builds twice from nothing."""
        if paths.B != "build" or not paths.ISO.exists():
            self.skipTest("the tests run with another build")
        for name in ("cairn.elf", "cairn.iso"):
            self.assertTrue((self.tree / "build" / name).read_bytes() == (paths.BUILD / name).read_bytes(), name)

    def test_locale(self):
        """The objects are linked in the same order under any locale, for their order decides the kernel's bytes."""
        if not Path("/usr/share/i18n/locales/en_US").exists():
            self.skipTest("no definitions of locales here")
        locales = Path(self.directory.name) / "locales"
        locales.mkdir()
        self.run_tool("localedef", "-i", "en_US", "-f", "UTF-8", locales / "en_US.UTF-8")
        said = [re.findall(r"^(?:C|ASM|TEST)_SOURCES .*$", self.make("-pn", LC_ALL=name, LOCPATH=str(locales)).stdout, re.M)
                for name in ("C", "en_US.UTF-8")]
        self.assertEqual(len(said[0]), 3)
        self.assertEqual(said[0], said[1])

    def test_line_ends(self):
        """A clone has the tree's line ends, even if git is configured to convert them."""
        if not (paths.ROOT / ".git").exists():
            self.skipTest("not a git repository")
        clone = Path(self.directory.name) / "clone"
        self.run_tool("git", "-c", "core.autocrlf=true", "clone", "--quiet", "--depth=1", paths.ROOT.as_uri(), clone)
        changed = [name for name in paths.sources()
                   if (clone / name).is_file() and name.suffix != ".png" and b"\r\n" in (clone / name).read_bytes()]
        self.assertEqual(changed, [])

    def test_unreadable_folder_on_the_path(self):
        """It holds nothing."""
        with mock.patch("pathlib.Path.iterdir", side_effect=PermissionError):
            self.assertEqual(programs("/usr/bin"), [])

    def test_help(self):
        """`make help` has a line for every target that people call."""
        lines = self.make("help").stdout.splitlines()
        listed = [line.split()[1] for line in lines if re.match(r"make [a-z]", line)]
        phony = " ".join(re.findall(r"^\.PHONY: ([\w -]+)$", (self.tree / "Makefile").read_text(), re.M))
        targets = [name for name in phony.split() if not name.startswith("need-")]
        self.assertEqual(sorted(listed), sorted(set(targets) - {"FORCE", "iso", "help"}))
        self.assertRegex(lines[0], r"^make  .*cairn\.iso")
