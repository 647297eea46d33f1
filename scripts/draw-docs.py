#!/usr/bin/env python3
"""Draws the pictures in docs/architecture.md from the code that they show, so that the numbers in them are the code's. Also
makes the README's short tables from the long ones in docs/, and brings the figures up to date that the text quotes from
docs/benchmarks.md. A quoted figure looks like this: 98 instructions (`kbd.irq`).

    scripts/draw-docs.py            writes them
    scripts/draw-docs.py --check    fails when one is not what it would be written as
"""

import re
import sys
import textwrap
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))

from floors import FLOORS  # noqa: E402  (the path has to be set first)
from runner import pages  # noqa: E402

ARCHITECTURE, README = TOP / "docs" / "architecture.md", TOP / "README.md"
TASK = TOP / "include" / "kernel" / "task"
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
QUOTED = re.compile(r"([\d,.]+)( instructions\s+\(`([\w.]+)`\))")
PERMISSIONS = {"CODE": "r-x", "CONSTANTS": "r--", "DATA": "rw-"}
FLOOR_WORDS = {
    "kernel/bench": "the benches: what things cost is counted",
    "kernel": "main.c sets everything up, in order; displays, options, interrupts and ticks",
    "kernel/monitor": "the input line and the commands",
    "kernel/syscall": "Linux's system calls, a file for each group",
    "kernel/process": "programs: fork, exec, signals, the end",
    "kernel/tty": "terminals: the line discipline, tty1 to tty6, ttyS0, pseudo-terminals",
    "fs": "files, names, pipes; tmpfs, devfs, procfs, sysfs; ext2, FAT, ISO 9660",
    "drivers": "one device a file; disks in drivers/block/, USB in drivers/usb/",
    "kernel/fault": "the report of an exception, in words, and faults on purpose",
    "mm": "frames, page tables, the heap; the memory of programs",
    "kernel/task": "executor, wakers, timers, channels, threads",
    "kernel/log": "console, log, panic, symbols, backtraces",
    "kernel/cpu": "descriptor tables, trap stubs, control registers",
    "boot": "from GRUB to C",
    "lib": "plain C that knows no hardware: strings, formatting, lists, rings, the terminal",
}
OTHER_FOLDERS = {
    "include": "a header for each `.c`, with the same path and name; the contracts of the functions are here",
    "user": "programs of the tree's own: the first one, a small shell, a few tools, benches, the call fuzzer",
    "tests": "`tests/kernel/` runs inside the kernel, `tests/host/` on the build machine, `tests/user/` on Linux and on Cairn, "
             "`tests/e2e/` types at a booted machine",
    "iso": "GRUB's menu",
    "scripts": "what the build and the checks run",
    "docs": "pages and pictures, most of them written by programs",
}


def tree():
    """The README's table of the tree: the floors, the lowest first, and the other folders."""
    yield from ("| directory | contents |", "| --- | --- |")
    for folder in FLOORS:
        yield f"| `{folder}/` | {FLOOR_WORDS[folder]} |"
    for folder, words in OTHER_FOLDERS.items():
        yield f"| `{folder}/` | {words} |"


def house():
    """The floors, the highest first, in the order that scripts/check-floors.py holds."""
    return [f"    {floor + '/':16}  {FLOOR_WORDS[floor]}" for floor in reversed(FLOORS)]


def number(file, name):
    """A number that a C file gives a name, by #define or in an enum."""
    return int(re.search(rf"\b{name}\s+(?:= |UINT64_C\()?(0x[0-9a-f]+)", (TOP / file).read_text())[1], 16)


def image_offset():
    """How far behind KERNEL_BASE the image is linked, and behind 0 loaded."""
    return int(re.search(r"\. = KERNEL_BASE \+ (\d+)M;", (TOP / "linker.ld").read_text())[1]) << 20


def size(count):
    """A power of two in words."""
    unit = (count.bit_length() - 1) // 10
    return f"{count >> 10 * unit} {UNITS[unit]}"


def line(address, text, extent=""):
    """A line of a map."""
    place = "" if address is None else f"{address:016x}"
    return f"    {place:16}  {text:62}{extent:>8}".rstrip()


def image_parts():
    """The parts of the image with the permissions that they are mapped with, in order. A call may map two parts."""
    calls = re.findall(r'map_part\("\w+", (\w+)_start, (\w+)_end, (\w+)\);', (TOP / "mm/kernel_space.c").read_text())
    for first, last, flags in calls:
        for part in dict.fromkeys((first, last)):
            sealed = "  r-- once kernel_space_seal() has run" if part == "ro_after_init" else ""
            yield line(None, f"  .{part:15}{PERMISSIONS[flags]}{sealed}")


