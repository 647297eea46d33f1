"""The scripts behind `make run`, `make debug` and `make screenshot`, and the set-up."""

import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import zlib
from pathlib import Path

from runner import paths, qemu

SCRIPTS = paths.ROOT / "scripts"

# Takes the place of a program and records its arguments.
RECORDER = """#!/bin/sh
case "$*" in '-display help') printf 'none\\ngtk\\ncurses\\n'; exit;; esac
echo "$(basename "$0") $*" >>"$RECORD"
"""


class ScriptTest(unittest.TestCase):
    """Has a directory of its own, whose programs come before the real ones."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="cairn-scripts-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.bin = self.directory / "bin"
        self.bin.mkdir()
        self.record = self.directory / "record"
        self.env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}",
                    "RECORD": str(self.record)}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QEMU_ARGS", "CMDLINE"):
            self.env.pop(name, None)

    def fake(self, *programs):
        """Puts recorders in the place of programs."""
        for program in programs:
            (self.bin / program).write_text(RECORDER)
            (self.bin / program).chmod(0o755)

    def recorded(self):
        """The calls of the recorders."""
        return self.record.read_text().splitlines() if self.record.exists() else []

    def run_script(self, *command, **env):
        """Runs a script to its end without a terminal."""
        return subprocess.run([str(part) for part in command], env={**self.env, **env}, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=2 * qemu.BOOT_LIMIT, check=False)


def run_in_terminal(command, env):
    """Starts a command with a terminal of its own: the process and the terminal's other end."""
    end, terminal = os.openpty()
    process = subprocess.Popen(command, env={**env, "TERM": "xterm"}, stdin=terminal,
                               stdout=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    return process, end


def read_terminal(end, condition):
    """Reads a terminal until condition(text) holds, or it is closed, or the limit is reached."""
    text = b""
    deadline = time.monotonic() + qemu.BOOT_LIMIT
    while not condition(text) and time.monotonic() < deadline:
        if not select.select([end], [], [], 0.1)[0]:
            continue
        try:
            text += os.read(end, 65536)
        except OSError:  # closed
            break
    return text


class Run(ScriptTest):
    """`make run`: the three ways to show the machine."""

    def options_of(self, **env):
        """QEMU's options that run.sh chooses without a terminal, and its output."""
        self.fake("qemu-system-x86_64")
        result = self.run_script(SCRIPTS / "run.sh", "build/x.iso", **env)
        (line,) = self.recorded()
        return line, result.stdout

    def test_kernel_options(self):
        """CMDLINE goes to the kernel unchanged; QEMU needs a comma doubled."""
        line, _ = self.options_of(CMDLINE="heap=bump panic=a,b")
        self.assertIn("-fw_cfg name=opt/cairn/cmdline,string=heap=bump panic=a,,b", line)

    def test_window(self):
        """A window, if there is a display."""
        for display in ("DISPLAY", "WAYLAND_DISPLAY"):
            self.record.unlink(missing_ok=True)
            options, said = self.options_of(**{display: ":0"})
            self.assertIn("-display gtk -serial stdio", options)
            self.assertIn("close the window", said)

    def test_terminal(self):
        """The terminal, if there is no display."""
        self.fake("qemu-system-x86_64")
        process, end = run_in_terminal([str(SCRIPTS / "run.sh"), "build/x.iso"], self.env)
        said = read_terminal(end, lambda _: False)
        os.close(end)
        process.wait(qemu.BOOT_LIMIT)
        self.assertIn(b"Alt-2", said)
        self.assertIn("-display curses -serial file:build/serial.log", self.recorded()[0])

    def test_neither(self):
        """COM1 on standard output, if there is neither."""
        options, said = self.options_of()
        self.assertIn("-display none -serial stdio", options)
        self.assertIn("Ctrl-C", said)

    def test_options(self):
        """128 MiB and TCG, unless the environment says otherwise."""
        options, _ = self.options_of()
        self.assertIn("-machine q35,accel=tcg ", options)
        self.assertIn(" -m 128M ", options)
        self.record.unlink()
        options, _ = self.options_of(ACCEL="kvm", QEMU_ARGS="-m 64M  -snapshot")
        self.assertIn("accel=kvm", options)
        self.assertTrue(options.endswith(" -m 64M -snapshot"))

    def test_typed_at_through_pipes(self):
        """With QEMU: the kernel answers on standard input and output."""
        process = subprocess.Popen([str(SCRIPTS / "run.sh"), str(paths.ISO)], env=self.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        out = process.stdout.fileno()
        self.assertIn(b"cairn: ready", read_terminal(out, lambda text: b"cairn:/# " in text))
        process.stdin.write(b"echo hello\r")
        process.stdin.flush()
        self.assertIn(b"hello\r\ncairn:/# ",
                      read_terminal(out, lambda text: b"hello\r\ncairn:/# " in text))

    def test_in_a_terminal(self):
        """With QEMU under curses: the prompt appears, and the keys that run.sh names end it."""
        iso = self.directory / "cairn.iso"
        iso.symlink_to(paths.ISO)
        process, end = run_in_terminal([str(SCRIPTS / "run.sh"), str(iso)], self.env)
        self.addCleanup(os.close, end)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        shown = read_terminal(end, lambda text: b"cairn:/#" in text)
        self.assertIn(b"cairn:/#", shown)
        log = self.directory / "serial.log"  # COM1 is slower than the screen
        met = qemu.wait_until(lambda: "cairn: ready" in log.read_text(), qemu.BOOT_LIMIT, lambda: time.sleep(0.01))
        self.assertTrue(met, log.read_text())
        os.write(end, b"\x1b2")
        self.assertIn(b"(qemu)", read_terminal(end, lambda text: b"(qemu)" in text))
        os.write(end, b"quit\r")
        read_terminal(end, lambda _: False)
        self.assertEqual(process.wait(qemu.BOOT_LIMIT), 0)


def read_socket(end, text):
    """Reads a socket until some text has come, or it is closed, or the limit is reached."""
    got = b""
    end.settimeout(qemu.BOOT_LIMIT)
    while text not in got:
        data = end.recv(65536)
        if not data:
            break
        got += data
    return got


class Debug(ScriptTest):
    """GDB."""

    def test_stops_at_kernel_main(self):
        """GDB stops there with symbols and source. Afterwards no process and no socket remains."""
        process = subprocess.Popen(
            [str(SCRIPTS / "debug.sh"), str(paths.ISO), str(paths.KERNEL_DEBUG)],
            env={**self.env, "DEBUG_BATCH": "1"}, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out, _ = process.communicate(timeout=2 * qemu.BOOT_LIMIT)
        self.assertEqual(process.returncode, 0, out)
        self.assertRegex(out, r"kernel/main\.c:\d+")
        self.assertRegex(out, r"rip +0xffffffff\w+ +0xffffffff\w+ <kernel_main(\+\d+)?>")
        name = f"gdb.{process.pid}.sock"
        left = self.processes_with(name)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(left, [])
        self.assertFalse((paths.BUILD / name).exists())

    def test_can_be_typed_at(self):
        """Without a display: Cairn answers on the socket that debug.sh names, and COM1's output is logged, too."""
        iso = self.directory / "cairn.iso"
        iso.symlink_to(paths.ISO)
        process, end = run_in_terminal([str(SCRIPTS / "debug.sh"), str(iso), str(paths.KERNEL_DEBUG)], self.env)
        self.addCleanup(os.close, end)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        shown = read_terminal(end, lambda text: b"Breakpoint 1" in text and text.endswith(b"(gdb) "))
        named = re.search(rb"to type at Cairn, run in another terminal: socat \S+ (\S+)", shown)
        self.assertTrue(named, shown)
        with socket.socket(socket.AF_UNIX) as com1:
            com1.connect(named[1])
            os.write(end, b"continue\n")
            self.assertIn(b"cairn:/# ", read_socket(com1, b"cairn:/# "))
            com1.sendall(b"echo hello\r")
            self.assertIn(b"hello\r\ncairn:/# ", read_socket(com1, b"hello\r\ncairn:/# "))
        self.assertIn("hello", (self.directory / "serial.log").read_text())
        os.write(end, b"\x03")
        read_terminal(end, lambda text: text.endswith(b"(gdb) "))
        os.write(end, b"kill\n")
        read_terminal(end, lambda text: b"(y or n)" in text)
        os.write(end, b"y\n")
        read_terminal(end, lambda text: text.endswith(b"(gdb) "))
        os.write(end, b"quit\n")
        self.assertEqual(process.wait(qemu.BOOT_LIMIT), 0)
        self.assertFalse(Path(os.fsdecode(named[1])).exists())

    def processes_with(self, word):
        """The processes whose command line contains a word."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if word.encode() in (place / "cmdline").read_bytes():
                    found.append(int(place.name))
            except OSError:
                pass  # it has ended meanwhile
        return found


class Screenshot(ScriptTest):
    """The README's pictures, but that of Debian's programs."""

    def test_picture(self):
        """A well-formed PNG of each screen's size, with more than one colour in it."""
        for session, size in (("shell", (720, 400)), ("monitor", (1024, 768)), ("fault", (720, 400))):
            out = self.directory / session / "out.png"
            result = self.run_script(SCRIPTS / "screenshot.py", session, out)
            self.assertEqual(result.returncode, 0, result.stdout)
            data = out.read_bytes()
            self.assertEqual(data[:16], b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR")
            width, height = struct.unpack(">II", data[16:24])
            self.assertEqual((width, height), size)
            pixels = zlib.decompress(data[data.index(b"IDAT") + 4:])
            self.assertEqual(len(pixels), height * (1 + 3 * width))
            self.assertGreater(len(set(zip(pixels[1::3], pixels[2::3], pixels[3::3]))), 1)


class SetUp(ScriptTest):
    """setup.sh, without installing anything."""

    def hide(self, *tools):
        """A PATH with the usual programs, without these and without installers; recorders take the place of
        the tools that the set-up needs."""
        self.fake("gcc", "objcopy", "clang-tidy", "cppcheck", "shellcheck", "make", "nasm", "grub-mkrescue", "xorriso", "mformat",
                  "qemu-system-x86_64", "python3", "gdb", "git", "spin", "fakeroot", "gcovr",
                  "clang", "ld.lld", "llvm-objcopy", "clang-format", "bochs", "musl-gcc", "apt-get", "sudo")
        for tool in ("bash", "sh", "env", "id", "uname", "basename", "dirname"):
            (self.bin / tool).symlink_to(f"/usr/bin/{tool}")
        for tool in tools:
            (self.bin / tool).unlink()
        self.env["PATH"] = str(self.bin)

    def test_nothing_to_do(self):
        """No tool is missing: nothing is installed."""
        self.hide()
        for _ in range(2):
            result = self.run_script(SCRIPTS / "setup.sh")
            self.assertEqual((result.returncode, self.recorded()), (0, []), result.stdout)
            self.assertIn("nothing to do", result.stdout)

    def test_installs_what_is_missing(self):
        """Only the missing package is installed, without a question."""
        self.hide("nasm", "mformat")
        result = self.run_script(SCRIPTS / "setup.sh")
        self.assertEqual(result.returncode, 0, result.stdout)
        calls = [line.removeprefix("sudo ").removeprefix("env DEBIAN_FRONTEND=noninteractive ")
                 for line in self.recorded()]
        self.assertRegex(calls[0], "^apt-get .*update$")
        self.assertRegex(calls[1], "^apt-get .*-y .*install nasm mtools$")
        self.assertEqual(len(calls), 2)

    def expect_words(self, **env):
        """The missing tools are listed, and nothing is installed."""
        result = self.run_script(SCRIPTS / "setup.sh", **env)
        self.assertEqual(result.returncode, 1)
        self.assertIn("    NASM\n", result.stdout)
        self.assertEqual(self.recorded(), [])

    def test_no_package_manager(self):
        """A Debian without apt-get."""
        self.hide("nasm", "apt-get")
        self.expect_words()

    def test_another_system(self):
        """It is not taken for a Debian because it has a program of that name."""
        self.hide("nasm")
        self.expect_words(OS_RELEASE=self.os_release("ID=plan9"))

    def os_release(self, text):
        """A file that names the Linux distribution."""
        path = self.directory / "os-release"
        path.write_text(text + "\n")
        return str(path)

    def installed(self, **env):
        """The arguments of the one call that installs."""
        result = self.run_script(SCRIPTS / "setup.sh", **env)
        self.assertEqual(result.returncode, 0, result.stdout)
        return self.recorded()[-1].removeprefix("sudo ").split()

    def test_kin(self):
        """Ubuntu is a kind of Debian, and so is a system that is like Ubuntu."""
        for release in ("ID=ubuntu\nID_LIKE=debian", 'ID=linuxmint\nID_LIKE="ubuntu debian"'):
            self.hide("nasm")
            self.assertEqual(self.installed(OS_RELEASE=self.os_release(release))[-2:],
                             ["install", "nasm"])
            shutil.rmtree(self.bin)
            self.bin.mkdir()

    def test_fedora(self):
        """dnf, and Fedora's names."""
        self.hide("nasm", "mformat", "python3", "clang-format", "apt-get")
        self.fake("dnf")
        words = self.installed(OS_RELEASE=self.os_release("ID=fedora"))
        self.assertEqual(words[0], "dnf")
        self.assertIn("-y", words)
        self.assertLessEqual({"nasm", "mtools", "python3", "clang-tools-extra",
                              "grub2-tools-extra"}, set(words))
        self.assertLessEqual({"grub-common", "gcc", "-"} & set(words), set())

    def test_arch(self):
        """pacman, and Arch's names; it has no SPIN to install."""
        self.hide("nasm", "xorriso", "python3", "spin", "apt-get")
        self.fake("pacman")
        words = self.installed(OS_RELEASE=self.os_release("ID=arch"))
        self.assertEqual(words[:2], ["pacman", "-S"])
        self.assertIn("--noconfirm", words)
        self.assertEqual(words[-3:], ["nasm", "libisoburn", "python"])

    def test_macos(self):
        """Homebrew, never as root; a cross compiler, and GRUB for both firmwares."""
        self.hide("nasm", "apt-get", "sudo", "uname", "id")
        self.fake("brew")
        for tool, says in (("uname", "Darwin"), ("id", "501")):
            (self.bin / tool).write_text(f"#!/bin/sh\necho {says}\n")
            (self.bin / tool).chmod(0o755)
        self.assertEqual(self.installed(), [
            "brew", "install", "x86_64-elf-gcc", "x86_64-elf-binutils", "nasm", "i686-elf-grub",
            "x86_64-elf-grub"])

    def test_no_root_and_no_sudo(self):
        """It shows the command that root has to run."""
        self.hide("nasm", "sudo", "id")
        (self.bin / "id").write_text("#!/bin/sh\necho 1000\n")
        (self.bin / "id").chmod(0o755)
        result = self.run_script(SCRIPTS / "setup.sh")
        self.assertEqual(result.returncode, 1)
        self.assertIn("apt-get install nasm", result.stdout)
        self.assertEqual(self.recorded(), [])
