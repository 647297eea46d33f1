"""The devices on PCI, as the monitor lists them."""

from runner.machine import MachineTest

PC = ["-machine", "pc"]
BEHIND_BRIDGES = ["-device", "pci-bridge,id=outer,chassis_nr=1,addr=5", "-device", "pci-bridge,id=inner,chassis_nr=2,bus=outer,addr=1",
                  "-device", "virtio-rng-pci,bus=inner,addr=2"]


class Pci(MachineTest):
    """On both of QEMU's chipsets: one has MCFG, the other only the ports."""

    def test_list(self):
        """Addresses, IDs, classes in words, BARs; the functions of a device that has several; the
        device behind two bridges."""
        for options, bridge in ((["-machine", "q35"], "00:00.0 8086:29c0"), (PC, "00:00.0 8086:1237")):
            with self.subTest(options):
                machine = self.boot(options=[*options, "-vga", "std", *BEHIND_BRIDGES])
                answer = machine.answer("pci")
                self.assertEqual(answer[0], f"{bridge} host bridge (060000)")
                text = "\n".join(answer)
                self.assertRegex(text, r"00:..\.0 1234:1111 VGA display \(030000\)\n"
                                       r"  BAR 0: memory 0x[0-9a-f]+, 16 MiB, prefetchable\n"
                                       r"  BAR 2: memory 0x[0-9a-f]+, 4 KiB\n")
                self.assertRegex(text, r"\n00:..\.[1-7] 8086:")
                self.assertRegex(text, r"\n02:02\.0 1af4:1005 \S.* \(00ff00\)")
                self.assertRegex(text, r"\n  BAR \d: memory 0x[0-9a-f]+, \d+ KiB, 64 bits, prefetchable")
                self.assertRegex(text, r"\n  interrupts: MSI-X line \d+")
                self.assertEqual(machine.answer("pci"), answer)
                self.assertEqual(machine.answer("echo hello"), ["hello"])
                machine.kill()

    def test_none(self):
        """A machine without PCI says so."""
        machine = self.boot(options=["-machine", "isapc", "-cpu", "qemu64"])
        self.assertEqual(machine.answer("pci"), ["pci: this machine has no PCI"])