def virtual_map():
    """Virtual memory, from below."""
    layout = "include/layout.h"
    direct, heap = number(layout, "DIRECT_MAP_BASE"), number(layout, "HEAP_BASE")
    kernel = number(layout, "KERNEL_BASE")
    half = 1 << 47
    yield line(0, "never mapped: a null pointer leads nowhere")
    yield line(number("include/mm/address_space.h", "USER_START"), "user memory: a program of its own in each address space", size(half))
    yield line(half, "addresses that are not canonical")
    yield line(direct, "rw-  the direct map: physical memory at this offset", size(number(layout, "DIRECT_MAP_SIZE")))
    yield line(None, "r--  ... but read-only where it shows code and constants")
    yield line(heap, "rw-  the heap's window: addresses, with a frame where needed", size(number(layout, "HEAP_WINDOW")))
    yield line(number(layout, "STACKS_BASE"), "rw-  the stacks of threads, each between guard pages")
    yield line(kernel, "the last 2 GiB, where code may use signed 32-bit addresses", size((1 << 64) - kernel))
    yield line(kernel + image_offset(), "the image")
    yield from image_parts()


def physical_map():
    """Physical memory, from below; the lines without an address are wherever firmware and loader put them."""
    yield line(0, "firmware and video; mapped, never handed out", size(image_offset()))
    yield line(number("drivers/vga_text.c", "VIDEO_MEMORY"), "  VGA's text cells")
    yield line(image_offset(), "the image, as it is linked; reserved")
    yield line(None, "GRUB's information, symbols, modules; reserved")
    yield line(None, "the frames' bookkeeping, at the start of usable memory")
    yield line(None, "all else that the memory map calls available: frames")
    yield line(None, "ACPI's tables; mapped, never handed out")
    yield line(None, "holes and devices; mapped only when a driver asks for it")


def picture(header):
    """The indented lines of a header's opening comment."""
    comment = header.read_text().split("*/")[0]
    lines = [text[2:] for text in comment.splitlines()[1:] if text.startswith(" *     ")]
    return textwrap.indent(textwrap.dedent("\n".join(lines)), "    ").splitlines()


# The rows of docs/benchmarks.md that the README shows, in words.
BENCHES = {
    "boot.entry_to_ready": "the boot, up to the monitor's first poll (blog_os: without its loader's work)",
    "vga.line": "print a line of 80 characters, which scrolls",
    "kbd.irq": "a key: its interrupt",
    "kbd.char": "a key: from the interrupt to the character",
    "kbd.echo": "a key: to its echo on the screen (Cairn: and on COM1)",
    "kbd.burst.10000": "of 10,000 scancodes that come before the task runs, how many are lost",
    "trap.timer": "the timer's interrupt",
    "trap.int3": "a breakpoint's trap, whose handler does nothing (blog_os: a bare `iretq`)",
    "task.spawn.1": "spawn and complete a task",
    "task.wake.1": "wake and poll a task, one of 1",
    "task.wake.90": "wake and poll a task, one of 90 (blog_os panics beyond 100)",
    "task.wake.1000000": "wake and poll a task, one of a million",
    "heap.pair.16": "allocate and free 16 bytes",
    "heap.pair.4096": "allocate and free 4096 bytes",
    "heap.random.mean": "free and allocate at random, the mean",
    "heap.random.max": "free and allocate at random, the worst",
    "heap.recovered": "percent of the heap in one piece after that",
    "frame.alloc.1": "the first frame",
    "frame.alloc.10000": "the 10,000th frame",
    "frame.alloc.1000000": "the millionth frame",
    "frame.free.1": "give a frame back",
    "paging.map": "map a page",
    "paging.translate": "translate an address",
    "paging.unmap": "unmap a page",
}

# The rows of its part about Linux that the README shows, in words.
LINUX_BENCHES = {
    "syscall.getpid": "a call that does nothing",
    "process.fork_exit_wait": "make a process that ends at once, and wait for it",
    "process.fork_exec_wait": "the same, with another program",
    "thread.create_join": "make a thread that ends at once, and wait for it",
    "futex.ping_pong": "wake another thread by a futex, and be woken",
    "signal.self": "a signal to oneself, and its handler",
    "pipe.self": "a byte through a pipe, in one process",
    "pipe.ping_pong": "a byte through pipes to another process and back",
    "socket.ping_pong": "a byte through a unix socket to another process and back",
    "event.epoll": "write to an eventfd, wait for it with epoll, and read it",
    "memory.map_unmap": "map 16 pages and unmap them, untouched",
    "fault.first_touch": "write to a new page",
    "fault.copy_on_write": "write to a page that was shared by fork",
    "file.open_close": "open a file two directories deep, and close it",
    "file.stat": "ask for such a file's status",
    "file.write.4k": "write a new file of 1 MiB in memory, 4 KiB at a time",
    "file.read.4k": "read it, 4 KiB at a time",
}


