#!/usr/bin/env python3
"""Counts guest instructions: boots the image under QEMU's -icount, where one TSC tick is one instruction, collects the
`bench:` lines, writes build/bench.json and prints them beside blog_os's figures. It updates the rows of docs/benchmarks.md
whose benches have run, and no others.

    tests/bench.py            every bench
    tests/bench.py PREFIX     the ones whose names begin so

Exits with 1 when a boot ends in anything but success. A figure that misses its goal is marked as not reached, and no more.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner import paths, qemu, shell, trace  # noqa: E402  (the path has to be set first)

PAGE = paths.ROOT / "docs" / "benchmarks.md"
LIMIT = 600.0  # seconds for one boot; counting instructions is slow
LINE = re.compile(r"^bench: (\S+) (\d+(?:\.\d)?) (\S+)$", re.MULTILINE)
NO_BENCH = "bench: no bench has a name that begins with"

COUNTED = ["-cpu", "qemu64", "-icount", "shift=0,sleep=off,align=off", *qemu.DEBUG_EXIT]


def memory(gib):
    """The options for this much RAM, which the build machine need not have."""
    return ["-m", f"{gib}G", "-object", f"memory-backend-ram,id=r,size={gib}G,reserve=off",
            "-machine", "memory-backend=r"]


def disk():
    """The options for a disk with an ext2 file system, which each boot finds as new."""
    image = paths.BUILD / "bench-disk.img"
    if not image.exists():
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-b", "4096", image, "32M"], check=True, stdout=subprocess.DEVNULL)
    return ["-boot", "d", "-drive", f"if=virtio,format=raw,snapshot=on,file={image}"]


LARGE = memory(8)
DISK = disk()

# A system whose first program measures: what a program pays for. Its figures have names that begin so, and the
# kernel's own benches have not.
USER = [*DISK, *qemu.initramfs(paths.BUILD / "initramfs-bench.cpio")]
USER_FAMILIES = ("direct.", "event.", "ext2.", "fault.", "file.", "futex.", "memory.map_unmap", "memory.unmap", "pipe.", "process.",
                 "signal.", "sleep.", "socket.", "syscall.", "thread.create_join")

# Things of one kind, so many that they need more memory. The kernel has no benches with such names.
GROWTH_FAMILY = "growth."

# Processes and threads, so many that they need a machine of their own.
MANY_FAMILY = "many."

# Each boot: a name for its log, more options for QEMU, more words for the command line, and what its benches' names have
# to begin with. Where two boots report one name, the first one counts.
BOOTS = [
    ("quiet", [], "loglevel=error", "boot."),
    ("128m", [], "", ""),
    ("usb", ["-device", "qemu-xhci", "-device", "usb-kbd"], "", "usb."),
    ("disk", DISK, "", "disk."),
    ("bump", [], "heap=bump", "heap."),
    ("linked-list", [], "heap=linked_list", "heap."),
    ("8g", LARGE, "", ""),
    ("8g-bump", LARGE, "heap=bump", "heap."),
]

# Guest instructions of blog_os (branch post-12), or its answer, for the same workload; see docs/benchmarks.md.
BLOG_OS = {
    "heap.pair.16": 57, "heap.pair.64": 69, "heap.pair.512": 87, "heap.pair.4096": 260,
    "heap.lifo": 75, "heap.fifo": 76,
    "heap.random.mean": 99.6, "heap.random.p99": 105, "heap.random.max": 262,
    "heap.recovered": 15.8, "heap.refill": 0,
    "heap.bump.pair.16": 41, "heap.bump.pair.64": 41, "heap.bump.pair.512": 41, "heap.bump.pair.4096": 41,
    "heap.bump.random.mean": 45, "heap.bump.refill": 1,
    "heap.linked_list.pair.16": 96, "heap.linked_list.lifo": 102, "heap.linked_list.fifo": 103,
    "heap.linked_list.recovered": 0.012, "heap.linked_list.refill": 0,
    "frame.alloc.1": 73, "frame.alloc.1000": 8147, "frame.alloc.10000": 80147,
    "paging.map": 219, "paging.translate": 109, "paging.unmap": 105,
    "task.spawn.1": 842, "task.spawn.50": 1066,
    "task.wake.1": 181, "task.wake.10": 258, "task.wake.90": 334,
    "task.ring.2": 216, "task.ring.10": 284, "task.ring.90": 359,
    "trap.int3": 2, "trap.timer": 126, "vga.line": 10345,
    "kbd.irq": 178, "kbd.char": 457, "kbd.echo": 870,
    "kbd.burst.101": 1, "kbd.burst.1000": 901, "kbd.burst.10000": 9901,
    "boot.entry_to_ready": 26391,
}


# The most that these may cost, in the benches' own units.
GOALS = {
    "boot.entry_to_shell": 3000000, "disk.read.128k": 4000, "disk.write.128k": 4000, "event.epoll": 1000,
    "fault.copy_on_write": 1400, "fault.first_touch": 1200, "fault.zero_read": 500,
    "file.open_close": 2000, "file.read.1k": 600000, "file.read.4k": 270000, "file.stat": 1000, "file.write.1k": 900000,
    "file.write.4k": 420000, "futex.ping_pong": 2500, "memory.map_unmap": 1300, "memory.unmap": 250,
    "pipe.ping_pong": 3000, "pipe.self": 700,
    "process.fork_exec_wait": 90000, "process.fork_exit_wait": 40000, "process.vfork_exec_wait": 60000,
    "signal.self": 1300, "sleep.millisecond": 1200000, "socket.ping_pong": 4000, "syscall.getpid": 100,
    "thread.create_join": 25000, "thread.switch": 110, "usb.key": 2500,
}


def read_all(machine):
    """What COM1 says until QEMU ends."""
    deadline = time.monotonic() + LIMIT
    while not machine.closed and time.monotonic() < deadline:
        machine.read(deadline - time.monotonic())
    return machine.received.decode("utf-8", "replace").replace("\r\n", "\n")


def run_boot(name, options, words):
    """Boots once and gives what COM1 has said; raises when the kernel did not report success. It may have no bench of such a
    name, for programs may have some."""
    with qemu.Qemu(["-cdrom", str(paths.ISO), *COUNTED, *qemu.menu_entry("text"), *options, *qemu.fw_cfg_cmdline(words)],
                   paths.LOGS / f"bench.{name}.log") as machine:
        text = read_all(machine)
        status = machine.wait(qemu.BOOT_LIMIT)
        if status != qemu.SUCCESS and NO_BENCH not in text:
            raise qemu.QemuError(f"boot '{name}' ended with status {status}:\n{text[-2000:]}{machine.errors()}")
        return text


def overlap(prefix, family):
    """May a name of this family begin so?"""
    return family.startswith(prefix) or prefix.startswith(family)


def run_user(prefix, name="user", options=("-m", "256M")):
    """Boots the system whose first program measures."""
    return run_boot(name, [*USER, *options], f"norandmaps panic=exit -- {prefix}")


def figures_of(outputs):
    """The figures in what was said; of two with one name, the first one counts."""
    figures = {}
    for output in outputs:
        for bench, value, unit in LINE.findall(output):
            figures.setdefault(bench, {"value": json.loads(value), "unit": unit})
    return figures


def collect(prefix):
    """The figures of all boots that may have some whose names begin with `prefix`."""
    boots = [] if prefix.startswith((*USER_FAMILIES, GROWTH_FAMILY, MANY_FAMILY)) else BOOTS
    outputs = [run_boot(name, options, f"{words} bench={max(prefix, family, key=len)}")
               for name, options, words, family in boots if overlap(prefix, family)]
    if any(overlap(prefix, family) for family in USER_FAMILIES):
        outputs.append(run_user(prefix))
    for name, options, family in (("growth", ["-m", "1G"], GROWTH_FAMILY), ("many", LARGE, MANY_FAMILY)):
        if overlap(prefix, family):
            outputs.append(run_user(max(prefix, family, key=len), name, options))
    return figures_of(outputs)


def memory_per_gib(cpu):
    """What another GiB of RAM adds to the set-up of memory, from two machines on which only that differs."""
    costs = [int(dict((name, value) for name, value, _ in LINE.findall(
        run_boot(f"memory-{gib}g", [*memory(gib), "-cpu", cpu], "bench=memory.")))["memory.set_up"])
        for gib in (4, 8)]
    return {"value": round((costs[1] - costs[0]) / 4, 1), "unit": "instructions"}


def add_memory_per_gib(figures, prefix):
    """The two figures for larger machines, with pages of 1 GiB and without, when they are wanted."""
    for name, cpu in (("memory.set_up_per_gib.1g_pages", "qemu64,+pdpe1gb"),
                      ("memory.set_up_per_gib.2m_pages", "qemu64")):
        if name.startswith(prefix):
            figures[name] = memory_per_gib(cpu)


def add_entry_to_shell(figures, prefix):
    """From the kernel's first instruction to the last byte of the first shell's prompt on COM1, programs included: the
    same ISO and initramfs as `make run` has. COM1's log is kept, and nothing is typed."""
    name, log = "boot.entry_to_shell", paths.LOGS / "bench.shell-trace.log"
    if not name.startswith(prefix):
        return
    options = ["-cdrom", str(paths.ISO), *qemu.menu_entry("text"), "-m", "256M", *trace.OPTIONS,
               "-d", "in_asm,exec,nochain,trace:serial_write", "-D", str(log),
               "-dfilter", ",".join([trace.kernel_filter(), *trace.PROGRAMS])]
    with qemu.Qemu(options, paths.LOGS / "bench.shell.log") as machine:
        deadline = time.monotonic() + LIMIT
        while shell.SHELL_PROMPT.encode() not in machine.received:
            if machine.closed or time.monotonic() > deadline:
                raise qemu.QemuError(f"no shell's prompt: {machine.errors()}")
            machine.read(1)
        machine.execute("quit")
        machine.wait(qemu.BOOT_LIMIT)
    count = trace.instructions_until(log, shell.SHELL_PROMPT.encode())
    log.unlink()
    if not count:
        raise qemu.QemuError("the processor halts before the shell's prompt, or QEMU's log does not show it")
    figures[name] = {"value": count, "unit": "instructions"}


