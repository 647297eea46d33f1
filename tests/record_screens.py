#!/usr/bin/env python3
"""Records what Linux's own console shows, for tests/e2e/screens.py to compare Cairn's terminal with.

    tests/record_screens.py VMLINUZ

It runs programs on the build machine, in namespaces of their own, with TERM=linux, and keeps what they write; makes a case of
each capability of terminfo's entry `linux`; gives all of it to a Linux in QEMU; and writes bytes and screens into
tests/screens/.
"""

import curses
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from runner import paths, qemu, screens

QUIET, START = 0.6, 2.5  # seconds without output after which a program waits for a key; the first time, it starts
WORK = "/mnt/work"  # where the programs find their files

# A program's command line, and the keys of each step; after a step the screen is looked at.
TEXT = "/mnt/work/notes.txt"
PROGRAMS = {
    "vim": (["vim", "-u", "NONE", "-N", "-c", "set nomodeline ruler hlsearch showmode number laststatus=2", "-c", "syntax on", "/mnt/work/hello.c"],
            ["", "\x06", "\x02", "/int\r", "5Gdd", "oline that is new\x1b", ":split\r", "\x17j20jzz", "VGd", "u", ":only\r", ":q!\r"]),
    "nano": (["nano", "-I", TEXT], ["", "text that is new\r", "\x16", "\x19", "\x17line\r", "\x0b\x0b\x0b", "\x07", "\x18", "\x18", "n"]),
    "dialog": (["dialog", "--title", "A box", "--checklist", "Choose:", "15", "50", "5", "1", "one", "on", "2", "two", "off", "3", "three", "off"],
               ["", "\x1b[B", " ", "\t", "\t", "\r"]),
    "mc": (["mc", "--nosubshell", "-d", WORK, WORK], ["", "\x1b[B\x1b[B", "\x1b[[C", "\x1b[6~", "\x1b[21~", "\x1b[20~", "\x1b[B", "\x1b\x1b", "\x1b[18~", "\x1b\x1b", "\t", "\x1b[21~", "\r"]),
    "htop": (["htop", "-d", "600"], ["", "\x1b[[B", "\x1b[20~", "\x1b[17~", "\x1b[B", "\x1b", "\x1b[[A", "q", "q"]),
    "tmux": (["tmux", "-f", "/mnt/work/tmux.conf", "-L", "record"],
             ["", "cat hello.c\r", "\x02%", "echo right\r", "\x02\"", "seq 1 40\r", "\x02o", "\x02[\x1b[5~", "q", "\x02z", "\x02c", "\x02d"]),
}
SOURCE = '#include <stdio.h>\n\n/* A comment, and a "string" in it. */\nint main(void)\n{\n    int count = 0;\n' + "".join(
    f'    count += {i}; /* line {i} */\n' for i in range(60)) + '    printf("%d\\n", count);\n    return 0;\n}\n'
FILES = {"hello.c": SOURCE, "notes.txt": "".join(f"This is line {i} of the notes.\tIt has a tab, \u00e4\u00f6\u00fc and \u2502.\n" for i in range(1, 60)),
         "tmux.conf": "set -g default-command 'exec sh'\nset -g status-right ''\nset -g automatic-rename off\nset -g mouse off\n"}
SET_UP = f"""mount -t tmpfs none /mnt && mkdir {WORK} && cp -rp "$0"/. {WORK} && mkdir /mnt/home && hostname cairn && cd {WORK} && unset TMUX && exec "$@" """


