/*
 * fuzz SEED CALLS [ROUND]: makes system calls with made-up arguments, and checks that they do no
 * harm.
 *
 * What it knows of the calls comes from the kernel's own table (include/kernel/syscall/table.def).
 * It is the first program of a system of its own, and works in rounds. Each round is a process
 * (user/fuzz/round.c) that makes calls until it has made enough, crashes, or hangs; another process
 * changes its memory meanwhile (user/fuzz/others.c). Some rounds run random bytes instead
 * (user/fuzz/code.c). A round's random numbers follow from SEED and its number, so that under a
 * clock that counts instructions a failure comes again; ROUND runs one round alone.
 *
 * Failures are: a panic, which ends all; a process that cannot be killed; memory that is missing
 * after the rounds; a change in the guard's memory, a process that has nothing to do with the
 * rounds; a word of its memory, or an address of the kernel's, in what a call gives back. This
 * program prints them, and its exit status is 1.
 */
#include <lib/format.h>
#include <lib/string.h>

#include "fuzz/fuzz.h"
#include "lib/linux.h"
#include "lib/print.h"

struct shared *shared;

void fail(const char *format, ...)
{
    va_list arguments;
    if (shared->failure[0])
        return;
    va_start(arguments, format);
    vsnprintf(shared->failure, sizeof(shared->failure), format, arguments);
    va_end(arguments);
}

void sleep_for(int64_t microseconds)
{
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    sys_nanosleep(&time, NULL);
}

uint64_t leading_number(const char *text)
{
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = 10 * value + (uint64_t)(*text - '0');
    return value;
}