def rows(figures):
    """For each bench: its name, blog_os's figure, Cairn's, the unit, and how many times less ours is."""
    for name, figure in sorted(figures.items()):
        theirs, ours = BLOG_OS.get(name), figure["value"]
        counted = figure["unit"] == "instructions" and theirs is not None and ours > 0
        ratio = f"{theirs / ours:.1f}" if counted else ""
        yield name, "-" if theirs is None else theirs, ours, figure["unit"], ratio


def print_table(figures):
    """One line a bench."""
    print(f"{'bench':32} {'blog_os':>10} {'Cairn':>10}  {'unit':14} ratio")
    for name, theirs, ours, unit, ratio in rows(figures):
        note = f"not reached: at most {GOALS[name]}" if ours > GOALS.get(name, ours) else ""
        print(f"{name:32} {theirs:>10} {ours:>10}  {unit:14} {ratio:5} {note}".rstrip())


def page_rows(figures, prefix, page):
    """The page's rows by name: those of the benches that have run, and all others as they are in the page's text."""
    old = {row[2]: row[1] for row in re.finditer(r"^(\| `(\S+)` \|.*)$", page, re.MULTILINE)}
    kept = {name: row for name, row in old.items() if not name.startswith(prefix)}
    return kept | {name: f"| `{name}` | {theirs} | {ours} | {unit} | {ratio} |"
                   for name, theirs, ours, unit, ratio in rows(figures)}


