"""GDB's commands for a kernel under QEMU: `walk ADDRESS`, `tasks`, `heap` and `klog`. .gdbinit loads this file."""

import gdb

ENTRIES = 512
ADDRESS_MASK = 0x000ffffffffff000
LEVELS = ("PML4", "PDPT", "PD", "PT")  # Intel SDM 3A 4.5
PRESENT, WRITABLE, USER, LARGE, NO_EXECUTE = 1, 2, 4, 1 << 7, 1 << 63


def number(expression):
    """The value of an expression as an unsigned number of 64 bits; for a function or an array its address."""
    value = gdb.parse_and_eval(expression)
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY):
        value = value.address
    return int(value) & 0xffffffffffffffff


def read_physical(address):
    """The 64 bits at a physical address. For this read, QEMU is switched to physical addresses."""
    def set_mode(physical):
        gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{physical}", to_string=True)

    set_mode(1)
    try:
        return int.from_bytes(gdb.selected_inferior().read_memory(address, 8), "little")
    finally:
        set_mode(0)


def flags(entry):
    """The permissions of a page-table entry, as `rwxu` with dashes."""
    return "".join(("r", "w" if entry & WRITABLE else "-", "-" if entry & NO_EXECUTE else "x",
                    "u" if entry & USER else "-"))


def listed(head, kind, member):
    """The objects on a `struct list` whose nodes are their `member`."""
    pointer = gdb.lookup_type(kind).pointer()
    offset = next(field.bitpos // 8 for field in gdb.lookup_type(kind).fields() if field.name == member)
    node = head["next"]
    while node != head.address:
        yield gdb.Value(int(node) - offset).cast(pointer).dereference()
        node = node["next"]


class Walk(gdb.Command):
    """walk ADDRESS: the page-table entries that translate a virtual address, from CR3 on."""

    def __init__(self):
        super().__init__("walk", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("walk: an address is missing: walk ADDRESS")
        address = number(argument)
        table = number("$cr3") & ADDRESS_MASK
        for depth, name in enumerate(LEVELS):
            shift = 39 - 9 * depth
            index = address >> shift & ENTRIES - 1
            entry = read_physical(table + 8 * index)
            if not entry & PRESENT:
                print(f"{name:>5}[{index:3}] = {entry:#018x}: not present")
                return
            print(f"{name:>5}[{index:3}] = {entry:#018x} {flags(entry)}")
            table = entry & ADDRESS_MASK
            if depth == len(LEVELS) - 1 or (depth and entry & LARGE):
                offset = (1 << shift) - 1
                print(f"physical {table & ~offset | address & offset:#x}")
                return


class Tasks(gdb.Command):
    """tasks: the live tasks of the kernel's executor."""

    def __init__(self):
        super().__init__("tasks", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        executor = gdb.parse_and_eval("'kernel/main.c'::executor")
        print(f"{'name':<20} {'state':<9} {'priority':<8} {'polls':>10} {'wakes':>10}  poll function")
        for task in listed(executor["tasks"]["head"], "struct task", "link"):
            priority = str(task["priority"]).removeprefix("TASK_").lower()
            print(f"{task['name'].string():<20} {self.state(task):<9} {priority:<8} "
                  f"{int(task['polls']):>10} {int(task['wakes']):>10}  "
                  f"{task['poll'].format_string(raw=True, symbols=True)}")

    @staticmethod
    def state(task):
        """The same words as the monitor's command."""
        if gdb.parse_and_eval("boot_cpu.current") == task.address:
            return "running"
        if task["cancelled"]:
            return "cancelled"
        return "waiting" if task["waiting"] else "ready"


class Heap(gdb.Command):
    """heap: the allocator and its committed memory."""

    def __init__(self):
        super().__init__("heap", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        allocator = gdb.parse_and_eval("*kernel_heap")
        arena = allocator["arena"].dereference()
        print(f"{allocator['name'].string()}, from {int(arena['base']):#x} on: "
              f"{int(arena['committed'])} bytes committed now, {int(arena['peak'])} at most so far")


class Log(gdb.Command):
    """klog: the lines in the log's ring, including those that were not shown."""

    def __init__(self):
        super().__init__("klog", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        ring = gdb.parse_and_eval("'kernel/log/log.c'::ring")
        slots = ring.type.range()[1] + 1
        newest = int(gdb.parse_and_eval("'kernel/log/log.c'::newest"))
        for line in range(max(1, newest - slots + 1), newest + 1):
            record = ring[line % slots]
            if int(record["number"]) == line:
                print(f"[{int(record['time']) / 1e9:12.6f}] {record['text'].string()}")


for command in (Walk, Tasks, Heap, Log):
    command()
