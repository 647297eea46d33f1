"""What a loss of power leaves of an ext2 disk.

A machine runs a script on a disk whose writes and flushes QEMU records (blklogwrites). The disk has two partitions: the
file system, and one in which the script notes how far it has come each time that the file system has promised that what
was done is safe. A cut is a place in the record: the writes before the last flush are on the disk, and of those after it
any blocks, chosen at random. `e2fsck -p` mends what is there without a question, and then it has to keep the promises:

  - a file that was not touched since the last promise is as it was then;
  - one that was touched has the name, or one of the names, of before or after, and no content of another file;
  - one that was moved is at its old place or at its new one.
"""

import random
import re
import struct
import subprocess
from pathlib import Path

SECTOR = 512
PIECE = 1024  # bytes that are written as a whole: the file system's blocks
MAGIC = 0x6A736677736872
FLUSH = 1
FIRST = 1 << 20  # where the file system begins
SIZE = 12 << 20
NOTES = FIRST + SIZE  # where the notes are
DISK_SIZE = NOTES + (1 << 20)
LINE = 9  # bytes of a line of a file's content: its mark


class Disk:
    """A disk with both partitions, and the options that record what is done to it."""

    def __init__(self, folder, block_size=1024):
        self.image, self.record = folder / "disk.img", folder / "record"
        self.part = folder / "part.img"
        self.part.write_bytes(b"")
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", str(block_size), self.part, f"{SIZE >> 10}k"], check=True)
        self.image.write_bytes(bytes(DISK_SIZE))
        table = f"label: dos\nstart={FIRST // SECTOR}, size={SIZE // SECTOR}\nstart={NOTES // SECTOR}, size=1024\n"
        subprocess.run(["sfdisk", "-q", self.image], input=table, text=True, check=True)
        with open(self.image, "r+b") as image:
            image.seek(FIRST)
            image.write(self.part.read_bytes())
        self.start = self.image.read_bytes()
        self.record.touch()

    def plain_options(self):
        """The options of a disk whose writes are not recorded."""
        return ["-boot", "d", "-drive", f"if=virtio,format=raw,file={self.image}"]

    def noted(self):
        """The last note on the disk as it is now."""
        with open(self.image, "rb") as image:
            image.seek(NOTES)
            return note_in((NOTES, image.read(SECTOR))) or 0

    def file_system(self):
        """The file system as it is now."""
        with open(self.image, "rb") as image:
            image.seek(FIRST)
            return image.read(SIZE)

    def options(self):
        """The options of a disk whose writes and flushes are recorded."""
        nodes = (f"driver=blklogwrites,node-name=disk,file.driver=file,file.filename={self.image},"
                 f"log.driver=file,log.filename={self.record}")
        return ["-boot", "d", "-blockdev", nodes, "-device", "virtio-blk-pci,drive=disk"]

    def operations(self):
        """The record: (place, bytes) for each write, None for each flush."""
        record = self.record.read_bytes()
        magic, _, _, sector = struct.unpack_from("<QQQI", record)
        assert magic == MAGIC, "no record of a disk"
        result, at = [], sector
        while at + 32 <= len(record):
            first, count, flags, _ = struct.unpack_from("<QQQQ", record, at)
            if not count and not flags:
                break
            at += sector
            if count:
                result.append((first * sector, record[at:at + count * sector]))
                at += count * sector
            if flags & FLUSH:
                result.append(None)
        return result


