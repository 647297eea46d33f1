"""File systems that others write: FAT as sticks have it, and ISO 9660. The build machine's own tools make and check them."""

import hashlib
import os
import random
import subprocess

from runner import paths
from runner.disk_test import MIB, DiskTest

NAMES = ["SHORT.TXT", "lower.txt", "Mixed Case.txt", "a long name with spaces.and.dots.text", "über.txt", "日本.txt",
         "n" * 200 + ".x", "noext", "UPPER", "x.toolong", "mixed.TXT"]
KINDS = [("12", 4 * MIB, []), ("16", 40 * MIB, []), ("32", 80 * MIB, ["-s", "1"])]


def digest(data):
    """As md5sum prints it for its standard input."""
    return hashlib.md5(data).hexdigest() + "  -"


class Sticks(DiskTest):
    """A stick, or a CD."""

    def run_tool(self, *command):
        """Runs a tool of the build machine; what it printed."""
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, env={**os.environ, "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}")
        return done.stdout

    def stick(self, bits, size, options):
        """A FAT image with some files, and what is in them."""
        image = self.folder / "stick.img"
        with open(image, "wb") as file:
            file.truncate(size)
        self.run_tool("mkfs.fat", "-F", bits, *options, image)
        contents = {name: random.Random(name).randbytes(3000 + 700 * i) for i, name in enumerate(NAMES)}
        contents["big"] = random.Random(9).randbytes(2 * MIB + 17)
        for name, content in contents.items():
            (self.folder / "content").write_bytes(content)
            self.run_tool("mcopy", "-i", image, self.folder / "content", f"::{name}")
        self.run_tool("mmd", "-i", image, "::folder", "::folder/Inner Folder")
        return image, contents

    def check(self, image):
        """fsck.fat has nothing to say about it."""
        self.run_tool("fsck.fat", "-n", image)

    def read_back(self, image, name):
        """A file, as mtools reads it."""
        done = subprocess.run(["mcopy", "-i", image, f"::{name}", "-"], stdout=subprocess.PIPE, check=True,
                              env={**os.environ, "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"})
        return done.stdout

    def test_fat_is_read(self):
        """Of each kind, with long names, and nothing is written."""
        for bits, size, options in KINDS:
            image, contents = self.stick(bits, size, options)
            before = image.read_bytes()
            machine = self.start(image)
            self.expect(machine, "mkdir /m; mount -t vfat -o ro /dev/vda /m; cd /m; ls | wc -l", str(len(contents) + 1))
            for name, content in contents.items():
                pattern = f"'{name}'" if len(name) < 40 else "nnnn*.x"  # what is typed has to fit into a line
                self.expect(machine, f"cat {pattern} | md5sum", digest(content))
            self.expect(machine, "md5sum <sHoRt.TxT; ls -d Folder/'INNER folder'", digest(contents["SHORT.TXT"]), "Folder/INNER folder")
            self.expect(machine, "echo x >new", "sh: can't create new: Read-only file system")
            self.expect(machine, "cd /; umount /m")
            machine.kill()
            self.assertEqual(image.read_bytes(), before)

    def test_fat_is_written(self):
        """Files and directories of all names come, grow, shrink, move and go; fsck.fat finds nothing."""
        for bits, size, options in KINDS:
            image, contents = self.stick(bits, size, options)
            machine = self.start(image)
            machine.answer("mkdir /m; mount -t vfat /dev/vda /m; cd /m; free=$(df -k . | tail -1 | tr -s ' ' | cut -d' ' -f4)")
            machine.answer("for i in $(seq 60); do echo $i >\"a new file $i\"; done; seq 100000 >numbers; mkdir -p one/two/three")
            machine.answer("rm SHORT.TXT; mv lower.txt one/two/Moved.txt; mv noext 'has one.now'; mv folder one/two")
            machine.answer("echo end >>big; truncate -s 5000 x.toolong; truncate -s 9000 x.toolong; echo more >mixed.TXT")
            self.expect(machine, "mv big one && mv one/big one/two/three && ls one/two/three", "big")
            self.expect(machine, "rmdir one; echo x >'bad?name'", "rmdir: 'one': Directory not empty", "sh: can't create bad?name: Invalid argument")
            self.expect(machine, "ln numbers x; ln -s numbers x", "ln: x: Operation not permitted", "ln: x: Operation not permitted")
            self.expect(machine, "mknod fifo p", "mknod: fifo: Operation not permitted")
            self.expect(machine, "dd if=numbers of=z bs=1k count=3 conv=fsync 2>/dev/null; wc -c <z", "3072")
            self.expect(machine, "chmod a-w z; stat -c %a z; chmod 600 z", "555", "chmod: z: Operation not permitted")
            self.expect(machine, "touch -d '2020-02-02 02:02:03' z; stat -c %y z | cut -c1-19", "2020-02-02 02:02:02")
            self.expect(machine, "cd /; umount /m; dmesg | grep vfat")
            machine.kill()
            self.check(image)
            self.assertEqual(self.read_back(image, "one/two/three/big"), contents["big"] + b"end\n")
            self.assertEqual(self.read_back(image, "one/two/Moved.txt"), contents["lower.txt"])
            self.assertEqual(self.read_back(image, "x.toolong"), contents["x.toolong"][:5000] + bytes(4000))
            self.assertEqual(self.read_back(image, "mixed.TXT"), b"more\n")
            self.assertEqual(self.read_back(image, "a new file 37"), b"37\n")
            self.assertEqual(self.read_back(image, "numbers"), "".join(f"{i}\n" for i in range(1, 100001)).encode())
            self.assertIn("INNER", self.run_tool("mdir", "-b", "-/", "-i", image).upper())

    def test_umount_waits_for_another_ones_sync(self):
        """A file that `sync` is writing at that moment is nobody's: umount does not say that it is busy."""
        image, _ = self.stick("12", 4 * MIB, [])
        machine = self.start(image)
        machine.answer("mkdir /m; (while [ ! -e /end ]; do sync; done) & sleep 0.1")
        machine.answer("try() { mount -t vfat /dev/vda /m; seq 2000 >/m/f; umount /m; }")
        self.expect(machine, "for i in $(seq 30); do try; done")
        machine.answer("touch /end; wait")

    def test_fat_is_full(self):
        """ENOSPC, and it goes on; what is removed is free again."""
        image, _ = self.stick("12", 4 * MIB, [])
        machine = self.start(image)
        machine.answer("mkdir /m; mount -t vfat /dev/vda /m; cd /m")
        self.expect(machine, "dd if=/dev/zero of=full bs=64k 2>&1 | head -1", "dd: error writing 'full': No space left on device")
        self.expect(machine, "rm full; sync; dd if=/dev/zero of=again bs=64k count=8 2>&1 | grep out", "8+0 records out")
        self.expect(machine, "cd /; umount /m")
        machine.kill()
        self.check(image)

    def test_fat_that_lies(self):
        """Whatever the bits are, a program gets an error, and the kernel goes on."""
        good, _ = self.stick("16", 40 * MIB, [])
        choose = random.Random(5)
        image = self.folder / "damaged.img"
        for _ in range(3):
            data = bytearray(good.read_bytes())
            for _ in range(1500):
                data[choose.randrange(62, 200 * 1024)] = choose.randrange(256)
            image.write_bytes(data)
            machine = self.start(image)
            machine.answer("mkdir /m; mount -t vfat /dev/vda /m; find /m -type f -exec cat {} + >/dev/null 2>&1; ls -lR /m >/dev/null 2>&1; "
                           "for i in 1 2 3; do echo x >/m/new$i; done 2>/dev/null; rm -r /m/* 2>/dev/null; sync")
            self.assertIn("alive", machine.answer("cd /; umount /m 2>/dev/null; echo alive"))
            machine.kill()

    def test_a_stick_that_is_pulled(self):
        """Its name goes, what was mounted from it can be unmounted, and what was synced is on it."""
        image, contents = self.stick("12", 4 * MIB, [])
        machine = self.boot(options=["-boot", "d", "-device", "qemu-xhci,id=bus", "-drive", f"if=none,id=stick,format=raw,file={image}",
                                     "-device", "usb-storage,drive=stick,id=first"])
        machine.wait_disks("sda")
        self.expect(machine, "mkdir /m; mount -t vfat /dev/sda /m; echo kept >/m/new; sync")
        self.expect(machine, "md5sum </m/SHORT.TXT", digest(contents["SHORT.TXT"]))
        machine.execute("device_del", id="first")
        self.expect(machine, "while [ -b /dev/sda ]; do sleep 0.1; done; ls /dev/sda", "ls: /dev/sda: No such file or directory")
        machine.answer("umount /m")  # the log may say that not everything could be written
        self.expect(machine, "mount | grep -c sda; ls /m", "0")
        machine.kill()
        self.assertEqual(self.read_back(image, "new"), b"kept\n")

    # --- ISO 9660 --------------------------------------------------------------------------------

    def tree(self):
        """A tree of files for a CD, and what is in them."""
        top = self.folder / "tree"
        (top / "a directory" / "deep" / "deeper").mkdir(parents=True)
        for i in range(300):
            (top / "a directory" / f"{'n' * (i % 150)}{i}").write_text(f"{i}\n")
        (top / "big").write_bytes(random.Random(2).randbytes(5 * MIB + 123))
        os.symlink("big", top / "short")
        os.symlink("a directory/" + "./" * 120 + "deep/../../big", top / "long")
        (top / "empty").touch()
        os.chmod(top / "empty", 0o640)
        os.utime(top / "empty", (1_000_000_001, 1_000_000_002))
        return top

    def test_iso9660(self):
        """With Rock Ridge: names, links, modes; and each file as it was put there."""
        top, image = self.tree(), self.folder / "cd.iso"
        self.run_tool("xorriso", "-as", "mkisofs", "-R", "-quiet", "-o", image, top)
        machine = self.start(image)
        lines = sorted(f"{hashlib.md5(path.read_bytes()).hexdigest()}  ./{path.relative_to(top)}" for path in top.rglob("*") if path.is_file())
        self.expect(machine, "mkdir /m; mount -t iso9660 -o ro /dev/vda /m; cd /m; mount | grep vda", "/dev/vda on /m type iso9660 (ro,relatime)")
        machine.answer("find . -follow -type f -exec md5sum {} + | sort >/tmp/sums")
        self.expect(machine, "md5sum </tmp/sums", digest("".join(line + "\n" for line in lines).encode()))
        self.expect(machine, "readlink short; readlink long | wc -c", "big", str(len(os.readlink(top / "long")) + 1))
        changed = int((top / "empty").stat().st_ctime)
        self.expect(machine, "stat -c '%a %X %Y %Z' empty", f"640 1000000001 1000000002 {changed}")
        self.expect(machine, "echo x >new", "sh: can't create new: Read-only file system")
        self.expect(machine, "cd /; umount /m && ls /m")

    def test_iso9660_without_rock_ridge(self):
        """Names are in small letters, without a version."""
        top, image = self.folder / "plain", self.folder / "cd.iso"
        top.mkdir()
        (top / "README.TXT").write_text("read\n")
        self.run_tool("xorriso", "-as", "mkisofs", "--norock", "-quiet", "-o", image, top)
        machine = self.start(image)
        self.expect(machine, "mkdir /m; mount -t iso9660 -o ro /dev/vda /m; ls /m; cat /m/readme.txt", "readme.txt", "read")

    def test_the_boot_medium(self):
        """What the machine has booted from."""
        machine = self.boot()
        machine.wait_disks("sr0")
        machine.answer("mkdir /m; mount -t iso9660 /dev/sr0 /m")
        self.expect(machine, "md5sum </m/boot/grub/grub.cfg", digest((paths.ROOT / "iso" / "grub.cfg").read_bytes()))

    def test_iso9660_that_lies(self):
        """Whatever the bits are, a program gets an error, and the kernel goes on."""
        good = self.folder / "cd.iso"
        self.run_tool("xorriso", "-as", "mkisofs", "-R", "-quiet", "-o", good, self.tree())
        choose = random.Random(6)
        image = self.folder / "damaged.img"
        for _ in range(3):
            data = bytearray(good.read_bytes())
            for _ in range(1500):
                data[choose.randrange(18 * 2048, 150 * 1024)] = choose.randrange(256)
            image.write_bytes(data)
            machine = self.start(image)
            machine.answer("mkdir /m; mount -t iso9660 -o ro /dev/vda /m; find /m -type f -exec cat {} + >/dev/null 2>&1; ls -lR /m >/dev/null 2>&1")
            self.assertIn("alive", machine.answer("cd /; umount /m 2>/dev/null; echo alive"))
            machine.kill()