BESIDE_LINUX = """
## Beside Linux

Written by `make compare`: the benches of programs (`user/bench/`), the same file on Cairn and under Debian's kernel, with
`mitigations=off`, in the same QEMU.

| bench | Linux | Cairn | ratio |
| --- | ---: | ---: | ---: |
""".lstrip("\n")


PROGRAMS_BESIDE_LINUX = """
## Debian's programs beside Linux

Written by `make compare`: what a command costs from its start to its end, on Cairn and under Debian's kernel with `mitigations=off`, in
the same QEMU, with the same disk, whose files are in memory by then. A plugin of QEMU counts the instructions of the kernel and those
of programs apart (`tests/tools/count_modes.c`).

| command | kernel, Linux | kernel, Cairn | share of Linux's | programs, Linux | programs, Cairn |
| --- | ---: | ---: | ---: | ---: | ---: |
""".lstrip("\n")


def program_rows(figures):
    """For each command, {name: (kernel and programs on Linux, on Cairn)}, what the page shows."""
    for name, (linux, linux_programs, ours, our_programs) in figures.items():
        yield f"| `{name}` | {linux} | {ours} | {ours / linux:.2f} | {linux_programs} | {our_programs} |"


def split_page():
    """The page's parts: of all benches, of those beside Linux, and of programs."""
    page = PAGE.read_text() if PAGE.exists() else ""
    page, found, programs = page.partition("\n" + PROGRAMS_BESIDE_LINUX.split("\n", maxsplit=1)[0])
    page, _, beside = page.partition(BESIDE_LINUX.split("\n", maxsplit=1)[0])
    return page, beside, found + programs