class Script:
    """A script for a shell in the file system's root, and what it promises. `states[i]` has the files at note i, and
    `touched[i]` each file that is touched between notes i and i + 1, with all that it is meanwhile (None: nothing)."""

    def __init__(self, seed, steps):
        self.choose = random.Random(seed)
        self.files, self.directories = {}, [""]
        self.inodes = {}  # of each file, a number that files with several names share
        self.lines, self.states, self.touched = [], [{}], [{}]
        self.marks = 0
        for step in range(steps):
            self.step()
            if self.choose.random() < 0.3 or step == steps - 1:
                self.note()

    def text(self):
        return "".join(line + "\n" for line in self.lines)

    def set(self, path, content, inode=None):
        """The name has that content from now on; None: it is gone."""
        before = self.files.get(path)
        self.touched[-1].setdefault(path, [before]).append(content)
        if content is None:
            del self.files[path], self.inodes[path]
        else:
            self.files[path], self.inodes[path] = content, inode

    def change(self, path, content):
        """The file, which may be new, has that content from now on, under all its names."""
        inode = self.inodes.get(path, len(self.lines))
        for name in [name for name, other in self.inodes.items() if other == inode] or [path]:
            self.set(name, content, inode)

    def note(self):
        file = self.choose.choice(sorted(self.files))  # fsync() of one file makes all safe
        self.lines.append(self.choose.choice(["sync", f"dd if=/dev/null of={file} conv=notrunc,fsync 2>/dev/null"]))
        self.lines.append(f"echo {len(self.states)} | dd of=/dev/vda2 conv=fsync 2>/dev/null")
        self.states.append(dict(self.files))
        self.touched.append({})

    def content(self):
        """New content: many lines with a mark of its own."""
        self.marks += 1
        count = self.choose.choice([1, 50, 100, 1000, 5000, 30000])
        return f"{self.marks:08}", count

    def new_path(self):
        return f"{self.choose.choice(self.directories)}f{self.choose.randrange(40)}"

    def write(self):
        path = self.new_path()
        mark, count = self.content()
        self.lines.append(f"yes {mark} | head -n {count} >{path}")
        self.change(path, ((mark, count),))

    def append(self):
        path = self.choose.choice(sorted(self.files))
        mark, count = self.content()
        self.lines.append(f"yes {mark} | head -n {count} >>{path}")
        self.change(path, self.files[path] + ((mark, count),))

    def truncate(self):
        path = self.choose.choice(sorted(self.files))
        left = kept = self.choose.randrange(1, sum(count for _, count in self.files[path]) + 1)
        content = ()
        for mark, count in self.files[path]:
            content += ((mark, min(count, left)),) if left else ()
            left -= min(count, left)
        self.lines.append(f"truncate -s {kept * LINE} {path}")
        self.change(path, content)

    def link(self):
        old, new = self.choose.choice(sorted(self.files)), self.new_path()
        if new not in self.files:
            self.lines.append(f"ln {old} {new}")
            self.set(new, self.files[old], self.inodes[old])

    def remove(self):
        path = self.choose.choice(sorted(self.files))
        self.lines.append(f"rm {path}")
        self.set(path, None)

    def move(self):
        old, new = self.choose.choice(sorted(self.files)), self.new_path()
        if self.inodes[old] != self.inodes.get(new):
            self.lines.append(f"mv {old} {new}")
            self.set(new, self.files[old], self.inodes[old])
            self.set(old, None)

    def replace(self):
        """As editors do it: the new content is safe before it gets the name."""
        path = self.choose.choice(sorted(self.files))
        mark, count = self.content()
        self.lines.append(f"yes {mark} | head -n {count} | dd of=new conv=fsync 2>/dev/null; mv new {path}")
        self.set(path, ((mark, count),), len(self.lines))

    def make_directory(self):
        name = f"{self.choose.choice(self.directories)}d{len(self.lines)}/"
        self.lines.append(f"mkdir {name}")
        self.directories.append(name)

    def move_directory(self):
        """It gets another name where it is."""
        old = self.choose.choice(self.directories[1:])
        new = old[:old.rfind("/", 0, -1) + 1] + f"d{len(self.lines)}/"
        self.lines.append(f"mv {old[:-1]} {new[:-1]}")
        self.directories = [new + path[len(old):] if path.startswith(old) else path for path in self.directories]
        for path in [path for path in self.files if path.startswith(old)]:
            self.set(new + path[len(old):], self.files[path], self.inodes[path])
            self.set(path, None)

    def fill_directory(self):
        """Many names, which are not looked at afterwards, and may go again."""
        name = self.choose.choice(self.directories)
        self.lines.append(f"for i in $(seq 60); do echo >{name}g_{len(self.lines):020}_$i; done")
        if self.choose.random() < 0.5:
            self.lines.append(f"rm -f {name}g_*")

    def remove_directory(self):
        name = self.choose.choice(self.directories[1:])
        self.lines.append(f"rm -r {name}")
        self.directories = [path for path in self.directories if not path.startswith(name)]
        for path in [path for path in self.files if path.startswith(name)]:
            self.set(path, None)

    def step(self):
        if len(self.files) < 5:
            self.write()
            return
        steps = [self.write] * 5 + [self.append] * 2 + [self.remove] * 3 + [self.move] * 3 + [self.replace] * 2
        steps += [self.make_directory] * 2 + [self.link] * 2 + [self.truncate] * 2 + [self.fill_directory]
        if len(self.directories) > 3:
            steps += [self.remove_directory, self.move_directory]
        self.choose.choice(steps)()


def note_in(operation):
    """The number that the operation notes; None: it is another one."""
    if operation is None or operation[0] != NOTES:
        return None
    number = re.match(rb"(\d+)\n", operation[1])
    return int(number[1]) if number else None


