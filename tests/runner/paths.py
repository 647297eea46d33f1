"""Where things are. BUILD in the environment names another build directory than build/."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
LOGS = BUILD / "test-logs"

ISO = BUILD / "cairn.iso"
KERNEL = BUILD / "cairn.elf"
KERNEL_DEBUG = BUILD / "cairn.debug.elf"
TEST_ISO = BUILD / "cairn-test.iso"
TEST_KERNEL = BUILD / "cairn-test.elf"
HOST_TESTS = BUILD / "host-tests"
TYPE_KEYS = BUILD / "type-keys"


def sources():
    """What git tracks or would track, by paths below ROOT."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                            text=True, stdout=subprocess.PIPE).stdout
    return {Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()}


def tool(name):
    """A binutils program, by the same prefix that the build uses."""
    return os.environ.get("CROSS", "") + name
