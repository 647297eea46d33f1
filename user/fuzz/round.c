/*
 * One round: a process that makes calls with made-up arguments, beside a racer. It has a directory,
 * descriptors of several kinds and memory to begin with. Whatever the calls do to it, it goes on as
 * long as it can; a round that crashes or hangs is over, and that is no failure.
 */
#include <lib/string.h>

#include "fuzz/fuzz.h"
#include "lib/linux.h"

uint64_t seed;

enum { MMAP_SHARED = 1, MMAP_FIXED = 16, NO_PERMISSIONS = 0 };

static void map(uint64_t at, size_t size, int protection, int flags)
{
    sys_mmap((void *)at, size, protection, flags | MMAP_FIXED | MAP_ANONYMOUS, -1, 0);
}

static void make_memory(void)
{
    map(ARENA, ARENA_SIZE, MAP_READ | MAP_WRITE, MMAP_SHARED);
    map(ARENA + ARENA_SIZE, PAGE, MAP_READ, MAP_PRIVATE);
    map(ARENA + ARENA_SIZE + PAGE, PAGE, NO_PERMISSIONS, MAP_PRIVATE);
    map(OWN, OWN_SIZE, MAP_READ | MAP_WRITE, MAP_PRIVATE);
    map(PLAYGROUND, PLAYGROUND_SIZE / 2, MAP_READ | MAP_WRITE, MAP_PRIVATE);
}

static void make_file(const char *path, size_t size)
{
    static char content[3 * PAGE];
    long file = sys_open(path, OPEN_WRITE | OPEN_CREATE, 0755);
    memset(content, 'c', sizeof(content));
    sys_write((int)file, content, size);
    sys_close((int)file);
}

static void make_files(void)
{
    make_file("a", 3 * PAGE - 5);
    make_file("b", 10);
    make_file("program", 2000);
    sys_mkdir("d", 0755);
    sys_mkdir("d/e", 0755);
    make_file("d/a", 0);
    sys_symlink("d/a", "link");
    sys_symlink("loop", "loop");
    sys_symlink("none", "dangling");
    sys_mknod("pipe", 0010644, 0);
}

static int64_t call(uint64_t number, uint64_t first, uint64_t second, uint64_t third,
                    uint64_t fourth)
{
    const uint64_t arguments[CALL_ARGUMENTS] = {first, second, third, fourth};
    return raw_call(number, arguments);
}

/* A socket with a name of the kernel's choice listens, and another one has called it. */
static void open_sockets(void)
{
    enum { SOCKET = 41, CONNECT = 42, BIND = 49, LISTEN = 50, NAME = 51, PAIR = 53 };
    enum { UNIX = 1, STREAM = 1, DATAGRAM = 2, NONBLOCKING = 04000, FAMILY_SIZE = 2 };
    static uint16_t address[55] = {UNIX};
    static uint32_t size = sizeof(address);
    static int ends[2];
    uint64_t listener = (uint64_t)call(SOCKET, UNIX, STREAM | NONBLOCKING, 0, 0);
    call(BIND, listener, (uintptr_t)address, FAMILY_SIZE, 0);
    call(LISTEN, listener, 3, 0, 0);
    call(NAME, listener, (uintptr_t)address, (uintptr_t)&size, 0);
    uint64_t caller = (uint64_t)call(SOCKET, UNIX, STREAM | NONBLOCKING, 0, 0);
    call(CONNECT, caller, (uintptr_t)address, size, 0);
    call(PAIR, UNIX, DATAGRAM | NONBLOCKING, 0, (uintptr_t)ends);
    sys_write(ends[0], "a datagram", 10);
}

/* Descriptors and a timer that have calls of their own. */
static void open_others(void)
{
    enum { TIMER_CREATE = 222, EPOLL_CTL = 233, INOTIFY_ADD_WATCH = 254, TIMERFD_CREATE = 283 };
    enum { SIGNALFD4 = 289, EVENTFD2 = 290, EPOLL_CREATE1 = 291, INOTIFY_INIT1 = 294 };
    enum { MEMFD_CREATE = 319, MONOTONIC = 1, NONBLOCKING = 04000, ADD = 1, EVERY = 0xfff };
    static const uint64_t signals = 1 << 9;
    static const uint32_t event[3] = {1};
    static int timer;
    uint64_t epoll = (uint64_t)call(EPOLL_CREATE1, 0, 0, 0, 0);
    uint64_t count = (uint64_t)call(EVENTFD2, 3, NONBLOCKING, 0, 0);
    call(EPOLL_CTL, epoll, ADD, count, (uintptr_t)event);
    uint64_t inotify = (uint64_t)call(INOTIFY_INIT1, NONBLOCKING, 0, 0, 0);
    call(INOTIFY_ADD_WATCH, inotify, (uintptr_t) ".", EVERY, 0);
    call(TIMERFD_CREATE, MONOTONIC, NONBLOCKING, 0, 0);
    call(SIGNALFD4, UINT64_MAX, (uintptr_t)&signals, sizeof(signals), NONBLOCKING);
    call(MEMFD_CREATE, (uintptr_t) "memory", 3, 0, 0);
    call(TIMER_CREATE, MONOTONIC, 0, (uintptr_t)&timer, 0);
    sys_open("/dev/ptmx", OPEN_READ_WRITE | NONBLOCKING, 0);
}