def measured():
    """docs/benchmarks.md, as {bench: (blog_os's figure, Cairn's)}."""
    page = (TOP / "docs" / "benchmarks.md").read_text()
    return {row[0]: row[1:] for row in re.findall(r"^\| `([\w.]+)` \| (\S+) \| (\S+) \|", page, re.MULTILINE)}


def grouped(figure):
    """A figure as texts and the README's tables write it; `-` is none."""
    whole, point, rest = figure.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole != "-" else figure


def with_figures(text):
    """A text with the figures of now."""
    figures = measured()
    return QUOTED.sub(lambda quote: grouped(figures[quote[3]][1]) + quote[2], text)


def benchmarks():
    """The README's table, a row for each of BENCHES."""
    rows = measured()
    yield from ("| what | bench | blog_os | Cairn |", "| --- | --- | ---: | ---: |")
    for name, words in BENCHES.items():
        theirs, ours = rows[name]
        yield f"| {words} | `{name}` | {grouped(theirs)} | {grouped(ours)} |"


def programs():
    """The README's table of programs, out of docs/programs.md: a row for each script."""
    yield from ("| script | what is done on Cairn and on Linux | the same |", "| --- | --- | --- |")
    page = (TOP / "docs" / "programs.md").read_text().partition("\n## ")[0]
    for name, what, same in re.findall(r"^\| `(\w+)` \| (.*?) \| [^|]* \| \d+ \| (.*?) \|$", page, re.MULTILINE):
        yield f"| [{name}](tests/programs/{name}.sh) | {what} | {same} |"


def part_of_benchmarks(heading):
    """The part of docs/benchmarks.md below a heading."""
    return (TOP / "docs" / "benchmarks.md").read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def beside_linux():
    """The README's table of what programs ask for, out of docs/benchmarks.md: a row for each of LINUX_BENCHES."""
    found = re.findall(r"^\| `([\w.]+)` \| (\S+) \| (\S+) \|", part_of_benchmarks("Beside Linux"), re.MULTILINE)
    rows = {name: figures for name, *figures in found}
    yield from ("| what | bench | Linux | Cairn |", "| --- | --- | ---: | ---: |")
    for name, words in LINUX_BENCHES.items():
        linux, ours = rows[name]
        yield f"| {words} | `{name}` | {grouped(linux)} | {grouped(ours)} |"


def programs_beside_linux():
    """The README's table of what Debian's programs cost in the kernel, out of docs/benchmarks.md."""
    yield from ("| command | Linux | Cairn | share of Linux's |", "| --- | ---: | ---: | ---: |")
    part = part_of_benchmarks("Debian's programs beside Linux")
    for command, linux, ours, share in re.findall(r"^\| (`[^|]*`) \| (\d+) \| (\d+) \| (\S+) \|", part, re.MULTILINE):
        yield f"| {command} | {grouped(linux)} | {grouped(ours)} | {share} |"


PARTS = {
    (README, "programs"): programs,
    (README, "tree"): tree,
    (README, "beside Linux"): beside_linux,
    (README, "programs beside Linux"): programs_beside_linux,
    (ARCHITECTURE, "floors"): house,
    (ARCHITECTURE, "virtual memory"): virtual_map,
    (ARCHITECTURE, "physical memory"): physical_map,
    (ARCHITECTURE, "task states"): lambda: picture(TASK / "task.h"),
    (ARCHITECTURE, "waker states"): lambda: picture(TASK / "waker.h"),
    (README, "benchmarks"): benchmarks,
}


def write():
    """Puts all of it into the pages."""
    for (page, name), draw in PARTS.items():
        pages.write(page, name, ["", *draw(), ""])
    ARCHITECTURE.write_text(with_figures(ARCHITECTURE.read_text()))


def outdated():
    """What in the pages is not as it would be written."""
    for (page, name), draw in PARTS.items():
        if pages.read(page, name) != ["", *draw(), ""]:
            yield f"{page.relative_to(TOP)}: '{name}' is not what it is drawn from"
    if ARCHITECTURE.read_text() != with_figures(ARCHITECTURE.read_text()):
        yield f"{ARCHITECTURE.relative_to(TOP)} quotes figures that are not those of docs/benchmarks.md"


def main(arguments):
    """Writes or checks."""
    if arguments != ["--check"]:
        write()
        return 0
    found = list(outdated())
    for offence in found:
        print(f"{offence}; 'make docs' mends it", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