def run_program(command, steps):
    """What it writes after each step's keys."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder, name)
            path.write_text(text, encoding="utf-8")
            os.utime(path, (1700000000, 1700000000))
        child, terminal = pty.fork()
        if child == 0:
            environment = {"TERM": "linux", "LANG": "C.UTF-8", "HOME": "/mnt/home", "PATH": os.environ["PATH"], "PS1": "$ ", "TMPDIR": "/mnt", "SHELL": "/bin/sh"}
            os.execvpe("unshare", ["unshare", "-m", "-u", "-p", "-f", "--mount-proc", "sh", "-c", SET_UP, folder, *command], environment)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", screens.ROWS, screens.COLUMNS, 0, 0))
        outputs = []
        for number, keys in enumerate(steps):
            os.write(terminal, keys.encode())
            outputs.append(collect(terminal, QUIET if number else START))
        os.close(terminal)
        os.waitpid(child, 0)
        return outputs


def collect(terminal, quiet):
    """Its output until it is quiet. The question for the kind of terminal is answered as the console would."""
    output = b""
    while select.select([terminal], [], [], quiet)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        output += data
        if b"\x1b[c" in data:
            os.write(terminal, b"\x1b[?6c")
    return output


# --- terminfo ---------------------------------------------------------------------------------------------------------

FILL = "".join(f"\x1b[{row};1H" + "".join(chr(0x21 + (row * 7 + column) % 94) for column in range(screens.COLUMNS - 1)) for row in range(1, screens.ROWS + 1))
BEFORE = FILL + "\x1b[12;34H\x1b[44m"
AFTER = "AB"

# Capabilities that need more than one look, or parameters.
PARAMETERS = {"cup": [(3, 5), (24, 79), (0, 0)], "csr": [(2, 10), (0, 24)], "hpa": [(0,), (79,)], "vpa": [(0,), (24,)], "setaf": [(n,) for n in range(8)],
              "setab": [(n,) for n in range(8)], "initc": [(1, 1000, 500, 0)],
              "sgr": [tuple(int(i == n) for i in range(9)) for n in range(9)] + [(0,) * 9, (1,) * 9]}
DEFAULT_COUNTS = [(1,), (5,), (200,)]
# What precedes a capability and what follows, where the usual does not show what it does.
AROUND = {"rmacs": ("\x1b)0\x0e", "qx"), "smacs": ("\x1b)0", "lqkxmj"), "enacs": ("", "\x0eqx\x0f"), "rmir": ("\x1b[4h", "AB"), "smam": ("\x1b[?7l\x1b[1;79H", "ABCD"),
          "rmam": ("\x1b[1;79H", "ABCD"), "rc": ("\x1b7\x1b[3;3H\x1b[41m", "AB"), "sc": ("", "X\x1b[3;3H\x1b8AB"), "hts": ("", "\x1b[5;1H\t\t\t\t\tX"),
          "tbc": ("", "\x1b[5;1H\tX"), "csr": ("", "\x1b[5;1H\n\n\n\n\n\n\n\nX\x1bM\x1b[3;1H\x1bMY"), "smpch": ("", "\x01\x04\x10\xb0"), "rmpch": ("\x1b[11m", "AB"),
          "rmso": ("\x1b[7m", "AB"), "rmul": ("\x1b[4m", "AB"), "sgr0": ("\x1b[1;4;5;7;31;42m\x1b)0\x0e", "AqB"), "op": ("\x1b[31;42m", "A\x1b[K"),
          "ind": ("\x1b[25;1H", "AB"), "ri": ("\x1b[1;5H", "AB"), "nel": ("\x1b[25;9H", "AB"), "acsc": ("\x1b)0\x0e", "")}


# Linux has no line-drawing set while it reads UTF-8.
NOT_IN_UTF8 = ("smacs", "rmacs", "enacs", "acsc", "sgr0", "smpch")


def utf8_off(text):
    """The text while Linux reads ISO 8859-1; Cairn ignores the sequence."""
    return f"\x1b%@{text}\x1b%G"


def capabilities():
    """The names of the entry's strings; curses.tigetstr() gives these."""
    curses.setupterm("linux", os.open(os.devnull, os.O_WRONLY))
    return re.findall(r"^\s(\w+)=", subprocess.run(["infocmp", "-1", "linux"], check=True, capture_output=True, text=True).stdout, re.MULTILINE)


def cases_of_terminfo():
    """A case for each capability that is sent to the terminal, as {name: text}."""
    cases = {}
    for name in capabilities():
        text = curses.tigetstr(name)
        if name.startswith("k") or name in ("u6", "u8"):
            continue  # what the terminal sends
        before, after = AROUND.get(name, ("", AFTER))
        if name == "acsc":
            cases[name] = utf8_off(before + text.decode()[::2]).encode()
            continue
        takes = b"%p" in text
        for number, values in enumerate(PARAMETERS.get(name, DEFAULT_COUNTS) if takes else [()]):
            done = curses.tparm(text, *values) if takes else text
            done = re.sub(rb"\$<\d+/>", b"", done).decode("latin-1")
            done = before + done + after
            cases[f"{name}.{number}" if takes else name] = (utf8_off(done) if name in NOT_IN_UTF8 else done).encode("utf-8")
    return cases


