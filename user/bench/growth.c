/*
 * How costs grow: each workload runs beside a few other things of its kind, and beside many. The
 * third figure is the ratio of the two, in percent. A logarithm is fine; a line is not.
 */
#include <lib/format.h>

#include "bench/bench.h"
#include "lib/linux.h"

#define PAGE KIB(4)

enum { PAGES = 16, FEW = 10, MANY_AREAS = 10000, MANY_PROCESSES = 1000, MANY_FILES = 100000 };

/* Both figures of a workload, and their ratio. */
static void report(const char *name, unsigned many, uint64_t beside_few, uint64_t beside_many)
{
    char text[64];
    snprintf(text, sizeof(text), "growth.%s.%u", name, (unsigned)FEW);
    bench_report(text, beside_few, 1);
    snprintf(text, sizeof(text), "growth.%s.%u", name, many);
    bench_report(text, beside_many, 1);
    snprintf(text, sizeof(text), "growth.%s.ratio", name);
    bench_report_ratio(text, beside_many, beside_few);
}

/* --- Areas of memory ------------------------------------------------------------------------- */

static void *areas[MANY_AREAS];

/* Neighbours have different rights, so each page stays an area of its own. */
static void make_areas(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int rights = i % 2 ? MAP_READ : MAP_READ | MAP_WRITE;
        areas[i] = sys_mmap(NULL, PAGE, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        bench_need("mmap", (long)areas[i]);
    }
}

static uint64_t first_touch(void)
{
    volatile char *memory = bench_map(ROUNDS);
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        memory[i * PAGE] = 1;
    uint64_t ticks = bench_stop(start);
    sys_munmap((void *)(uintptr_t)memory, ROUNDS * PAGE);
    return ticks / ROUNDS;
}

static uint64_t map_unmap(void)
{
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        sys_munmap(bench_map(PAGES), PAGES * PAGE);
    return bench_stop(start) / ROUNDS;
}

static void measure_areas(unsigned count, uint64_t *touch, uint64_t *map)
{
    make_areas(count);
    first_touch();
    *touch = first_touch();
    *map = map_unmap();
    for (unsigned i = 0; i < count; i++)
        sys_munmap(areas[i], PAGE);
}

BENCH_ALONE(growth_areas, "growth.")
{
    uint64_t touch[2], map[2];
    measure_areas(FEW, &touch[0], &map[0]);
    measure_areas(MANY_AREAS, &touch[1], &map[1]);
    report("first_touch", MANY_AREAS, touch[0], touch[1]);
    report("map_unmap", MANY_AREAS, map[0], map[1]);
}

/* --- Processes ------------------------------------------------------------------------------- */

static int idle_ends[2];

/* Each waits at a pipe until its writing end is closed. */
static void make_processes(unsigned count)
{
    bench_need("pipe2", sys_pipe2(idle_ends, 0));
    for (unsigned i = 0; i < count; i++) {
        char byte;
        if (bench_need("fork", sys_fork()) == 0) {
            sys_close(idle_ends[1]);
            sys_exit_group(sys_read(idle_ends[0], &byte, 1) != 0);
        }
    }
}

static void end_processes(unsigned count)
{
    sys_close(idle_ends[0]);
    sys_close(idle_ends[1]);
    for (unsigned i = 0; i < count; i++)
        bench_need("wait4", sys_wait4(-1, NULL, 0, NULL));
}

static uint64_t fork_exit_wait(void)
{
    uint64_t start = bench_start();
    for (int i = 0; i < PROCESSES; i++) {
        long child = bench_need("fork", sys_fork());
        if (child == 0)
            sys_exit_group(0);
        sys_wait4((int)child, NULL, 0, NULL);
    }
    return bench_stop(start) / PROCESSES;
}

/* A byte through a pipe of its own, while all others wait at theirs. */
static uint64_t pass_bytes(void)
{
    int ends[2];
    char byte = 0;
    bench_need("pipe2", sys_pipe2(ends, 0));
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++) {
        sys_write(ends[1], &byte, 1);
        sys_read(ends[0], &byte, 1);
    }
    uint64_t ticks = bench_stop(start);
    sys_close(ends[0]);
    sys_close(ends[1]);
    return ticks / ROUNDS;
}

static void measure_processes(unsigned count, uint64_t *fork, uint64_t *pipe)
{
    make_processes(count);
    fork_exit_wait();
    *fork = fork_exit_wait();
    *pipe = pass_bytes();
    end_processes(count);
}

BENCH_ALONE(growth_processes, "growth.")
{
    uint64_t fork[2], pipe[2];
    measure_processes(FEW, &fork[0], &pipe[0]);
    measure_processes(MANY_PROCESSES, &fork[1], &pipe[1]);
    report("fork_exit_wait", MANY_PROCESSES, fork[0], fork[1]);
    report("pipe", MANY_PROCESSES, pipe[0], pipe[1]);
}

/* --- Files ----------------------------------------------------------------------------------- */

static const char *file_name(char name[32], unsigned number)
{
    snprintf(name, 32, "/bench.many/%u", number);
    return name;
}

static uint64_t open_close(unsigned count)
{
    char name[32];
    file_name(name, count / 2);
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        sys_close((int)bench_need(name, sys_open(name, OPEN_READ, 0)));
    return bench_stop(start) / ROUNDS;
}

static uint64_t measure_files(unsigned count)
{
    char name[32];
    bench_need("mkdir", sys_mkdir("/bench.many", 0755));
    for (unsigned i = 0; i < count; i++) {
        long file = sys_open(file_name(name, i), OPEN_WRITE | OPEN_CREATE, 0644);
        sys_close((int)bench_need(name, file));
    }
    open_close(count);
    uint64_t result = open_close(count);
    for (unsigned i = 0; i < count; i++)
        sys_unlink(file_name(name, i));
    sys_rmdir("/bench.many");
    return result;
}

BENCH_ALONE(growth_files, "growth.")
{
    uint64_t few = measure_files(FEW);
    report("open_close", MANY_FILES, few, measure_files(MANY_FILES));
}
