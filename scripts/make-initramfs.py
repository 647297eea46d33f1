#!/usr/bin/env python3
"""make-initramfs.py OUT WORD ...: writes a cpio archive of the kind `newc`, which the kernel unpacks into its root.

A word PATH=FILE is a file with the contents of FILE, executable if that is; PATH/ is an empty directory. Directories above a
path are there by themselves. `--tree FOLDER` adds all files below a folder, `--busybox FILE` adds busybox and a symbolic link
for each of its commands. The same files make the same archive: entries are sorted, inodes are numbered in that order, and
times are SOURCE_DATE_EPOCH or 0.
"""

import argparse
import os
import stat
import subprocess
import sys
from pathlib import Path

TRAILER = "TRAILER!!!"
MODES = {"root/": 0o700, "tmp/": 0o1777}  # of directories that are not for all


def pad(content):
    """Up to a multiple of four bytes."""
    return content + bytes(-len(content) % 4)


def entry(number, name, mode, content, time):
    """One entry: a header of 110 hexadecimal digits, the name, and the contents. Owner and group are root."""
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = [number, mode, 0, 0, links, time, len(content), 0, 0, 0, 0, len(name) + 1, 0]
    header = "070701" + "".join(f"{field:08x}" for field in fields)
    return pad(header.encode() + name.encode() + b"\0") + pad(content)


def with_parents(entries):
    """The entries, and a directory for each folder that they name."""
    for name in list(entries):
        for parent in Path(name).parents:
            if str(parent) != ".":
                entries.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))
    return entries


def file_entry(name, file):
    """A file, with its name in the archive."""
    mode = 0o755 if os.access(file, os.X_OK) else 0o644
    return name, stat.S_IFREG | mode, file.read_bytes()


def parse(word):
    """One word of the command line, as name, mode and contents."""
    if word.endswith("/"):
        return word[:-1], stat.S_IFDIR | MODES.get(word, 0o755), b""
    name, _, file = word.partition("=")
    return file_entry(name, Path(file))


def tree(folder):
    """All files below a folder."""
    return [file_entry(str(file.relative_to(folder)), file) for file in folder.rglob("*") if file.is_file()]


def busybox(program):
    """Busybox, and a link to it for each of its commands, where it wants that to be."""
    listing = subprocess.run([program, "--list-full"], check=True, text=True, stdout=subprocess.PIPE).stdout
    for name in listing.split():
        if "/" in name:
            yield name, stat.S_IFLNK | 0o777, b"/bin/busybox"
    yield file_entry("bin/busybox", program)


def archive(entries, time):
    """The bytes of the archive."""
    parts = [entry(number, name, *entries[name], time) for number, name in enumerate(sorted(entries), 1)]
    return b"".join(parts) + entry(0, TRAILER, 0, b"", 0)


def main():
    """Reads the words and writes the archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--busybox", type=Path)
    parser.add_argument("--tree", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    found = list(busybox(arguments.busybox)) if arguments.busybox else []
    found += tree(arguments.tree) if arguments.tree else []
    found += map(parse, arguments.words)
    entries = with_parents({name: (mode, content) for name, mode, content in found})
    arguments.out.write_bytes(archive(entries, int(os.environ.get("SOURCE_DATE_EPOCH", "0"))))


if __name__ == "__main__":
    sys.exit(main())