/* Descriptors 0 to 2 are /dev/null: no round is to write to the terminal. */
static void open_descriptors(void)
{
    enum { NONBLOCKING = 04000 };
    int ends[2];
    for (int file = 0; file < 64; file++)
        sys_close(file);
    for (int i = 0; i < 3; i++)
        sys_open("/dev/null", OPEN_READ_WRITE, 0);
    sys_pipe2(ends, 0);
    sys_pipe2(ends, NONBLOCKING);
    sys_write(ends[1], "content of a pipe", 17);
    sys_open("a", OPEN_READ_WRITE, 0);
    sys_open("b", OPEN_READ, 0);
    sys_open("a", OPEN_WRITE | OPEN_APPEND, 0);
    sys_open(".", OPEN_READ | OPEN_DIRECTORY, 0);
    sys_open("/dev/zero", OPEN_READ_WRITE, 0);
    sys_open("/dev/tty2", OPEN_READ_WRITE | NONBLOCKING, 0);
    sys_open("/proc/self/stat", OPEN_READ, 0);
    sys_open("/proc", OPEN_READ | OPEN_DIRECTORY, 0);
    open_sockets();
    open_others();
}

static void ignore(int signal)
{
    (void)signal;
}

/* Calls that wait are interrupted again and again. Faults end the process. */
static void handle_signals(void)
{
    enum { FIRST_FAULT = 4, SEGMENTATION_FAULT = 11, CHILD = 17, SIGNALS = 31, INTERVAL = 2000 };
    static const int64_t timer[4] = {0, INTERVAL, 0, INTERVAL}; /* microseconds */
    for (int signal = 1; signal <= SIGNALS; signal++) {
        if (signal < FIRST_FAULT || (signal > SEGMENTATION_FAULT && signal != CHILD))
            signal_handle(signal, ignore);
    }
    sys_setitimer(0, timer, NULL);
}

static bool makes_child(uint64_t number)
{
    enum { CLONE = 56, FORK = 57, VFORK = 58, CLONE3 = 435 };
    return number == CLONE || number == FORK || number == VFORK || number == CLONE3;
}

/* Calls that end the round are rare; those that could disturb the fuzzer itself are left out. */
static bool is_allowed(uint64_t number)
{
    enum {
        SIGRETURN = 15,
        PAUSE = 34,
        EXECVE = 59,
        EXIT = 60,
        EXIT_GROUP = 231,
        MOUNT = 165,
        UMOUNT = 166,
        CHROOT = 161,
        PIVOT_ROOT = 155
    };
    switch (number) {
    case SIGRETURN: /* others.c makes frames for it */
    case MOUNT:
    case UMOUNT:
    case PIVOT_ROOT:
        return false;
    case PAUSE:
    case EXECVE:
    case EXIT:
    case EXIT_GROUP:
    case CHROOT:
        return once_in(32);
    default:
        return true;
    }
}

static const struct call_description *describe(uint64_t number)
{
    static const struct call_argument none[1];
    static const struct call_description unknown = {.name = "unknown", .arguments = none};
    const struct call_description *call = call_describe(number);
    return call && call->arguments ? call : &unknown;
}

static uint64_t choose_number(void)
{
    uint64_t number = below(CALL_NUMBERS);
    if (once_in(100))
        return interesting_number();
    while (describe(number)->arguments->kind == ARGUMENT_NONE && !once_in(8))
        number = below(CALL_NUMBERS);
    return number;
}

void make_call(void)
{
    uint64_t number = choose_number(), arguments[CALL_ARGUMENTS];
    const struct call_description *call = describe(number);
    if (!is_allowed(number))
        return;
    make_arguments(call, arguments);
    shared->calls++;
    if (number < CALL_NUMBERS)
        shared->counts[number].made++;
    int64_t result =
        makes_child(number) ? raw_clone(number, arguments) : raw_call(number, arguments);
    if (number < CALL_NUMBERS && result >= 0)
        shared->counts[number].succeeded++;
    if (call->result == RESULT_FD && result > 0)
        remember_descriptor((int)result);
    check_result(number, call, arguments, result);
}

void run_round(uint64_t round_seed)
{
    seed = round_seed;
    make_memory();
    make_files();
    open_descriptors();
    handle_signals();
    if (sys_fork() == 0)
        run_racer();
    if (once_in(3))
        start_racing_thread();
    for (int i = 0; i < CALLS_IN_ROUND; i++) {
        make_call();
        if (once_in(20))
            do_something_else();
    }
    sys_exit_group(0);
}
