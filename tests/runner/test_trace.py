"""What tests/runner/trace.py makes of QEMU's log."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from runner import trace

LOG = """\
IN:
0xffffffff80100000:  90                       nop
0xffffffff80100001:  90                       nop
0xffffffff80100002:  ee                       outb     %al, %dx

Trace 0: 0x7f01 [0000000000000000/ffffffff80100000/00000a00/00000000]
IN:
0x0000000000400000:  48 b8 00 00 00 00 00 00  movabsq  $0, %rax
0x0000000000400008:  00 00
0x000000000040000a:  f4                       hlt

Trace 0: 0x7f02 [0000000000000000/0000000000400000/00000a00/00000000]
serial_write write addr 0x00 val 0x24
Trace 0: 0x7f02 [0000000000000000/0000000000400000/00000a00/00000201]
Trace 0: 0x7f01 [0000000000000000/ffffffff80100000/00000a00/00000000]
serial_write write addr 0x01 val 0x24
serial_write write addr 0x00 val 0x20
"""


class Trace(unittest.TestCase):
    """A log of two blocks, of which the second halts."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.log = Path(place.name) / "log"
        address = mock.patch("runner.symbols.address", lambda name: 0xffffffff80100001)
        address.start()
        self.addCleanup(address.stop)

    def write(self, text):
        """Makes it the log."""
        self.log.write_text(text)

    def test_blocks(self):
        """Each as often as it was executed; one that was cut, or that is the last one, does not count."""
        self.write(LOG)
        kernel, program = [0xffffffff80100000, 0xffffffff80100001, 0xffffffff80100002], [0x400000, 0x40000a]
        self.assertEqual(list(trace.blocks(self.log)), [kernel, [], program])

    def test_instructions_until(self):
        """From the start's address on, programs' included; None after a halt, and when the text does not come."""
        self.write(LOG)
        self.assertEqual(trace.instructions_until(self.log, b"$"), 2)
        self.assertIsNone(trace.instructions_until(self.log, b"$ "))
        self.write(LOG.replace("hlt", "nop"))
        self.assertEqual(trace.instructions_until(self.log, b"$ "), 4)
        self.assertIsNone(trace.instructions_until(self.log, b"#"))