def write_programs(figures):
    """Writes the page's part of programs anew, below the others."""
    text = PAGE.read_text()
    PAGE.write_text(text.removesuffix(split_page()[2]) + "\n" + PROGRAMS_BESIDE_LINUX + "\n".join(program_rows(figures)) + "\n")


def linux_rows(linux, ours):
    """For each bench that Linux has a figure of: that, Cairn's, and how many times less ours is."""
    for name in sorted(linux.keys() & ours.keys()):
        yield f"| `{name}` | {linux[name]:.0f} | {ours[name]} | {linux[name] / max(float(ours[name]), 1):.1f} |"


def linux_figures(page):
    """Linux's figures in a page's text."""
    return {name: float(value) for name, value in re.findall(r"^\| `(\S+)` \| (\d+) \|", page, re.MULTILINE)}


def write_page(figures, prefix, linux=None):
    """The same table as a page of the documentation, and below it what is known of Linux: `linux` for benches that have just
    run there."""
    lines = ["# Benchmarks", "",
             "Written by `make bench`. Guest instructions per operation, counted by QEMU's `-icount shift=0`: the same on",
             "every run and every machine. Each workload is described where it is run, below `kernel/bench/` and `user/bench/`; blog_os's",
             "figures (branch post-12, release build) are for the same workloads. [strings.md](strings.md) has times of",
             "copies on the build machine, beside the C library's.", "",
             "| bench | blog_os | Cairn | unit | ratio |", "| --- | ---: | ---: | --- | ---: |"]
    page, beside, programs = split_page()
    found = page_rows(figures, prefix, page)
    lines += [row for _, row in sorted(found.items())]
    linux = linux_figures(beside) | (linux or {})
    if linux:
        ours = {name: row.split(" | ")[2] for name, row in found.items()}
        lines += ["", BESIDE_LINUX + "\n".join(linux_rows(linux, ours))]
    PAGE.write_text("\n".join(lines) + "\n" + programs)


def main(arguments):
    """Runs, writes, prints."""
    prefix = arguments[0] if arguments else ""
    try:
        figures = collect(prefix)
        add_memory_per_gib(figures, prefix)
        add_entry_to_shell(figures, prefix)
    except qemu.QemuError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if not figures:
        print(f"{NO_BENCH} '{prefix}'", file=sys.stderr)
        return 1
    (paths.BUILD / "bench.json").write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    print_table(figures)
    write_page(figures, prefix)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
