"""Power is lost while an ext2 disk is written: a script's writes are recorded once and cut at many places."""

import os
import random
import tempfile
from pathlib import Path

from runner.machine import MachineTest
from runner.power_cuts import Disk, Script, check_cut
from runner.shell import ShellMachine


class PowerCuts(MachineTest):
    """A machine that runs a script on a disk."""

    MACHINE = ShellMachine

    def test_what_was_promised_is_there(self):
        """`make power-cuts` does so at CUTS places and with SEED."""
        cuts, seed = int(os.environ.get("CUTS", "20")), int(os.environ.get("SEED", "1"))
        with tempfile.TemporaryDirectory(prefix="cairn-cuts-") as folder:
            folder = Path(folder)
            disk, script = Disk(folder), Script(seed, 120)
            text = folder / "script"
            text.write_text(script.text())
            text.write_bytes(text.read_bytes() + b"\n" * (-len(text.read_bytes()) % 512))
            machine = self.boot(options=[*disk.options(), "-drive", f"if=virtio,format=raw,file={text}"])
            machine.answer("for i in $(seq 50); do [ -b /dev/vda2 ] && [ -b /dev/vdb ] && break; sleep 0.1; done")
            machine.answer("mkdir /m; mount -t ext2 /dev/vda1 /m; cd /m")
            self.assertEqual(machine.answer("sh </dev/vdb"), [])
            machine.kill()
            operations = disk.operations()
            choose = random.Random(seed)
            for i in range(cuts):
                place = choose.randrange(1, len(operations))
                wrong = check_cut(disk, script, operations, place, seed + i, folder)
                self.assertIsNone(wrong, f"SEED={seed}, cut {i} at {place} of {len(operations)}: {wrong}")
