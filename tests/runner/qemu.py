"""One QEMU process: how it is started, talked to and surely ended.

COM1 and the monitor (QMP) are connected sockets that QEMU inherits: no path to agree on, and no
output is lost before a connection is made. There is no reader thread: a function that waits for
something reads meanwhile.

COM1 is a TCP connection because that holds megabytes of single bytes. A pair of Unix sockets is
full after some 280 of them, and the guest then sees a UART that has stopped sending, just because
this process was not scheduled for a while.
"""

import atexit
import contextlib
import datetime
import json
import os
import socket
import subprocess
import threading
import time

from runner import coverage, delays

# Generous: no test may depend on how fast the machine is. It only ends what is stuck.
BOOT_LIMIT = float(os.environ.get("BOOT_LIMIT", "300"))

ACCEL = os.environ.get("ACCEL", "tcg")

# The guest's time is what it does: 8 ns for each instruction, and when it waits for an interrupt, time
# leaps there. Only the emulator can count.
COUNTED = ["-icount", "shift=3,sleep=off", "-rtc", "clock=vm"] if ACCEL == "tcg" else []

# The port by which the kernel ends QEMU. It makes the exit status 2 * v + 1 of a value v.
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
SUCCESS = 33  # of 0x10
FAILURE = 35  # of 0x11

_running = set()
_over = threading.Event()  # no QEMU is started any more


class QemuError(Exception):
    """QEMU did not start, went away, or refused a monitor command."""


def base_options():
    """The machine that every test boots. TCG, because KVM may be absent or slow; no default
    devices, so that a test names what it has."""
    return [
        "-machine", f"q35,accel={ACCEL}",
        "-m", "128M",
        "-nodefaults", "-no-user-config",
        "-vga", "std",
        "-display", "none",
    ]