static void *map_shared(size_t size)
{
    enum { MMAP_SHARED = 1 };
    return sys_mmap(NULL, size, MAP_READ | MAP_WRITE, MMAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* --- The guard ------------------------------------------------------------------------------- */

enum { GUARD_WORDS = 16 * PAGE / 8 };
static uint64_t guarded[GUARD_WORDS];
static long guard; /* its number */

static NORETURN void run_guard(void)
{
    for (size_t i = 0; i < GUARD_WORDS; i++)
        guarded[i] = secret_word(i);
    for (;;) {
        sleep_for(5000);
        for (size_t i = 0; i < GUARD_WORDS; i++) {
            if (guarded[i] != secret_word(i))
                fail("the guard's word %lu is %lx", i, guarded[i]);
        }
    }
}

/* --- Rounds ---------------------------------------------------------------------------------- */

#define PLACE "/tmp/round"

/* A round is over when its process has ended, or makes no more calls. */
static void wait_for_round(long process)
{
    enum { PAUSE = 4000, PATIENCE = 8 };
    uint64_t calls = 0;
    for (int idle = 0; idle < PATIENCE; idle++) {
        if (sys_wait4((int)process, NULL, WAIT_NO_HANG, NULL) != 0)
            break;
        if (shared->calls != calls)
            idle = 0;
        calls = shared->calls;
        sleep_for(PAUSE);
    }
}

static void run(uint64_t round, uint64_t first_seed)
{
    enum { CODE_EVERY = 8 };
    uint64_t round_seed = first_seed * UINT64_C(1000003) + round;
    sys_mkdir(PLACE, 0777);
    sys_chdir(PLACE);
    long process = sys_fork();
    if (process == 0) {
        sys_setsid();
        random_next(&round_seed);
        if (round % CODE_EVERY == CODE_EVERY - 1)
            run_random_code(round_seed);
        run_round(round_seed);
    }
    if (process < 0)
        fail("no process for a round: error %ld", -process);
    wait_for_round(process);
    end_processes(guard);
    remove_files();
}

/* --- Memory ---------------------------------------------------------------------------------- */

/* A number of /proc/meminfo, in KiB. */
static uint64_t read_memory(const char *name)
{
    static char text[2048];
    long file = sys_open("/proc/meminfo", OPEN_READ, 0);
    long size = sys_read((int)file, text, sizeof(text) - 1);
    sys_close((int)file);
    text[size > 0 ? size : 0] = '\0';
    for (const char *at = text; *at; at++) {
        if (strncmp(at, name, strlen(name)) != 0)
            continue;
        for (at += strlen(name); *at == ' ' || *at == ':'; at++) {
        }
        return leading_number(at);
    }
    return 0;
}

struct memory {
    uint64_t all;  /* in KiB: what is free, and what the kernel's heap has */
    uint64_t heap; /* the blocks that are in use */
};

/* A thread that is woken while it ends is freed when its turn comes. */
static struct memory memory_now(void)
{
    sleep_for(1000);
    return (struct memory){.all = read_memory("MemFree") + read_memory("Slab"),
                           .heap = read_memory("SUnreclaim")};
}

/* In KiB; a few may have changed their use. */
static void compare_memory(struct memory before)
{
    enum { FRAMES = 16, HEAP = 2 };
    struct memory now = memory_now();
    print(OUTPUT, "fuzz: memory %lu KiB, then %lu; heap %lu KiB, then %lu\n", before.all, now.all,
          before.heap, now.heap);
    if (now.all + FRAMES < before.all)
        fail("frames are lost");
    if (now.heap > before.heap + HEAP)
        fail("blocks of the heap are lost");
}

/* --- The whole ------------------------------------------------------------------------------- */

static void print_counts(void)
{
    uint64_t made = 0, succeeded = 0;
    for (size_t i = 0; i < CALL_NUMBERS; i++) {
        const struct call_description *call = call_describe(i);
        made += shared->counts[i].made;
        succeeded += shared->counts[i].succeeded;
        if (call && call->arguments && shared->counts[i].made && !shared->counts[i].succeeded)
            print(OUTPUT, "fuzz: %s has never succeeded, in %u calls\n", call->name,
                  shared->counts[i].made);
    }
    print(OUTPUT, "fuzz: %lu of %lu calls have succeeded\n", succeeded, made);
}

static void start(uint64_t first_seed)
{
    enum { NO_CONTROL = 0400 };
    sys_mount("proc", "/proc", "proc", 0, NULL);
    sys_mount("dev", "/dev", "devtmpfs", 0, NULL);
    long terminal = sys_open("/dev/tty2", OPEN_READ_WRITE | NO_CONTROL, 0);
    print((int)terminal, "\n"); /* has its memory from now on */
    long port = sys_open("/dev/ttyS0", OPEN_READ_WRITE | NO_CONTROL, 0);
    for (int i = 0; port >= 0 && i <= ERRORS; i++)
        sys_dup2((int)port, i);
    shared = map_shared(sizeof(*shared));
    choose_secret((uint32_t)(first_seed * 2654435761u) | 0x40000000);
    remember_files();
    guard = sys_fork();
    if (guard == 0)
        run_guard();
}

/* Runs rounds until so many calls were made, or something has failed. */
static uint64_t run_rounds(uint64_t first, uint64_t first_seed, uint64_t calls)
{
    enum { TOLD_EVERY = 100 };
    uint64_t round = first;
    for (; shared->calls < calls && !shared->failure[0]; round++) {
        if (round % TOLD_EVERY == 0)
            print(OUTPUT, "fuzz: round %lu, %lu calls\n", round, shared->calls);
        run(round, first_seed);
    }
    return round;
}

int main(int count, const char *const arguments[])
{
    enum { WARM_UP = 10 }; /* a tenth of the calls */
    if (sys_getpid() != 1 || count < 3)
        return 0; /* a round has executed this file */
    uint64_t first_seed = leading_number(arguments[1]), calls = leading_number(arguments[2]);
    start(first_seed);
    if (count > 3) {
        run(leading_number(arguments[3]), first_seed);
    } else {
        uint64_t round = run_rounds(0, first_seed, calls / WARM_UP);
        struct memory before = memory_now();
        run_rounds(round, first_seed, calls);
        compare_memory(before);
    }
    print_counts();
    if (shared->failure[0])
        print(OUTPUT, "fuzz: FAILED, seed %lu: %s\n", first_seed, shared->failure);
    else
        print(OUTPUT, "fuzz: nothing was hurt\n");
    return shared->failure[0] != 0;
}
