#!/usr/bin/env python3
"""make-debian.py NAME OUT: writes an ext2 disk made of Debian's own packages, as they come.

NAME is `small` or `full`, a column of scripts/debian-packages.txt. The packages and what they depend on are downloaded once by
apt-get, unpacked, and put on the disk by mke2fs. No root rights are needed: the work is done under fakeroot. No script of a
package runs. What those scripts would have made and programs need is made here: accounts, the links of update-alternatives, the
loader's cache. The tree stays at OUT.tree, so that the same programs can run on the build machine.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("debian-packages.txt")
DISKS = ("small", "full")  # each has what the ones before it have
SPARE = 256  # MiB of free room on the disk

# What update-alternatives would have linked: name, program.
ALTERNATIVES = (("usr/bin/awk", "gawk"), ("usr/bin/vi", "vim.tiny"), ("usr/bin/vim", "vim.tiny"), ("usr/bin/editor", "nano"),
                ("usr/bin/pager", "less"), ("usr/bin/lua", "lua5.4"), ("usr/bin/luac", "luac5.4"), ("usr/bin/sh", "dash"))
DIRECTORIES = {"tmp": 0o1777, "var/tmp": 0o1777, "root": 0o700, "run": 0o755, "dev": 0o755, "proc": 0o755, "sys": 0o755,
               "mnt": 0o755}
FILES = {
    "etc/hostname": "cairn\n",
    "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 cairn\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n",
    "etc/fstab": "/dev/vda / ext2 defaults 0 1\n",
    "etc/shells": "/bin/sh\n/bin/bash\n/bin/dash\n",
}


def packages(disk):
    """The packages that the list gives the disk."""
    chosen = DISKS[:DISKS.index(disk) + 1]
    for line in LIST.read_text().splitlines():
        words = line.split()
        if words and words[0] != "#" and words[1] in chosen:
            yield words[0]


def with_dependencies(names, status):
    """The packages, each as NAME=VERSION, and what they need: apt-get's own answer for a system that has nothing."""
    status.touch()
    answer = subprocess.run(["apt-get", "-s", "-o", f"Dir::State::status={status}", "-o", "APT::Install-Recommends=0",
                             "install", *names], check=True, text=True, stdout=subprocess.PIPE).stdout
    return sorted({f"{name}={version}" for name, version in re.findall(r"^Inst (\S+) \((\S+) ", answer, re.MULTILINE)})


def archive_name(package):
    """The name of the file that apt-get downloads."""
    name, _, version = package.partition("=")
    return f"{name}_{version.replace(':', '%3a')}_*.deb"


def download(wanted, folder):
    """Downloads the packages that are not there yet, and returns the files of all."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [package for package in wanted if not any(folder.glob(archive_name(package)))]
    if missing:
        print(f"debian: downloading {len(missing)} packages", flush=True)
        subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *missing], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
    return [next(folder.glob(archive_name(package))) for package in wanted]


def unpack(archives, tree):
    """Unpacks the packages. /bin, /sbin and /lib are links to what is in /usr, as on every Debian of today."""
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(f"usr/{name}")
    for archive in archives:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as content:
            subprocess.run(["tar", "--keep-directory-symlink", "-xf", "-", "-C", tree], stdin=content.stdout, check=True)
        if content.returncode:
            sys.exit(f"debian: {archive.name} cannot be unpacked")


def complete(tree):
    """Makes what the packages' own scripts would have made."""
    for name, mode in DIRECTORIES.items():
        (tree / name).mkdir(parents=True, exist_ok=True)
        (tree / name).chmod(mode)
    for name, content in FILES.items():
        (tree / name).write_text(content)
    for name, program in ALTERNATIVES:
        if (tree / name).with_name(program).exists() and not (tree / name).exists():
            (tree / name).symlink_to(program)
    for name in ("passwd", "group"):
        shutil.copyfile(tree / "usr/share/base-passwd" / f"{name}.master", tree / "etc" / name)
    (tree / "etc/mtab").symlink_to("/proc/self/mounts")
    (tree / "etc/localtime").symlink_to("/usr/share/zoneinfo/Etc/UTC")
    subprocess.run(["ldconfig", "-r", tree], check=True, env={**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"})


def make_disk(tree, out):
    """Writes the tree to an ext2 disk with room to spare."""
    used = int(subprocess.run(["du", "-sm", tree], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0])
    out.unlink(missing_ok=True)
    mke2fs = shutil.which("mke2fs") or "/sbin/mke2fs"
    subprocess.run([mke2fs, "-q", "-t", "ext2", "-b", "4096", "-L", "debian", "-E", "root_owner=0:0", "-d", tree, out,
                    f"{used * 11 // 10 + SPARE}M"], check=True, stdout=subprocess.DEVNULL)


def main():
    """Starts itself again under fakeroot, which lets files on the disk belong to root, and does the work."""
    if len(sys.argv) != 3 or sys.argv[1] not in DISKS:
        sys.exit(__doc__)
    if "FAKEROOTKEY" not in os.environ:
        os.execvp("fakeroot", ["fakeroot", sys.executable, *sys.argv])
    disk, out = sys.argv[1], Path(sys.argv[2]).resolve()
    archives = out.parent / "archives"
    wanted = with_dependencies(list(packages(disk)), out.with_suffix(".status"))
    files = download(wanted, archives)
    tree = out.with_suffix(".tree")
    unpack(files, tree)
    complete(tree)
    partial = out.with_suffix(".part")
    make_disk(tree, partial)
    partial.rename(out)
    print(f"debian: {out.name}: {len(wanted)} packages")


if __name__ == "__main__":
    main()
