"""Power is lost while an ext2 disk is written: a script's writes are recorded once and cut at many places."""

import os
import random
import tempfile
import time
from pathlib import Path

from runner.power_cuts import Disk, Script, check_cut, check_left
from runner.shell import ShellTest


class PowerCuts(ShellTest):
    """A machine that runs a script on a disk."""

    def run_script(self, folder, script, options):
        """Starts a machine that runs the script on the disk, and is about to begin with it."""
        text = folder / "script"
        text.write_text(script.text())
        text.write_bytes(text.read_bytes() + b"\n" * (-len(text.read_bytes()) % 512))
        machine = self.boot(options=[*options, "-drive", f"if=virtio,format=raw,file={text}"])
        machine.wait_disks("vda2", "vdb")
        machine.answer("mkdir /m; mount -t ext2 /dev/vda1 /m; cd /m")
        return machine

    def test_qemu_is_killed(self):
        """`make power-cuts` does so KILLS times: a little after some note, and e2fsck mends what is left."""
        kills, seed = int(os.environ.get("KILLS", "2")), int(os.environ.get("SEED", "1"))
        choose = random.Random(seed)
        for i in range(kills):
            with self.subTest(kill=i), tempfile.TemporaryDirectory(prefix="cairn-kills-") as folder:
                disk, script = Disk(Path(folder), choose.choice([1024, 4096])), Script(seed + i, 120)
                machine = self.run_script(Path(folder), script, disk.plain_options())
                machine.send(b"sh </dev/vdb; echo at the end\r")
                place = choose.randrange(1, len(script.states) - 1)
                machine.wait_output(lambda at=place: disk.noted() >= at, f"note {place}")
                time.sleep(choose.random() / 4)
                machine.kill()
                wrong = check_left(script, disk.file_system(), disk.noted(), Path(folder))
                self.assertIsNone(wrong, f"SEED={seed}, kill {i} after note {place}: {wrong}")

    def test_what_was_promised_is_there(self):
        """`make power-cuts` does so at CUTS places and with SEED."""
        cuts, seed = int(os.environ.get("CUTS", "20")), int(os.environ.get("SEED", "1"))
        with tempfile.TemporaryDirectory(prefix="cairn-cuts-") as folder:
            folder = Path(folder)
            disk, script = Disk(folder), Script(seed, 120)
            machine = self.run_script(folder, script, disk.options())
            self.assertEqual(machine.answer("sh </dev/vdb"), [])
            machine.kill()
            operations = disk.operations()
            choose = random.Random(seed)
            for i in range(cuts):
                place = choose.randrange(1, len(operations))
                wrong = check_cut(disk, script, operations, place, seed + i, folder)
                self.assertIsNone(wrong, f"SEED={seed}, cut {i} at {place} of {len(operations)}: {wrong}")
