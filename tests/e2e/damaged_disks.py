"""File systems with wrong bits in their tables and directories, which are mounted to be written: a program gets an error, and the
kernel goes on."""

import os
import random
import subprocess

from runner.disk_test import MIB, DiskTest

IMAGES = 4  # of each kind, in one machine

# What is done to each; a ring of directories has no end, so each step has a limit.
STEPS = """
mkdir /m$d
mount -t $type /dev/vd$d /m$d
cd /m$d
timeout 10 find . -type f -exec head -c 100000 {} +
timeout 10 ls -lR
for i in 1 2 3 4 5 6 7 8 9; do echo $i >new$i; done
timeout 10 sh -c 'for f in */*; do echo more >>"$f"; done'
timeout 10 sh -c 'for f in *; do mv "$f" "$f.moved"; done'
mkdir -p deep/er/and/deeper
timeout 20 dd if=/dev/zero of=large bs=64k count=40
truncate -s 1000 large
sync
timeout 20 rm -rf *
for i in 1 2 3 4 5 6 7 8 9; do mkdir again$i; done
cd /
umount /m$d
"""


class DamagedDisks(DiskTest):
    """A machine with damaged disks."""

    def tree(self):
        """A directory with files in it."""
        top = self.folder / "tree"
        for name in ("one", "two/three", "two/four"):
            (top / name).mkdir(parents=True)
            for i in range(20):
                (top / name / f"file{i}").write_bytes(bytes([i]) * (i * i * 300))
        (top / "link").symlink_to("two/" + "x" * 80)
        return top

    def make(self, kind, image):
        """A good image, and where its tables and directories are."""
        top = self.tree() if not (self.folder / "tree").exists() else self.folder / "tree"
        if kind == "ext2":
            subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "1024", "-d", top, image, "8M"], check=True, stdout=subprocess.DEVNULL)
            return range(2048, 400 * 1024)
        with open(image, "wb") as file:
            file.truncate(20 * MIB)
        subprocess.run(["mkfs.fat", "-F", "16", image], check=True, stdout=subprocess.DEVNULL)
        names = [top / "one", top / "two"]
        subprocess.run(["mcopy", "-s", "-i", image, *names, "::"], check=True, env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})
        return range(2048, 200 * 1024)

    def damage(self, kind, image, choose):
        """An image with some wrong bits; the first sectors, by which it is known, stay."""
        places = self.make(kind, image)
        data = bytearray(image.read_bytes())
        for _ in range(choose.choice([10, 100, 1000])):
            place = choose.choice(places)
            data[place] ^= 1 << choose.randrange(8)
        image.write_bytes(data)

    def check_kind(self, kind):
        """Boots with IMAGES of that kind."""
        choose = random.Random(kind + os.environ.get("SEED", "1"))
        options = ["-boot", "d"]
        for i in range(IMAGES):
            image = self.folder / f"{kind}{i}.img"
            self.damage(kind, image, choose)
            options += ["-drive", f"if=virtio,format=raw,file={image}"]
        script = self.folder / "script"
        text = "".join(f"d={'abcdefgh'[i]} type={kind}\n{STEPS}" for i in range(IMAGES)).encode()
        script.write_bytes(text + b"\n" * (-len(text) % 512))
        machine = self.boot(options=[*options, "-drive", f"if=virtio,format=raw,file={script}"])
        last = f"vd{'abcdefgh'[IMAGES]}"
        machine.wait_disks(last)
        self.assertEqual(machine.answer(f"sh </dev/{last} >/dev/null 2>&1; echo alive")[-1], "alive")  # errors of disks stand above it

    def test_ext2(self):
        """Bitmaps, descriptors, inodes, tables of numbers, directories."""
        self.check_kind("ext2")

    def test_fat(self):
        """Tables of clusters, directories."""
        self.check_kind("vfat")
