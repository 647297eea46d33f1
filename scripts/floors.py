"""The floors of the tree, ground floor first, and circles among files: what the checks of the architecture share."""

VOCABULARY = -1  # include/*.h and tests: types, error, assert and the like; open to all
FLOORS = ["lib", "boot", "kernel/cpu", "kernel/log", "kernel/task", "mm", "kernel/fault", "drivers",
          "fs", "kernel/tty", "kernel/process", "kernel/syscall", "kernel/monitor", "kernel", "kernel/bench"]
ROOMS = sorted({floor.split("/")[0] for floor in FLOORS})  # the folders at the top that hold the kernel's sources


def floor_of(path):
    """The floor of `lib/string.h` or `drivers/i8042.c`; a longer room name wins over a shorter one."""
    rooms = [room for room in FLOORS if path.startswith(room + "/")]
    return FLOORS.index(max(rooms, key=len)) if rooms else VOCABULARY


def path_between(direct, start, goal):
    """A shortest way from `start` to `goal` along {file: files that it names}, of one step at least; None without one."""
    ways = [[start]]
    seen = set()
    for way in ways:
        for following in sorted(direct.get(way[-1], ())):
            if following == goal:
                return [*way, goal]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return None


def circles(direct):
    """Each circle among files once, as the files on a shortest way round, beginning with the first by name."""
    reported = set()
    for file in sorted(direct):
        way = None if file in reported else path_between(direct, file, file)
        if way:
            reported.update(way)
            yield way
