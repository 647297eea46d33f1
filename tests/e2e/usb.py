"""Typing on USB alone: no PS/2 controller is in the machine."""

import string
import struct
import tempfile
import zlib

from runner import machine as machines
from runner import qemu
from runner.machine import MachineTest

NO_I8042 = ["-machine", "i8042=off"]
PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " "
# A keyboard that belongs to the screen gets what is typed at the screen; the others get the rest.
AT_SCREEN = ["-vga", "none", "-device", "VGA,id=screen", "-device", "qemu-xhci,id=bus", "-device", "usb-kbd,display=screen"]


class Usb(MachineTest):
    """Keyboards on xHCI controllers."""

    def test_typing(self):
        """Every character, on two controllers, under both firmwares."""
        for options in (["-device", "qemu-xhci"], ["-device", "nec-usb-xhci"],
                        ["-machine", "pc", "-device", "qemu-xhci"], [*machines.ovmf(), "-device", "qemu-xhci"]):
            with self.subTest(options):
                machine = self.boot(options=[*options, *NO_I8042, *qemu.COUNTED, "-device", "usb-kbd"])
                self.assertIn("usb: keyboard QEMU USB Keyboard (0627:0001)", machine.output())
                self.assertNotIn("nothing can be typed", machine.output())
                for start in range(0, len(PRINTABLE), 32):
                    part = "<" + PRINTABLE[start:start + 32] + ">"
                    self.assertEqual(machine.ask("echo " + part), [part])
                machine.press("up")
                machine.wait_text("echo <")
                machine.press("ctrl", "c")
                machine.kill()

    def test_interrupts(self):
        """By messages of either kind, by a line with either interrupt controller."""
        pic = qemu.fw_cfg_cmdline("irq=pic")
        for options, way in ((["-device", "qemu-xhci"], "MSI-X"), (["-device", "nec-usb-xhci,msix=off"], "MSI"),
                             (["-device", "nec-usb-xhci,msix=off,msi=off"], "line"),
                             (["-device", "qemu-xhci", *pic], "line"),
                             (["-machine", "pc", "-device", "qemu-xhci", *pic], "line")):
            with self.subTest(options):
                machine = self.boot(options=[*NO_I8042, *options, "-device", "usb-kbd"])
                self.assertEqual(machine.ask("echo hello"), ["hello"])
                self.assertRegex(machine.answer("usb")[0], rf"^00:..\.0 xHCI controller, 8 ports, interrupts by {way}$")
                machine.kill()

    def test_layout_and_locks(self):
        """The layout, dead keys and Caps Lock are those of the PS/2 keyboard."""
        machine = self.boot(options=[*NO_I8042, "-device", "qemu-xhci", "-device", "usb-kbd",
                                     *qemu.fw_cfg_cmdline("keymap=de")])
        machine.press("caps_lock")
        machine.press("caps_lock")
        start = len(machine.received)
        for keys in (("e",), ("c",), ("h",), ("o",), ("spc",), ("y",), ("minus",), ("equal", "e"), ("ret",)):
            shown = len(machine.received)
            for key in keys:
                machine.press(key)
            machine.wait_output(lambda at=shown: len(machine.received) > at, f"echo of {keys}")
        machine.wait_prompt(start)
        self.assertEqual(machine.answer_since(start), ["zßé"])

    def test_a_keyboard_comes_and_goes(self):
        """Ten times, while another one is typed at: no key is lost, none sticks, no memory is lost."""
        machine = self.boot(options=[*NO_I8042, *AT_SCREEN])
        for _ in range(100):  # until the task that takes memory for the screen's history is over
            if not any(line.split()[0] == "history" for line in machine.answer("tasks")):
                break
        free = machine.answer("mem")[-1]

        def type_at_screen(text):
            for key in text:
                start = len(machine.received)
                machine.execute("input-send-event", device="screen", events=stroke(key))
                machine.wait_output(lambda at=start: len(machine.received) > at, f"echo of {key}")

        for turn in range(10):
            type_at_screen("echo a")
            start = len(machine.received)
            machine.execute("device_add", driver="usb-kbd", id=f"k{turn}", bus="bus.0")
            type_at_screen("b")
            machine.wait_text("usb: keyboard", start)
            machine.press_blindly("x")  # at the new one
            machine.wait_text("x", start)
            machine.execute("input-send-event", events=[*stroke("Y")[:-1]])  # Shift stays down
            machine.wait_text("Y", start)
            machine.execute("device_del", id=f"k{turn}")
            machine.wait_text("is gone", start)
            machine.wait_output(lambda at=start: machine.output(at).endswith("echo abxY"), "the line drawn anew")
            start = len(machine.received)
            type_at_screen("c\n")
            machine.wait_prompt(start)
            self.assertEqual(machine.answer_since(start)[-1], "abxYc")  # the line may be drawn anew before
        self.assertEqual(machine.answer("mem")[-1], free)

    def test_what_is_no_keyboard(self):
        """A mouse, a tablet and a stick beside the keyboard do no harm."""
        machine = self.boot(options=[*NO_I8042, "-device", "qemu-xhci,p2=8,p3=8", "-device", "usb-mouse", "-device", "usb-tablet",
                                     "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={machines.paths.ISO}",
                                     "-device", "usb-storage,drive=stick", "-device", "usb-kbd"])
        self.assertEqual(machine.ask("echo hello"), ["hello"])
        answer = machine.answer("usb")
        self.assertRegex(answer[0], r"^00:..\.0 xHCI controller, 16 ports, interrupts by MSI-X$")
        text = "\n".join(answer)
        self.assertRegex(text, r"\n  port \d+: keyboard QEMU USB Keyboard \(0627:0001\), high speed, waits for keys")
        self.assertRegex(text, r"\n  port \d+: QEMU USB Mouse \(0627:0001\), \S+ speed, waits for nothing")
        self.assertRegex(text, r"\n  port \d+: stick QEMU USB HARDDRIVE \(46f4:0001\), super speed, waits for requests\n"
                               r"    sda, \d+ MiB, \d+ blocks of 512 bytes, (MBR|GPT)\n      sda1: ")

    def test_hubs(self):
        """Behind one hub and behind two; devices come and go there, and with the hub."""
        machine = self.boot(options=[*NO_I8042, "-device", "qemu-xhci,id=bus", "-device", "usb-hub,bus=bus.0,port=1,id=outer",
                                     "-device", "usb-hub,bus=bus.0,port=1.3", "-device", "usb-kbd,bus=bus.0,port=1.3.2"])
        self.assertEqual(machine.ask("echo hello"), ["hello"])
        start = len(machine.received)
        machine.execute("device_add", driver="usb-kbd", id="second", bus="bus.0", port="1.4")
        machine.wait_text("usb: keyboard", start)
        machine.wait_prompt(start)
        answer = [line for line in machine.answer("usb") if "waits for" in line]
        keyboard = r"keyboard QEMU USB Keyboard \(0627:0001\), full speed, waits for keys"
        hub = r"hub QEMU USB Hub \(0409:55aa\), full speed, waits for changes"
        for line, pattern in zip(answer, (rf"  port \d+: {hub}", rf"    port 3: {hub}", rf"      port 2: {keyboard}",
                                          rf"    port 4: {keyboard}"), strict=True):
            self.assertRegex(line, rf"^{pattern}$")
        start = len(machine.received)
        machine.execute("device_del", id="second")
        machine.wait_text("is gone", start)
        machine.wait_prompt(start)
        self.assertEqual(machine.ask("echo again"), ["again"])
        start = len(machine.received)
        machine.execute("device_del", id="outer")
        machine.wait_text("QEMU USB Keyboard (0627:0001) is gone", start)
        machine.wait_output(lambda: machine.output(start).count("QEMU USB Hub (0409:55aa) is gone") == 2, "both hubs gone")
        machine.wait_prompt(start)
        self.assertNotIn("waits for", "\n".join(machine.answer("usb")))

    def test_sticks(self):
        """Their sizes and partition tables: MBR, GPT and none; blocks of 512 and of 4,096 bytes; behind a hub."""
        mbr = bytearray(512)
        mbr[446:462] = struct.pack("<8BII", 0x80, 0, 0, 0, 0x0c, 0, 0, 0, 2048, 4096)
        mbr[462:478] = struct.pack("<8BII", 0, 0, 0, 0, 0x83, 0, 0, 0, 6144, 8192)
        mbr[510:512] = b"\x55\xaa"
        protective = bytearray(512)
        protective[446:462] = struct.pack("<8BII", 0, 0, 0, 0, 0xee, 0, 0, 0, 1, 0xffffffff)
        protective[510:512] = b"\x55\xaa"
        entry = bytes(range(1, 33)) + struct.pack("<QQQ", 256, 767, 0) + "Daten".encode("utf-16-le")
        sums = [zlib.crc32(entry.ljust(128 * 128, b"\0"))]
        for checksum in (0, 1):  # the header's own is that of the header with 0 in its place
            header = b"EFI PART" + struct.pack("<IIII", 0x10000, 92, checksum and zlib.crc32(header), 0) + struct.pack("<Q", 1) + \
                bytes(40) + struct.pack("<QIII", 2, 128, 128, *sums)
        stick_at, of_4096 = "usb-storage,drive=stick,bus=bus.0,port=", "drive=stick,logical_block_size=4096,physical_block_size=4096"
        for first, rest, options, expected in (
                (mbr, b"", [stick_at + "1"], ["sda, 8 MiB, 16384 blocks of 512 bytes, MBR", "  sda1: FAT, 2 MiB", "  sda2: Linux, 4 MiB"]),
                (protective, header.ljust(512, b"\0") + entry, [stick_at + "1"],
                 ["sda, 8 MiB, 16384 blocks of 512 bytes, GPT", "  sda1: Daten, 256 KiB"]),
                (protective.ljust(4096, b"\0"), header.ljust(4096, b"\0") + entry,
                 ["usb-bot,id=bot,bus=bus.0,port=1", f"scsi-hd,bus=bot.0,{of_4096}"],
                 ["sda, 8 MiB, 2048 blocks of 4096 bytes, GPT", "  sda1: Daten, 2 MiB"]),
                (b"", b"", [stick_at + "2.1"], ["sda, 8 MiB, 16384 blocks of 512 bytes, no partition table"])):
            with self.subTest(options), tempfile.NamedTemporaryFile(prefix="cairn-stick-") as stick:
                stick.write(bytes(first) + rest)
                stick.truncate(8 << 20)
                stick.flush()
                machine = self.boot(options=[*NO_I8042, "-boot", "order=d",
                                             "-device", "qemu-xhci,id=bus", "-device", "usb-hub,bus=bus.0,port=2",
                                             "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={stick.name}",
                                             *(word for option in options for word in ("-device", option)),
                                             "-device", "usb-kbd,bus=bus.0,port=3"])
                self.assertEqual(machine.ask("echo hello"), ["hello"])
                lines = [line.strip() for line in machine.answer("usb")]
                at = next(i for i, line in enumerate(lines) if ": stick QEMU USB " in line)
                self.assertEqual(lines[at + 1:at + 1 + len(expected)], [line.strip() for line in expected])
                machine.kill()

    def test_other_controllers(self):
        """A keyboard on another kind of controller, with no xHCI there, is told of; an empty one is not."""
        for kind, options in (("UHCI", ["piix3-usb-uhci"]), ("OHCI", ["pci-ohci"]), ("EHCI", ["usb-ehci"])):
            with self.subTest(kind):
                stick = ["-drive", f"if=none,id=stick,format=raw,snapshot=on,file={machines.paths.ISO}",
                         "-device", "usb-storage,drive=stick"]
                machine = self.boot(options=["-device", options[0], *(stick if kind == "EHCI" else ["-device", "usb-kbd"])])
                self.assertRegex(machine.output(), rf"usb: something is plugged into the {kind} controller 00:..\.0; only")
                machine.kill()
                machine = self.boot(options=["-device", options[0]])
                self.assertNotIn("usb:", machine.output())
                machine.kill()

    def test_beside_ps2(self):
        """Both keyboards are there; the machine is ready as soon as either works."""
        machine = self.boot(options=["-device", "qemu-xhci", "-device", "usb-kbd"])
        self.assertEqual(machine.ask("echo hello"), ["hello"])


def stroke(character):
    """The events of a key, down and up."""
    return machines.keys.stroke(machines.keys.chord(character))
