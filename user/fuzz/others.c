/*
 * What a round does beside single calls.
 */
#include <lib/string.h>

#include "fuzz/fuzz.h"
#include "lib/linux.h"

/* --- The racer ------------------------------------------------------------------------------- */

/* Small numbers, addresses of memory that is there, and letters: never a number whose parts could
 * look like an address of the kernel's. */
static uint64_t racing_word(void)
{
    switch (below(4)) {
    case 0:
        return below(256);
    case 1:
        return OWN + below(OWN_SIZE);
    case 2:
        return 0;
    default:
        return 0x6161616161610061;
    }
}

void run_racer(void)
{
    static const struct timespec moment = {0, 20000};
    seed ^= 1;
    for (;;) {
        for (int i = 0; i < 256; i++)
            ((volatile uint64_t *)ARENA)[below(ARENA_SIZE / 8)] = racing_word();
        sys_ftruncate(7, below(3 * PAGE)); /* the file "a", which may be mapped */
        sys_nanosleep(&moment, NULL);
    }
}

/* Maps, unmaps and protects memory while calls use it. The round itself looks at none of it. */
static void race_for_a_page(void)
{
    enum { MMAP_FIXED = 16, DONT_NEED = 4 };
    bool in_arena = once_in(2);
    uint64_t page = in_arena ? ARENA + below(ARENA_SIZE / PAGE) * PAGE
                             : PLAYGROUND + below(PLAYGROUND_SIZE / PAGE) * PAGE;
    size_t size = (1 + below(3)) * PAGE;
    switch (below(4)) {
    case 0:
        sys_munmap((void *)page, size);
        break;
    case 1:
        sys_mprotect((void *)page, size, (int)below(4));
        break;
    case 2:
        sys_madvise((void *)page, size, DONT_NEED);
        break;
    default:
        sys_mmap((void *)page, size, MAP_READ | MAP_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MMAP_FIXED,
                 -1, 0);
        break;
    }
}

static void race_in_the_process(void *nothing)
{
    (void)nothing;
    enum { FIRST_OWN = 3, OWN_DESCRIPTORS = 12 };
    static const struct timespec moment = {0, 10000};
    for (;;) {
        for (int i = 0; i < 8; i++)
            race_for_a_page();
        if (once_in(8))
            sys_dup2((int)(FIRST_OWN + below(OWN_DESCRIPTORS)),
                     (int)(FIRST_OWN + below(OWN_DESCRIPTORS)));
        sys_nanosleep(&moment, NULL);
    }
}

void start_racing_thread(void)
{
    /* CLONE_VM, FS, FILES, SIGHAND, THREAD and SYSVSEM: what a thread of a C library shares */
    static const unsigned flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000;
    static _Alignas(16) char stack[2 * PAGE];
    thread_clone(flags, stack + sizeof(stack), NULL, NULL, race_in_the_process, NULL);
}

/* --- Children -------------------------------------------------------------------------------- */

/* A copy of the round that makes a few calls of its own. */
static void fork_and_go_on(void)
{
    if (sys_fork() != 0)
        return;
    seed = random_word();
    for (int i = 0; i < 8; i++)
        make_call();
    sys_exit_group(0);
}

static void reap_children(void)
{
    while (sys_wait4(-1, NULL, WAIT_NO_HANG, NULL) > 0) {
    }
}

/* --- Signals' frames ------------------------------------------------------------------------- */

/* Where the registers lie in a frame (Linux: asm/sigframe.h), as words from the place that RSP has
 * at the call. */
enum { RIP = 21, SEGMENTS = 23, FPU = 28, FRAME_WORDS = 54 };

static void return_with_forged_frame(void)
{
    if (sys_fork() != 0)
        return;
    uint64_t *frame = (uint64_t *)(OWN + 4 * PAGE);
    for (size_t i = 0; i < FRAME_WORDS; i++)
        frame[i] = once_in(2) ? interesting_number() : make_pointer(64);
    if (once_in(2))
        frame[RIP] = (uintptr_t)sys_getpid;
    if (!once_in(4))
        frame[SEGMENTS] = UINT64_C(0x2b) << 48 | 0x33;
    if (!once_in(4))
        frame[FPU] = once_in(2) ? 0 : OWN + below(OWN_SIZE / 64) * 64;
    raw_sigreturn((uintptr_t)frame);
}

/* --- Memory and files ------------------------------------------------------------------------ */

/* Fresh memory holds zeros: nothing of what another process has left. */
static void look_at_fresh_memory(void)
{
    size_t pages = 1 + below(8);
    uint64_t *memory =
        sys_mmap(NULL, pages * PAGE, MAP_READ | MAP_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((uint64_t)memory > (uint64_t)-PAGE)
        return;
    for (size_t i = 0; i < pages * PAGE / sizeof(*memory); i++) {
        if (memory[i])
            fail("fresh memory holds %lx", memory[i]);
    }
    sys_munmap(memory, pages * PAGE);
}

static void read_kernels_text(void)
{
    static const char *const files[] = {
        "/proc/self/stat",  "/proc/self/status", "/proc/self/maps",    "/proc/self/statm",
        "/proc/meminfo",    "/proc/stat",        "/proc/mounts",       "/proc/cpuinfo",
        "/proc/self/wchan", "/proc/self/stack",  "/proc/self/syscall", "/proc/kallsyms",
        "/proc/modules",    "/proc/iomem",       "/proc/interrupts",   "/proc/self/auxv",
        "/proc/self/limits"};
    static char text[2 * PAGE];
    const char *file = files[below(ARRAY_SIZE(files))];
    long descriptor = sys_open(file, OPEN_READ, 0);
    if (descriptor < 0)
        return;
    long size = sys_read((int)descriptor, text, sizeof(text));
    if (size > 0)
        check_bytes(file, text, (size_t)size);
    sys_close((int)descriptor);
}

void do_something_else(void)
{
    switch (below(6)) {
    case 0:
        fork_and_go_on();
        break;
    case 1:
        reap_children();
        break;
    case 2:
        return_with_forged_frame();
        break;
    case 3:
        look_at_fresh_memory();
        break;
    default:
        read_kernels_text();
        break;
    }
}
