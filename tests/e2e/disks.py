"""Disks as a person at the shell uses them; their images are made and checked by the build machine's own tools."""

import hashlib
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

from runner import paths
from runner.disk_test import MIB, DiskTest
from runner.machine import virtio_disk

DEEP = 14 * MIB  # behind the blocks that an inode's own numbers and its first table of numbers lead to
FARTHER = 80 * MIB  # likewise for its second one, with blocks of 1 KiB


class Disks(DiskTest):
    """Disks as files, and ext2 on them."""

    # --- The disk as a file ---------------------------------------------------------------------

    def test_a_disk_is_a_file(self):
        """It is read, written, and has a size; what was written is on it once `sync` is over."""
        image = self.image(3 * MIB + 512)
        machine = self.start(image)
        self.expect(machine, "ls -l /dev/vda | cut -c1-10", "brw-rw----")
        self.expect(machine, "md5sum </dev/vda", hashlib.md5(image.read_bytes()).hexdigest() + "  -")
        self.expect(machine, "blockdev --getsize64 /dev/vda; blockdev --getss /dev/vda", str(3 * MIB + 512), "512")
        self.expect(machine, "seq 100000 | dd of=/dev/vda bs=1000 seek=1234 2>&1 | wc -l; sync", "2")
        expected = "".join(f"{i}\n" for i in range(1, 100001)).encode()
        machine.kill()
        self.assertEqual(image.read_bytes()[1234000:1234000 + len(expected)], expected)

    def test_what_is_asked_of_it(self):
        """Its size in blocks of 512 bytes, the size of its blocks, whether it is read-only; and its cache is emptied."""
        machine = self.start(self.image(MIB))
        for question, answer in (("size", "2048"), ("bsz", "4096"), ("ro", "0")):
            self.expect(machine, f"blockdev --get{question} /dev/vda", answer)
        machine.answer("echo new | dd of=/dev/vda conv=notrunc 2>/dev/null")
        self.expect(machine, "blockdev --flushbufs /dev/vda; head -1 /dev/vda", "new")

    def test_sysfs_has_it(self):
        """/sys lists the disk, and names it where it names others."""
        machine = self.start(self.image(MIB))
        machine.answer("mount -t sysfs sysfs /sys 2>/dev/null")
        self.expect(machine, "ls /sys/block; cat /sys/block/vda/size /sys/block/vda/ro", "vda", "2048", "0")
        self.assertIn("vda", machine.answer("ls /sys/class/block"))

    def test_read_only_and_back(self):
        """A file system is made read-only, and writable again: not while a file is open for writing; nothing is lost."""
        for kind, make in (("ext2", ["mke2fs", "-q", "-t", "ext2"]), ("vfat", ["mkfs.fat"])):
            image = self.folder / "disk.img"
            with open(image, "wb") as file:
                file.truncate(0)
                file.truncate(8 * MIB)
            subprocess.run([*make, str(image)], check=True, stdout=subprocess.DEVNULL)
            machine = self.start(image)
            machine.answer(f"mkdir /m; mount -t {kind} /dev/vda /m; echo one >/m/f")
            self.expect(machine, "exec 9>/m/g; mount -o remount,ro /m", "mount: mounting /dev/vda on /m failed: Device or resource busy")
            self.expect(machine, "exec 9>&-; mount -o remount,ro /m; echo two >/m/f", "sh: can't create /m/f: Read-only file system")
            self.expect(machine, "mount -o remount,rw /m; cat /m/f; echo two >/m/f", "one")
            self.expect(machine, f"umount /m; mount -t {kind} /dev/vda /m; cat /m/f", "two")
            self.assertRegex(machine.answer("df /m | tail -1")[0], r"^/dev/vda .* /m$")
            self.expect(machine, "umount /m")
            machine.kill()

    def test_its_end(self):
        """Nothing is written beyond it."""
        image = self.image(MIB)
        machine = self.start(image)
        self.expect(machine, "dd if=/dev/zero of=/dev/vda bs=1M count=2 2>&1 | head -1",
                    "dd: error writing '/dev/vda': No space left on device")
        self.expect(machine, "dd if=/dev/zero of=/dev/vda bs=1000 2>&1 | grep out", "1048+0 records out")
        self.expect(machine, "tail -c 5 /dev/vda | od -An -tx1", " 00 00 00 00 00")
        self.expect(machine, "dd if=/dev/vda bs=1 skip=1048570 2>/dev/null | wc -c", "6")

    def test_partitions(self):
        """They appear as devices, and each is its own part of the disk."""
        image = self.image(8 * MIB)
        subprocess.run(["sfdisk", "-q", image], input="label: gpt\nsize=2M\nsize=1M\n", text=True, check=True)
        machine = self.start(image, "vda2")
        self.expect(machine, "wc -c </dev/vda1", "2097152")
        data = image.read_bytes()
        self.expect(machine, "md5sum </dev/vda2", hashlib.md5(data[3 * MIB:4 * MIB]).hexdigest() + "  -")

    def test_direct(self):
        """O_DIRECT goes past the memory, but not past what is in it."""
        image = self.image(MIB)

        def change(page, content):
            with open(image, "r+b") as file:
                file.seek(page * 4096)
                file.write(content.ljust(4096))

        machine = self.start(image)
        machine.answer("r() { dd if=/dev/vda bs=4k count=1 skip=$* 2>&1 | head -c 3; echo; }")
        machine.answer("exec 3</dev/vda; d=iflag=direct od=oflag=direct")  # which keeps the pages in memory
        for page in (7, 8):
            change(page, b"old")
        self.expect(machine, "r 7 $d; r 8", "old", "old")
        for page in (7, 8):
            change(page, b"new")
        self.expect(machine, "r 7 $d; r 8; r 8 $d", "new", "old", "old")
        self.expect(machine, "echo now | dd of=/dev/vda seek=8 bs=4k 2>/dev/null; r 8 $d", "now")
        self.expect(machine, "dd if=/dev/vda of=/dev/vda seek=20 bs=4k count=2 $od 2>/dev/null")
        self.assertEqual(image.read_bytes()[20 * 4096:22 * 4096], image.read_bytes()[:2 * 4096])
        self.expect(machine, "dd if=/dev/vda bs=512 count=2048 $d 2>/dev/null | md5sum",
                    hashlib.md5(image.read_bytes()).hexdigest() + "  -")

    def test_direct_on_ext2(self):
        """The same for files, whatever is written how."""
        image = self.folder / "direct.img"
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-b", "1024", image, "16M"], check=True, stdout=subprocess.DEVNULL)
        machine = self.start(image)
        self.quiet(machine, "mkdir /m; mount -t ext2 /dev/vda /m; cd /m; seq 100000 >b; cat b b b >a")
        self.quiet(machine, "d() { dd 2>/dev/null $*; }", "d if=a of=b bs=64k oflag=direct; cmp a b",
                   "d if=b of=c bs=36k iflag=direct; cmp b c", "p='bs=4k seek=3 count=5 conv=notrunc'", "d if=a of=b $p oflag=direct",
                   "d if=a of=c $p; cmp b c", "cd /; sync; umount /m; mount -t ext2 /dev/vda /m", "cmp /m/b /m/c; d if=/m/b bs=12k iflag=direct | cmp - /m/c")
        self.expect(machine, "wc -c </m/c; umount /m", "1766685")
        machine.kill()
        self.check(image)

    def programs(self, *names):
        """A disk with programs of the build machine and their libraries; the loader is ld.so."""
        top, image = self.folder / "programs", self.folder / "programs.img"
        top.mkdir()
        for name in names:
            program = shutil.which(name, path=os.environ["PATH"] + ":/sbin:/usr/sbin")
            shutil.copy(program, top / name)
            needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
            for file in re.findall(r"(/\S+) \(0x", needed):
                shutil.copy(file, top / ("ld.so" if "/ld-linux" in file else Path(file).name))
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-d", top, image, "16M"], check=True, stdout=subprocess.DEVNULL)
        return image

    def test_blkid_and_fdisk(self):
        """They find tables and file systems, and print what they print on the build machine."""
        image, part = self.image(12 * MIB), self.folder / "part.img"
        table = "label: dos\nlabel-id: 0x12345678\nstart=2048, size=8192, type=83\nstart=10240, size=12288, type=c\n"
        subprocess.run(["sfdisk", "-q", image], input=table, text=True, check=True)
        uuid, serial = "01234567-89ab-cdef-0123-456789abcdef", "1234ABCD"
        for place, make in ((MIB, ["mke2fs", "-q", "-t", "ext2", "-L", "Files", "-U", uuid, part, "4M"]),
                            (5 * MIB, ["mkfs.fat", "-n", "STICK", "-i", serial, "-C", part, "6144"])):
            subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
            with open(image, "r+b") as disk:
                disk.seek(place)
                disk.write(part.read_bytes())
            part.unlink()
        machine = self.boot(options=[*virtio_disk(image), "-drive", f"if=virtio,format=raw,file={self.programs('blkid')}"])
        machine.wait_disks("vda2", "vdb")
        machine.answer("mkdir /p; mount -t ext2 -o ro /dev/vdb /p; alias blkid='/p/ld.so --library-path /p /p/blkid -p'")
        self.expect(machine, "blkid -o value -s LABEL -s UUID -s TYPE /dev/vda1", "Files", uuid, "ext2")
        self.expect(machine, "blkid -o value -s LABEL -s UUID -s TYPE /dev/vda2", "STICK", f"{serial[:4]}-{serial[4:]}", "vfat")
        self.expect(machine, "blkid -o value -s PTTYPE /dev/vda", "dos")
        busybox = subprocess.run(["busybox", "fdisk", "-l", image], capture_output=True, text=True, check=True).stdout
        there = machine.answer("fdisk -l /dev/vda")
        self.assertEqual([line.split() for line in there if line.strip()],
                         [line.replace(str(image), "/dev/vda").split() for line in busybox.splitlines() if line.strip()])

    def test_a_bad_block_is_an_error_of_the_program(self):
        """The program gets EIO, the log has a line, and the disk goes on."""
        image = self.image(MIB)
        rules = self.folder / "rules"
        rules.write_text('[inject-error]\nevent = "none"\niotype = "read"\nerrno = "5"\nsector = "800"\n')
        machine = self.boot(options=["-drive", f"if=virtio,format=raw,file=blkdebug:{rules}:{image}"])
        machine.wait_disks("vda")
        self.expect(machine, "dd if=/dev/vda of=/dev/null bs=4k skip=100 count=1 2>&1 | head -1", "dd: /dev/vda: Input/output error")
        self.expect(machine, "dd if=/dev/vda bs=4k skip=101 count=3 2>/dev/null | md5sum",
                    hashlib.md5(image.read_bytes()[404 * 1024:416 * 1024]).hexdigest() + "  -")
        self.assertIn("vda: a read of", " ".join(machine.answer("dmesg | tail -3")))

    # --- ext2 -----------------------------------------------------------------------------------

    def tree(self):
        """A tree of files of all kinds."""
        top = self.folder / "tree"
        (top / "a directory" / "deep" / "deeper").mkdir(parents=True)
        for i in range(300):
            (top / "a directory" / f"{'n' * (i % 200)}{i}").write_text(f"{i}\n")
        (top / "big").write_bytes(random.Random(2).randbytes(5 * MIB + 123))
        with open(top / "holes", "wb") as holes:
            for place in (0, 300_000, DEEP, FARTHER):
                holes.seek(place)
                holes.write(b"here")
        os.link(top / "big", top / "a directory" / "also big")
        os.symlink("big", top / "short")
        os.symlink("a directory/" + "./" * 60 + "deep/../../big", top / "long")
        os.mkfifo(top / "a directory" / "fifo")
        (top / "empty").touch()
        return top

    def digests(self, top):
        """What md5sum says of each file, links followed."""
        return sorted(f"{hashlib.md5(path.read_bytes()).hexdigest()}  ./{path.relative_to(top)}"
                      for path in top.rglob("*") if path.is_file())

    def test_ext2(self):
        """Each file is as the build machine's mke2fs has put it there, and nothing is changed."""
        top = self.tree()
        for size, revision in (("1024", "1"), ("2048", "1"), ("4096", "1"), ("1024", "0")):
            image = self.folder / f"ext2-{size}-{revision}.img"
            subprocess.run(["mke2fs", "-q", "-t", "ext2", "-r", revision, "-b", size, "-d", top, image, "24M"],
                           check=True, stdout=subprocess.DEVNULL)
            before = hashlib.md5(image.read_bytes()).digest()
            machine = self.start(image)
            self.expect(machine, "mkdir /m; mount -t ext2 -o ro /dev/vda /m; cd /m; mount | grep vda", "/dev/vda on /m type ext2 (ro,relatime)")
            machine.answer("find . -follow -type f -exec md5sum {} + | sort >/tmp/sums")
            self.expect(machine, "md5sum </tmp/sums",
                        hashlib.md5("".join(line + "\n" for line in self.digests(top)).encode()).hexdigest() + "  -")
            self.expect(machine, "[ -p 'a directory/fifo' ] && stat -c '%h %s' big && readlink short", f"2 {5 * MIB + 123}", "big")
            self.expect(machine, "echo x 2>&1 >new", "sh: can't create new: Read-only file system")
            self.expect(machine, "rm -f empty", "rm: can't remove 'empty': Read-only file system")
            self.expect(machine, "cd /; umount /m && ls /m")
            machine.kill()
            self.assertEqual(hashlib.md5(image.read_bytes()).digest(), before)

    def check(self, image):
        """The build machine's e2fsck finds nothing to mend."""
        result = subprocess.run(["e2fsck", "-fn", image], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)

    def quiet(self, machine, *commands):
        """Types commands that print nothing."""
        for command in commands:
            self.expect(machine, command)

    def test_ext2_is_written(self):
        """Files of all kinds are made, changed and removed; after umount the disk is clean and has them."""
        big = 12 * "".join(f"{i}\n" for i in range(1, 100001)).encode()  # seq itself is slow
        numbers = hashlib.md5(big).hexdigest() + "  -"
        for size, revision in (("1024", "1"), ("4096", "1"), ("2048", "0")):
            image = self.folder / f"rw-{size}-{revision}.img"
            subprocess.run(["mke2fs", "-q", "-t", "ext2", "-r", revision, "-b", size, image, "40M"], check=True, stdout=subprocess.DEVNULL)
            machine = self.start(image)
            self.expect(machine, "mkdir /m; mount -t ext2 /dev/vda /m; mount | grep vda", "/dev/vda on /m type ext2 (rw,relatime)")
            self.expect(machine, "stat -c %D /m; grep -c ' fe:0 \\| 254:0 ' /proc/self/mountinfo", "fe00", "1")
            self.quiet(machine, "cd /m; echo x >file; mkdir -p d/e; ln file d/hard", "ln -s file s; ln -s $(seq 100 | tr '\\n' /) long",
                       "mkfifo f; mknod n c 1 3; sync")
            self.quiet(machine, f"seq 100000 >/s; cat {12 * '/s '} >big")
            self.expect(machine, "cp big d/e/copy; md5sum <d/e/copy", numbers)
            self.quiet(machine, "echo here | dd of=holes bs=1k seek=30000 2>/dev/null", "truncate -s 5000 big; for i in $(seq 200); do echo $i >d/$i; done",
                       "mv d/e dir; mv d/17 d/18; rm d/1??", "chmod 600 file; chown 5:70000 d/hard; touch -d @86400 d/18")
            self.expect(machine, "stat -c '%h %a %u %g %s %Y' d/hard d/18 | cut -c 1-15", "2 600 5 70000 2", "1 644 0 0 3 864")
            self.expect(machine, "ls d | wc -l; stat -c %h d dir; rmdir d", "100", "2", "2", "rmdir: 'd': Directory not empty")
            self.expect(machine, "(rm big; cat) <big | wc -c; ls", "5000", "d           f           holes       lost+found  s",
                        "dir         file        long        n")
            self.quiet(machine, "cd /; umount /m; ls /m; mount -t ext2 /dev/vda /m")
            self.expect(machine, "cat /m/file /m/d/18 /m/s; md5sum </m/dir/copy; tail -c5 /m/holes", "x", "17", "x", numbers, "here")
            self.quiet(machine, "umount /m")
            machine.kill()
            self.check(image)

    def test_an_ext2_is_full(self):
        """The program learns it, what is there stays, and what is deleted is free again."""
        image = self.folder / "full.img"
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-m", "0", image, "2M"], check=True, stdout=subprocess.DEVNULL)
        machine = self.start(image)
        self.quiet(machine, "mkdir /m; mount -t ext2 /dev/vda /m; cd /m")
        self.expect(machine, "dd if=/dev/zero of=a bs=1k 2>&1 | head -1", "dd: error writing 'a': No space left on device")
        self.expect(machine, "mkdir b", "mkdir: can't create directory 'b': No space left on device")
        self.expect(machine, "rm a; seq 100000 >c; md5sum <c",
                    hashlib.md5("".join(f"{i}\n" for i in range(1, 100001)).encode()).hexdigest() + "  -")
        self.quiet(machine, "cd /; umount /m")
        machine.kill()
        self.check(image)

    def test_random_operations(self):
        """The disk agrees with memory in each result, and after each remount in all files; e2fsck finds nothing. The
        environment may say how many OPERATIONS."""
        rounds, operations = 3, int(os.environ.get("OPERATIONS", "30000"))
        top = self.folder / "top"
        top.mkdir()
        shutil.copy(paths.BUILD / "two-trees", top / "two-trees")
        for size in ("1024", "4096"):
            image = self.folder / f"random-{size}.img"
            subprocess.run(["mke2fs", "-q", "-t", "ext2", "-b", size, "-d", top, image, "96M"], check=True, stdout=subprocess.DEVNULL)
            machine = self.start(image)
            self.quiet(machine, "mkdir /m /t; mount -t ext2 /dev/vda /m; mkdir -m 700 /m/t; chmod 700 /t", "cp /m/two-trees /tmp")
            for seed in range(rounds):
                self.expect(machine, f"/tmp/two-trees {operations // rounds} {seed} /m/t /t", "agree")
                self.quiet(machine, "umount /m; mount -t ext2 /dev/vda /m")
                self.expect(machine, "/tmp/two-trees 0 0 /m/t /t", "agree")
            self.quiet(machine, "umount /m")
            machine.kill()
            self.check(image)

    def test_the_last_blocks_are_roots(self):
        """Another user's file gets what is not reserved, as df says; root's gets the rest."""
        image = self.folder / "reserved.img"
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-m", "25", image, "4M"], check=True, stdout=subprocess.DEVNULL)
        machine = self.start(image)
        self.quiet(machine, "mkdir /m; mount -t ext2 /dev/vda /m; cd /m; chmod 777 .", "echo u:x:1000:1000::/:/bin/sh >>/etc/passwd")
        room = int(machine.answer("df -k . | tail -1 | tr -s ' ' | cut -d' ' -f4")[0])
        answer = machine.answer("su u -c 'dd if=/dev/zero of=t bs=1k' 2>&1|head -1; du -k t|cut -f1")
        self.assertEqual(answer[0], "dd: error writing 't': No space left on device")
        self.assertLess(abs(room - int(answer[1])), 16, (room, answer))
        self.expect(machine, "dd if=/dev/zero of=ours bs=1k count=900 2>&1 | head -1", "900+0 records in")
        self.quiet(machine, "cd /; umount /m")
        machine.kill()
        self.check(image)

    def test_a_large_file_leaves_memory_for_programs(self):
        """What memory holds of a disk gives way to what the kernel needs for a program."""
        top, image = self.folder / "top", self.folder / "large.img"
        top.mkdir()
        content = random.Random(2).randbytes(40 * MIB)
        (top / "large").write_bytes(content)
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-d", top, image, "48M"], check=True, stdout=subprocess.DEVNULL)
        machine = self.boot(options=[*virtio_disk(image), "-m", "32M"])
        machine.wait_disks("vda")
        self.quiet(machine, "mkdir /m; mount -t ext2 /dev/vda /m")
        self.expect(machine, "md5sum </m/large", hashlib.md5(content).hexdigest() + "  -")
        machine.answer("for i in $(seq 20); do sleep 1000 & done")
        self.expect(machine, "ps | grep -c '[s]leep 1000'", "20")
        self.assertNotIn("out of memory", machine.output())

    def test_an_unclean_ext2_is_read_only(self):
        """It says so; once e2fsck has mended it, it is writable."""
        image = self.folder / "unclean.img"
        subprocess.run(["mke2fs", "-q", "-t", "ext2", image, "2M"], check=True, stdout=subprocess.DEVNULL)
        mount = "mkdir /m; mount -t ext2 /dev/vda /m"
        machine = self.start(image)
        self.quiet(machine, mount, "echo x >/m/file; sync")
        machine.kill()
        machine = self.start(image)
        self.quiet(machine, mount)
        self.expect(machine, "cat /m/file; mount | grep vda; echo y >/m/file", "x", "/dev/vda on /m type ext2 (ro,relatime)",
                    "sh: can't create /m/file: Read-only file system")
        self.assertIn("ext2: vda was not unmounted cleanly", " ".join(machine.answer("dmesg | tail -3")))
        machine.kill()
        self.assertEqual(subprocess.run(["e2fsck", "-fp", image], stdout=subprocess.DEVNULL).returncode & ~1, 0)
        machine = self.start(image)
        self.quiet(machine, mount, "echo y >>/m/file; mount -o remount,ro /m")
        self.expect(machine, "cat /m/file; mount | grep vda", "x", "y", "/dev/vda on /m type ext2 (ro,relatime)")
        machine.kill()
        self.check(image)

    def test_what_is_no_ext2_is_refused(self):
        """Other content, other features (by name), and a superblock that lies."""
        image = self.image(8 * MIB)
        machine = self.start(image)
        self.expect(machine, "mkdir /m; mount -t ext2 -o ro /dev/vda /m", "mount: mounting /dev/vda on /m failed: Invalid argument")
        self.expect(machine, "mount -t ext2 -o ro /dev/null /m", "mount: mounting /dev/null on /m failed: Block device required")
        machine.kill()
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", image], check=True, stdout=subprocess.DEVNULL)
        machine = self.start(image)
        self.expect(machine, "mkdir /m; mount -t ext2 -o ro /dev/vda /m", "mount: mounting /dev/vda on /m failed: Invalid argument")
        self.assertIn("has extents, which is not supported", " ".join(machine.answer("dmesg | tail -4")))

    def test_a_damaged_ext2(self):
        """Whatever the bits are, a program gets an error, and the kernel goes on."""
        image = self.folder / "damaged.img"
        good = self.folder / "good.img"
        subprocess.run(["mke2fs", "-q", "-t", "ext2", "-b", "1024", "-d", self.tree(), good, "24M"], check=True, stdout=subprocess.DEVNULL)
        choose = random.Random(3)
        for _ in range(4):  # (a size may be wrong: a file of 4 GiB of zeros is read in part)
            data = bytearray(good.read_bytes())
            for _ in range(2000):
                place = choose.randrange(1024, 600 * 1024)  # tables, directories
                data[place] = choose.randrange(256)
            data[1024:2048] = good.read_bytes()[1024:2048]
            image.write_bytes(data)
            machine = self.start(image)
            machine.answer("mkdir /m; mount -t ext2 -o ro /dev/vda /m; find /m -type f -exec head -c 20000000 {} + >/dev/null 2>&1; "
                           "ls -lR /m >/dev/null 2>&1")
            self.expect(machine, "cd /; umount /m; echo alive", "alive")
            machine.kill()
