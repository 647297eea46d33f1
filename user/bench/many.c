/*
 * Ten thousand processes at once, and fifty thousand threads: what the first ones cost, and the
 * last ones, from the call that makes one until it waits, and from the call that ends it until it
 * has ended. The third figure is the ratio of the two, in percent.
 */
#include <lib/format.h>
#include <lib/string.h>

#include "bench/bench.h"
#include "bench/threads.h"
#include "lib/linux.h"

enum { MANY_PROCESSES = 10000, MANY_THREADS = 50000, SOME = 500 };

/* Makes the thing of that index, or ends it. */
typedef void (*step)(unsigned index);

static void report(const char *name, const char *what, uint64_t ticks)
{
    char text[64];
    snprintf(text, sizeof(text), "many.%s.%s", name, what);
    bench_report(text, ticks, SOME);
}

/* Does it for each, in their order. */
static void measure(const char *name, step act, unsigned count)
{
    uint64_t first = 0, last = 0, start = bench_start();
    char text[64];
    for (unsigned i = 0; i < count; i++) {
        act(i);
        if (i + 1 == SOME)
            first = bench_stop(start);
        if (i + 1 == count - SOME)
            start = bench_start();
    }
    last = bench_stop(start);
    report(name, "first", first);
    report(name, "last", last);
    snprintf(text, sizeof(text), "many.%s.ratio", name);
    bench_report_ratio(text, last, first);
}

static void set(const char *name, const char *number)
{
    int file = (int)bench_need(name, sys_open(name, OPEN_WRITE, 0));
    bench_need(name, sys_write(file, number, strlen(number)));
    sys_close(file);
}

/* The numbers that Linux gives out at first are too few, and so are the areas of a process, of
 * which each thread's stack takes two. */
static void allow_as_many(void)
{
    sys_mkdir("/proc", 0755);
    sys_mount("proc", "/proc", "proc", 0, NULL);
    set("/proc/sys/kernel/pid_max", "4194304");
    set("/proc/sys/vm/max_map_count", "200000");
}

/* --- Processes ------------------------------------------------------------------------------- */

static int processes[MANY_PROCESSES];
static int started[2], never[2]; /* pipes: each process says that it runs; none gets a byte */

static void make_process(unsigned index)
{
    char byte = 0;
    processes[index] = (int)bench_need("fork", sys_fork());
    if (processes[index] == 0) {
        sys_write(started[1], &byte, 1);
        sys_read(never[0], &byte, 1);
        sys_exit_group(1);
    }
    bench_need("read", sys_read(started[0], &byte, 1));
}

static void end_process(unsigned index)
{
    enum { SIGKILL = 9 };
    bench_need("kill", sys_kill(processes[index], SIGKILL));
    bench_need("wait4", sys_wait4(processes[index], NULL, 0, NULL));
}

BENCH_ALONE(many_processes, "many.")
{
    allow_as_many();
    bench_need("pipe2", sys_pipe2(started, 0));
    bench_need("pipe2", sys_pipe2(never, 0));
    measure("process", make_process, MANY_PROCESSES);
    measure("process_end", end_process, MANY_PROCESSES);
}

/* --- Threads --------------------------------------------------------------------------------- */

enum state { STARTS, WAITS, ENDS };

static struct thread threads[MANY_THREADS];
static int states[MANY_THREADS]; /* futexes */

static void set_state(int *state, enum state to)
{
    __atomic_store_n(state, to, __ATOMIC_RELEASE);
    sys_futex(state, FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL);
}

static void wait_while(int *state, enum state is)
{
    while (__atomic_load_n(state, __ATOMIC_ACQUIRE) == (int)is)
        sys_futex(state, FUTEX_WAIT | FUTEX_PRIVATE, is, NULL);
}

static void wait_for_the_end(void *state)
{
    set_state(state, WAITS);
    wait_while(state, WAITS);
}

static void make_thread(unsigned index)
{
    thread_start(&threads[index], wait_for_the_end, &states[index]);
    wait_while(&states[index], STARTS);
}

static void end_thread(unsigned index)
{
    set_state(&states[index], ENDS);
    thread_join(&threads[index]);
}

BENCH_ALONE(many_threads, "many.")
{
    allow_as_many();
    measure("thread", make_thread, MANY_THREADS);
    measure("thread_end", end_thread, MANY_THREADS);
}
