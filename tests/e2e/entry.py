"""Interruptions at each instruction of the ways from a program into the kernel and back."""

import re
import subprocess

from runner import gdb, paths, qemu
from runner.shell import ShellTest

# From the first label on, up to the second one.
WAYS = [("syscall_entry", "syscall_entry_end"), ("interrupt_from_user", "exception_from_user"),
        ("exception_from_user", "debug_from_user"), ("user_mode_return", "trap_unhandled")]
LEAVES = ("jmp", "sysret", "iretq")

# Of the program tests/user/registers.c: it loads its registers with known values before this call.
IS_LOOPING = "$rax == 39 && $r14 == 0xaa && $r15 == 0xbb"


def instructions(start, end):
    """The addresses of the instructions between two labels, up to the last one that leaves the way: filling may follow."""
    shown = subprocess.run(["gdb", "-batch", "-nx", "-ex", f"disassemble {start},{end}", str(paths.KERNEL_DEBUG)],
                           check=True, text=True, stdout=subprocess.PIPE).stdout
    found = re.findall(r"^ +0x([0-9a-f]+) <.*>:\t(\w+)", shown, re.M)
    last = max(number for number, (_, name) in enumerate(found) if name.startswith(LEAVES))
    return [int(address, 16) for address, _ in found[:last + 1]]


# GDB's commands. Each breakpoint is deleted before the machine goes on from it, because GDB would step off it with interrupts
# held back. An exception of the kernel's before the handler is reached would repeat itself for ever. Where the machine stops
# or steps for a reason of QEMU's own, it is made to go on.
#
# A machine check ends the kernel, with a report. To test the way back all the same, GDB replaces the report: it clears the
# error in MSR 0x17a (IA32_MCG_STATUS) with a `wrmsr` of the kernel's, and returns from fault_handle().
DEFINITIONS = """
define reach
  continue
  while $rip != $arg0
    continue
  end
end

define reach_handler
  thbreak *exception_common
  continue
  while $rip != &fault_handle
    if $rip == &exception_common
      printf "the way to the handler faults\\n"
      quit
    end
    continue
  end
  delete
end

define nmi_at
  thbreak *$arg0
  reach $arg0
  monitor nmi
  thbreak *fault_handle if ((struct trap_frame *)$rdi)->vector == 2
  reach_handler
  printf "interrupted at %#lx\\n", ((struct trap_frame *)$rdi)->rip
end

define machine_check_at
  thbreak *$arg0
  reach $arg0
  monitor mce 0 1 0xbe00000000000001 0x4 0x12345000 0
  thbreak *fault_handle if ((struct trap_frame *)$rdi)->vector == 18
  reach_handler
  printf "interrupted at %#lx\\n", ((struct trap_frame *)$rdi)->rip
  forget_and_return
end

define forget_and_return
  find /b1 &text_start, &text_end, 0x0f, 0x30
  set $wrmsr = $_
  set $rax_before = $rax
  set $rcx_before = $rcx
  set $rdx_before = $rdx
  set $rip = $wrmsr
  set $rcx = 0x17a
  set $rax = 0
  set $rdx = 0
  while $rip == $wrmsr
    stepi
  end
  set $rax = $rax_before
  set $rcx = $rcx_before
  set $rdx = $rdx_before
  set $rip = *(unsigned long *)$rsp
  set $rsp = $rsp + 8
end
"""


class Entry(ShellTest):
    """A program that goes into the kernel and back all the time ends well, whatever comes at which instruction."""

    def interrupt_each(self, how):
        """Interrupts each instruction once, with a command of DEFINITIONS."""
        socket = gdb.socket_for(self)
        machine = self.machine(options=[
            "-cpu", "max", "-no-reboot", *qemu.DEBUG_EXIT,
            *qemu.initramfs(paths.USER_TESTS_INITRAMFS),
            *qemu.fw_cfg_cmdline("init=/tests/registers panic=exit -- registers"), *gdb.server(socket)])
        places = [address for way in WAYS for address in instructions(*way)]
        self.assertGreater(len(places), 100)
        definitions = socket.parent / "definitions"
        definitions.write_text(DEFINITIONS)
        shown = gdb.run(machine, socket, f"thbreak syscall_entry if {IS_LOOPING}", "continue",
                        *(f"{how} {place:#x}" for place in places), "detach",
                        arguments=["-x", str(definitions), str(paths.KERNEL_DEBUG)])
        reached = [int(address, 16) for address in re.findall(r"^interrupted at 0x(\w+)$", shown, re.M)]
        if reached != places:
            wrong = [f"{here:#x}, not {place:#x}" for here, place in zip(reached, places) if here != place]
            self.fail(f"{len(reached)} of {len(places)} places; {wrong}\n{shown[:1000]}\n ...\n{shown[-1000:]}")
        machine.wait_output(lambda: machine.closed, "end of QEMU")
        self.assertIn("init: exited with status 0", machine.output())
        self.assertEqual(machine.wait(qemu.BOOT_LIMIT), qemu.SUCCESS)

    def test_nmi_at_each_instruction(self):
        """The handler returns to the program, or to the kernel on its way there."""
        self.interrupt_each("nmi_at")

    def test_machine_check_at_each_instruction(self):
        """The handler is on a stack of its own, and the way back is as good."""
        self.interrupt_each("machine_check_at")
