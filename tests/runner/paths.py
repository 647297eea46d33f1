"""Where things are. BUILD in the environment names another build directory than build/."""

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
B = os.environ.get("BUILD", "build")  # as make has it: below ROOT, or an absolute path anywhere
BUILD = ROOT / B
LOGS = BUILD / "test-logs"

ISO = BUILD / "cairn.iso"
KERNEL = BUILD / "cairn.elf"
KERNEL_DEBUG = BUILD / "cairn.debug.elf"
TEST_ISO = BUILD / "cairn-test.iso"
TEST_KERNEL = BUILD / "cairn-test.elf"
HOST_TESTS = BUILD / "host-tests"
TYPE_KEYS = BUILD / "type-keys"
LINE_DISCIPLINE = BUILD / "line-discipline"
USER_TESTS = BUILD / "user-tests"
USER_TESTS_INITRAMFS = BUILD / "initramfs-tests.cpio"
FUZZ_INITRAMFS = BUILD / "initramfs-fuzz.cpio"

HAS_TESTS = re.compile(r"^TEST|^#define SUITE", re.MULTILINE)


def sources():
    """The tree's files, by paths below ROOT: all but what is built, and git's own."""
    found = set()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders
                      if name not in (".git", "build", "__pycache__") and Path(folder, name) != BUILD]
        found.update(Path(folder, name).relative_to(ROOT) for name in files if name != ".git")
    return found


def copy_sources(to):
    """Copies the tree's files to another folder."""
    for name in sources():
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)


def user_tests():
    """The programs that test system calls, by name: as the Makefile has it, each file of tests/user that has tests."""
    sources_of_tests = sorted((ROOT / "tests" / "user").glob("*.c"))
    return {source.stem: USER_TESTS / source.stem for source in sources_of_tests if HAS_TESTS.search(source.read_text())}


def tool(name):
    """A binutils program, by the same prefix that the build uses."""
    return os.environ.get("CROSS", "") + name