def tcp_pair():
    """Two ends of a connection within this machine. QEMU's end has to collect what is not taken yet:
    sent byte by byte, it fills the connection in no time, and a guest whose time leaps gives up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return ours, server.accept()[0]


class Qemu:
    """A running QEMU; a context manager that ends it. `log` is the file that keeps COM1's bytes;
    `com1` makes COM1's two sockets, None leaves the port out; `state` is a file with the state of a
    stopped machine, from which this one goes on."""

    def __init__(self, options, log, com1=tcp_pair, state=None, program="qemu-system-x86_64"):
        log.parent.mkdir(parents=True, exist_ok=True)
        self.received = bytearray()
        self.closed = False
        with contextlib.ExitStack() as stack:
            self._log = stack.enter_context(open(log, "wb"))
            self._errors = stack.enter_context(open(log.with_suffix(".stderr"), "w+b"))
            self._com1, com1_end = _enter(stack, (com1 or socket.socketpair)())
            self._qmp, qmp_end = _enter(stack, socket.socketpair())
            self._qmp_lines = stack.enter_context(self._qmp.makefile("r", encoding="utf-8"))
            memory = coverage.Memory([*base_options(), *options])
            stack.callback(memory.collect)
            arguments = [program, *base_options(), *options, *memory.options]
            arguments += _socket_options("qmp", qmp_end) + ["-mon", "chardev=qmp,mode=control"]
            if com1:
                arguments += _socket_options("com1", com1_end) + ["-serial", "chardev:com1"]
            if state:
                arguments += ["-incoming", f"exec:cat {state}"]
            self.process = self._start(arguments, (com1_end, qmp_end))
            self._files = stack.pop_all()
        self._greeted = False
        if state:
            self._go_on()

    def _start(self, arguments, ends):
        """Starts the process; its ends of the sockets are then its alone."""
        try:
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=self._errors,
                                       stderr=self._errors,
                                       pass_fds=[end.fileno() for end in ends])
        except OSError as error:
            raise QemuError(f"{arguments[0]}: {error.strerror}") from error
        for end in ends:
            end.close()
        _running.add(process)
        if _over.is_set():
            process.kill()
        return process

    def save_state(self, path):
        """Stops the machine and writes all of it to a file, for another one to go on from."""
        self.execute("migrate", uri=f"exec:cat >{path}")

        def ended():
            status = self.execute("query-migrate")["status"]
            return status if status in ("completed", "failed") else None

        if wait_until(ended, BOOT_LIMIT, lambda: time.sleep(0.002)) != "completed":
            raise QemuError("the machine's state cannot be saved: " + self.errors())

    def _go_on(self):
        """Waits until the state has been read: what is typed at the machine earlier is lost. The
        guest runs then, and a quick one may have ended QEMU already."""
        def read():
            try:
                return self.execute("query-status")["status"] == "running"
            except QemuError:
                return True

        if not wait_until(read, BOOT_LIMIT, lambda: time.sleep(0.002)):
            self.kill()
            raise QemuError(f"a state is not read within {BOOT_LIMIT:g} s")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    # --- COM1 -----------------------------------------------------------------------------------

    def read(self, seconds):
        """What has come on COM1, waiting for it at most so long: b"" after the end of the line
        (`closed` is then set) or when nothing came. Everything is kept in `received` too."""
        if self.closed:
            return b""
        delays.hold_up(self.process)
        self._com1.settimeout(max(seconds, 0.001))
        try:
            data = self._com1.recv(65536)
        except socket.timeout:
            return b""
        except ConnectionError:
            data = b""
        self.closed = not data
        self.received += data
        self._log.write(data)
        self._log.flush()
        return data

    def send(self, data):
        """Types bytes at COM1. QEMU takes them as fast as the guest empties its receive FIFO."""
        delays.hold_up(self.process)
        self._com1.settimeout(BOOT_LIMIT)
        self._com1.sendall(data)

    # --- The monitor ----------------------------------------------------------------------------

    def execute(self, command, **arguments):
        """Runs one QMP command and returns its answer."""
        delays.hold_up(self.process)
        if not self._greeted:
            self._greeted = True
            self._answer()  # the greeting
            self.execute("qmp_capabilities")
        request = {"execute": command, "arguments": arguments}
        with contextlib.suppress(ConnectionError):  # the answer will not come, either
            self._qmp.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = self._answer()
            if "error" in answer:
                raise QemuError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def _answer(self):
        line = ""
        with contextlib.suppress(ConnectionError):
            line = self._qmp_lines.readline()
        if not line:
            raise QemuError("QEMU went away: " + self.errors())
        return json.loads(line)

    def guest_time(self):
        """What the clock of the guest's mainboard shows, in seconds; 0 when QEMU has ended. With
        `-rtc clock=vm` it goes with the guest's time, not with the host's."""
        try:
            now = self.execute("qom-get", path="/machine", property="rtc-time")
        except QemuError:
            return 0
        # A `struct tm` of C: years from 1900 on, months from 0.
        date = datetime.datetime(1900 + now["tm_year"], 1 + now["tm_mon"], now["tm_mday"],
                                 now["tm_hour"], now["tm_min"], now["tm_sec"],
                                 tzinfo=datetime.timezone.utc)
        return date.timestamp()

    # --- The end --------------------------------------------------------------------------------

    def wait(self, seconds):
        """The exit status, or None when QEMU still runs after so long."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        """Ends QEMU whatever it does; harmless when it has ended."""
        self.process.kill()
        self.process.wait()
        _running.discard(self.process)
        self._files.close()

    def errors(self):
        """What QEMU itself has complained about."""
        self._errors.flush()
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace").strip()


class Unattended(Qemu):
    """A machine that no test types at. QEMU writes COM1's bytes to `log` by itself: a file takes what
    comes at once, where a connection on a busy host may be late by more of the guest's time than
    the guest or its watcher have patience for."""

    def __init__(self, options, log, state=None):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        com1 = ["-chardev", f"file,id=com1,path={log}", "-serial", "chardev:com1"]
        super().__init__([*options, *com1], log, com1=None, state=state)
        self._written = self._files.enter_context(open(log, "rb"))

    def read(self, seconds):
        """Like Qemu.read."""
        delays.hold_up(self.process)
        deadline = time.monotonic() + seconds
        while True:
            ended = self.process.poll() is not None  # if so, all that it has written is there
            data = self._written.read()
            if data or ended or time.monotonic() >= deadline:
                break
            time.sleep(0.005)
        self.closed = ended and not data
        self.received += data
        return data


def _enter(stack, ends):
    """Two connected sockets, which are then closed with everything else."""
    return [stack.enter_context(end) for end in ends]


def _socket_options(name, end):
    return ["-chardev", f"socket,id={name},fd={end.fileno()}"]


def fw_cfg_cmdline(words):
    """The options that hand the kernel more command line; QEMU wants commas doubled."""
    return ["-fw_cfg", "name=opt/cairn/cmdline,string=" + words.replace(",", ",,")]


def initramfs(path):
    """The options that replace the image's initramfs."""
    return ["-fw_cfg", f"name=opt/cairn/initramfs,file={path}"]


def menu_entry(name):
    """The options that have GRUB's menu boot an entry at once (iso/grub.cfg); none for no name: the
    menu waits its second and boots its first."""
    return ["-smbios", f"type=11,value=cairn:{name}"] if name else []


def wait_until(condition, limit, idle):
    """Calls `condition` until it gives something true, `idle` between the calls; None when it has
    not within `limit` seconds."""
    deadline = time.monotonic() + limit
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            return None
        idle()


@atexit.register
def kill_all():
    """An interrupted run leaves no QEMU behind, nor does it start another one. Any thread may call it."""
    _over.set()
    for process in list(_running):
        process.kill()
