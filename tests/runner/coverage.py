"""Which code a test runs. With COVERAGE=1 and a build that counts (`make coverage`), each machine's memory is a file, so that
the kernel's counters can be read in whatever way the machine ends; a program on this machine leaves its own in a folder. The
counters of each test are kept in build/coverage/runs/, one file for each machine or program.
"""

import contextlib
import mmap
import os
import pickle
import subprocess
import tempfile
import threading
import zlib
from array import array
from pathlib import Path

from runner import gcov, paths, symbols

ON = os.environ.get("COVERAGE", "0") != "0"
RUNS = paths.BUILD / "runs"
MEMORY_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None

_here = threading.local()
_lock = threading.Lock()
_kernels = []


@contextlib.contextmanager
def of(test):
    """What this thread runs now belongs to a test of this name."""
    _here.test = test
    try:
        yield
    finally:
        _here.test = "unknown"


def begin_case(name):
    """What this thread runs now belongs to this case of its test."""
    _here.test = f"{getattr(_here, 'test', 'unknown').partition('.')[0]}.{name}"


def kernels():
    """The kernels of this build."""
    with _lock:
        if not _kernels:
            _kernels.extend(gcov.Kernel(path, lambda name, path=path: symbols.address(name, path))
                            for path in (paths.KERNEL, paths.TEST_KERNEL))
    return _kernels


def _counters_of_program(folder):
    """The counters that a program on this machine has left in a folder: {file: (head, functions, values)}."""
    return {"/" + str(file.relative_to(folder)): gcov.read(file) for file in Path(folder).rglob("*.gcda")}


def objects():
    """{file of counters: (its head, its functions)} of all objects of this build's kernels and host tests."""
    found = {name: shape for kernel in kernels() for name, shape in kernel.objects.items()}
    with tempfile.TemporaryDirectory(prefix="cairn-counters-") as folder:
        subprocess.run([paths.HOST_TESTS, "none"], env={**os.environ, "GCOV_PREFIX": folder}, check=False,
                       stdout=subprocess.DEVNULL)
        found.update({name: (head, functions) for name, (head, functions, _) in _counters_of_program(folder).items()})
    return found


def keep(counters):
    """Keeps the counters of one machine or program, for this thread's test."""
    if counters:
        RUNS.mkdir(parents=True, exist_ok=True)
        packed = zlib.compress(pickle.dumps({name: values.tobytes() for name, values in counters.items()}), 1)
        name = getattr(_here, "test", "unknown").replace("/", "~")
        with tempfile.NamedTemporaryFile(prefix=f"{name}=", dir=RUNS, delete=False) as file:
            file.write(packed)


def runs():
    """All that was kept: pairs of a test and its counters."""
    for file in sorted(RUNS.glob("*=*")):
        packed = pickle.loads(zlib.decompress(file.read_bytes()))
        yield file.name.partition("=")[0].replace("~", "/"), {name: array("Q", values) for name, values in packed.items()}


class Memory:
    """A machine's memory in a file; nothing at all when coverage is off."""

    def __init__(self, options):
        self.options = []
        if ON:
            sizes = [value for name, value in zip(options, options[1:]) if name == "-m"]
            size = sizes[-1] + ("M" if sizes[-1].isdigit() else "")
            handle, self._path = tempfile.mkstemp(prefix="cairn-memory-", dir=MEMORY_FOLDER)
            os.close(handle)
            self.options = ["-object", f"memory-backend-file,id=ram,size={size},mem-path={self._path},share=on",
                            "-machine", "memory-backend=ram"]

    def collect(self):
        """The machine has ended: keeps its kernel's counters."""
        if not self.options or not os.path.exists(self._path):
            return
        with open(self._path, "rb") as file:
            os.unlink(self._path)
            if os.fstat(file.fileno()).st_size:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
                    for kernel in kernels():
                        if kernel.is_in(memory):
                            keep(kernel.counters(memory))


@contextlib.contextmanager
def program():
    """The environment for a program on this machine, whose counters are kept afterwards."""
    if not ON:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cairn-counters-") as folder:
        yield {**os.environ, "GCOV_PREFIX": folder}
        keep({name: values for name, (_, _, values) in _counters_of_program(folder).items() if any(values)})