def cut(disk, operations, place, seed):
    """The disk's file system after a loss of power before operation `place`, and the last note before it."""
    choose = random.Random(seed)
    data = bytearray(disk.start)
    noted, unflushed = 0, []
    for operation in operations[:place]:
        if operation is None:
            for at, piece in unflushed:
                data[at:at + len(piece)] = piece
            unflushed = []
            continue
        noted = max(noted, note_in(operation) or 0)
        at, written = operation
        unflushed += [(at + i, written[i:i + PIECE]) for i in range(0, len(written), PIECE)]
    chance = choose.choice([0.1, 0.5, 0.9])
    kept = {}
    for at, piece in unflushed:  # of two writes to one place the later one may be lost, but not overtaken
        if choose.random() < chance:
            kept[at] = piece
    for at, piece in kept.items():
        data[at:at + len(piece)] = piece
    return bytes(data[FIRST:FIRST + SIZE]), noted


def marks_of(contents, names):
    """The marks of all files that had the first mark of one of `contents`, whatever their names: a file that moves may
    be found at its old place with what was written to it at the new one."""
    first = {content[0][0] for content in contents if content}
    return {mark for content in names if content and content[0][0] in first for mark, _ in content}


def bytes_of(content):
    return b"".join(f"{mark}\n".encode() * count for mark, count in content)


def check_touched(path, found, states, marks):
    """What is wrong with a file that was touched, and whose content is `found` (None: it is not there)."""
    if found is None:
        return None if None in states else f"{path} is gone"
    allowed = {f"{mark}\n".encode() for mark in marks}
    foreign = {found[i:i + LINE] for i in range(0, len(found), LINE)} - allowed
    foreign = {line for line in foreign if line.strip(b"\0") and not any(right.startswith(line) for right in allowed)
               and not any(right.endswith(line.lstrip(b"\0")) or right.startswith(line.rstrip(b"\0")) for right in allowed)}
    return f"{path} has content of another file: {sorted(foreign)[:3]}" if foreign else None


def check_moved(top, script, noted):
    """Files that were safe, and have moved since, but were not removed: each is at one of its places."""
    touched = script.touched[noted]
    after = script.states[min(noted + 1, len(script.states) - 1)]
    stays = {content[0][0] for content in after.values()}
    for path, content in script.states[noted].items():
        mark = content[0][0]
        places = {place for place, states in touched.items() for state in states if state and state[0][0] == mark}
        places |= {place for place, state in script.states[noted].items() if state[0][0] == mark}
        found = [place for place in places if (top / place).is_file() and (top / place).read_bytes().startswith(mark.encode())]
        if path in touched and mark in stays and not found:
            return f"{path}, which was safe, is at none of {sorted(places)}"
    return None


def check_files(top, script, noted):
    """What is wrong with the files below `top` after note `noted`."""
    touched = script.touched[noted]
    for path, content in script.states[noted].items():
        file = top / path
        if path not in touched and (not file.is_file() or file.read_bytes() != bytes_of(content)):
            return f"{path}, which was safe, is {'not the same' if file.is_file() else 'gone'}"
    for path, states in touched.items():
        file = top / path
        marks = marks_of(states, [state for others in touched.values() for state in others])
        wrong = check_touched(path, file.read_bytes() if file.is_file() else None, states, marks)
        if wrong:
            return wrong
    return check_moved(top, script, noted)


def check_cut(disk, script, operations, place, seed, folder):
    """What is wrong after a cut; None: nothing."""
    return check_left(script, *cut(disk, operations, place, seed), folder)


def check_left(script, data, noted, folder):
    """What is wrong with a file system that was left like that, after the last note that is safe; None: nothing."""
    image, top = Path(folder) / "cut.img", Path(folder) / "files"
    image.write_bytes(data)
    mended = subprocess.run(["e2fsck", "-fp", image], capture_output=True, text=True)
    if mended.returncode & ~1:
        return f"e2fsck cannot mend it (note {noted}):\n{mended.stdout}"
    again = subprocess.run(["e2fsck", "-fn", image], capture_output=True, text=True)
    if again.returncode:
        return f"e2fsck has mended it in part (note {noted}):\n{again.stdout}"
    subprocess.run(["rm", "-rf", top], check=True)
    top.mkdir()
    subprocess.run(["debugfs", "-R", f"rdump / {top}", image], capture_output=True, check=True)
    wrong = check_files(top, script, noted)
    return wrong and f"{wrong} (note {noted})\n{mended.stdout}"