# What programs send beyond terminfo's entry.
MORE = {name: text.encode("utf-8") for name, text in {
    "origin": "\x1b[5;10r\x1b[?6h\x1b[1;1HA\x1b[99;1HB\x1b[?6lC", "wrap": "\x1b[1;79Habc\x1b[3;80HX\x1b[K", "tabs": "\ta\tb\x1b[Zc\x1b[2Id", "index": "\x1b[25;1HA\x1bDB\x1bEC",
    "align": "\x1b#8", "erase": FILL + "\x1b[10;10H\x1b[41m\x1b[1J\x1b[1K\x1b[5X", "scroll": FILL + "\x1b[3;9r\x1b[2S\x1b[1T\x1b[5;5H\x1b[44m\x1b[2L\x1b[8;1H\x1b[1M",
    "insert": FILL + "\x1b[4;4H\x1b[4hXYZ\x1b[4l\x1b[3@\x1b[7P", "attributes": "".join(f"\x1b[0;{n}mA\x1b[0m " for n in (1, 2, 3, 4, 5, 7, 8, 9, 21, 22, 23, 24, 25, 27)),
    "all": "\x1b[1;2;3;4;5;7;33;44mA\x1b[22mB\x1b[23mC\x1b[24mD\x1b[25mE\x1b[27mF", "bright": "".join(f"\x1b[{n}mA" for n in (*range(90, 98), *range(100, 108))),
    "utf8": "\u00e4\u20ac\u2500\u2502\u2518\ufffd\u3042x\U0001f600y e\u0301z\u200bw", "bad": "\u00e4".encode("utf-8").decode("latin-1"), "report": "\x1b[3;4H\x1b[6n\x1b[5n\x1b[c",
    "charsets": utf8_off("\x1b(0lqk\x1b(BA\x1b)0\x0eqx\x0fB\x1b(B"), "save": "\x1b[5;5H\x1b[31m\x1b7\x1b[1;1H\x1b[0mA\x1b8B\x1b[sC\x1b[2;2H\x1b[uD",
    "unknown": "A\x1b[?2004hC\x1b[?1000hD\x1b]0;title\x07E\x1b[>cF\x1b[2 qG\x1bP+q\x1b\\H\x1b_x\x1b\\I\x1b^y\x1b\\J", "palette": "A\x1b]P1ff0000B\x1b]RC",
    "repeat": "A\x1b[5bB", "reverse": "A\x1b[?5hB\x1b[1;44mC\x1b[7mD\x1b[?5lE", "reversed": "A\x1b[31mB\x1b[?5hB\x1b[1;44mC\x1b[7mD\x1b[K\nE", "controls": "A\x00B\x07C\x0bD\x0cE\x7fF\x08G\x18H\x1b[3\x18I\x1b[3\x1aJ",
}.items()}


# --- Linux ------------------------------------------------------------------------------------------------------------

def run_linux(kernel, cases):
    """What its console shows after each case, as {name: (column, row, cells, answers)}."""
    with tempfile.TemporaryDirectory() as folder:
        init, listed, archive = Path(folder, "init"), Path(folder, "cases"), Path(folder, "cpio")
        subprocess.run(["gcc", "-std=gnu17", "-O1", "-static", "-D_GNU_SOURCE", "-o", str(init), str(paths.ROOT / "tests/tools/linux_screens.c")], check=True)
        listed.write_text("".join(f"{name} {text.hex()}\n" for name, text in cases.items()))
        subprocess.run([sys.executable, str(paths.ROOT / "scripts/make-initramfs.py"), str(archive), f"init={init}", f"cases={listed}"], check=True)
        options = ["-m", "512M", "-no-reboot", "-kernel", kernel, "-initrd", str(archive), "-append", "console=ttyS0 loglevel=1 panic=-1 vt.default_utf8=1"]
        with qemu.Qemu(options, paths.LOGS / "screens.linux.log") as machine:
            deadline = time.monotonic() + 300
            while b"\nend\r\n" not in machine.received and not machine.closed and time.monotonic() < deadline:
                machine.read(1)
            return screens.read_answers(machine.received.decode("latin-1"))


def main(arguments):
    """Records all."""
    files = {name: ["", True, {str(number): text for number, text in enumerate(run_program(*program))}] for name, program in PROGRAMS.items()}
    files["terminfo"] = [BEFORE, False, cases_of_terminfo()]
    files["more"] = ["", False, MORE]
    cases = {f"{name}.{case}": text for name, file in files.items() for case, text in screens.whole_cases(*file).items()}
    shown = run_linux(arguments[0], cases)
    missing = cases.keys() - shown.keys()
    if missing:
        print(f"record_screens: Linux has not answered: {' '.join(sorted(missing))}", file=sys.stderr)
        return 1
    for name, file in files.items():
        screens.write(name, *file, {case: shown[f"{name}.{case}"] for case in ("before", *file[2])})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
