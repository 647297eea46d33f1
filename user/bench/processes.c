/* A process from its start to its end: one that ends at once, and one that runs a tiny program. */
#include "bench/bench.h"
#include "lib/linux.h"

enum { MANY = 1000 };

static const char *const arguments[] = {"/bin/true", NULL};

static void fork_exit(void)
{
    long child = bench_need("fork", sys_fork());
    if (child == 0)
        sys_exit_group(0);
    sys_wait4((int)child, NULL, 0, NULL);
}

static void wait_for_success(long child)
{
    int status = 0;
    sys_wait4((int)child, &status, 0, NULL);
    bench_need("/bin/true", status == 0 ? 0 : -1);
}

static void fork_exec(void)
{
    long child = bench_need("fork", sys_fork());
    if (child == 0) {
        sys_execve(arguments[0], arguments, arguments + 1);
        sys_exit_group(1);
    }
    wait_for_success(child);
}

static void vfork_exec(void)
{
    long child = bench_need("vfork", sys_vfork());
    if (child == 0) {
        sys_execve(arguments[0], arguments, arguments + 1);
        sys_exit_group(1);
    }
    wait_for_success(child);
}

static void measure(const char *name, void (*run)(void))
{
    for (int i = 0; i < WARM_UP; i++)
        run();
    uint64_t start = bench_start();
    for (int i = 0; i < PROCESSES; i++)
        run();
    bench_report(name, bench_stop(start), PROCESSES);
}

/* Processes that wait for the end of this one's end of a pipe. */
static void start_others(int ends[2])
{
    bench_need("pipe2", sys_pipe2(ends, 0));
    for (int i = 0; i < MANY; i++) {
        char byte;
        if (bench_need("fork", sys_fork()))
            continue;
        sys_close(ends[1]);
        sys_read(ends[0], &byte, 1);
        sys_exit_group(0);
    }
}

static void end_others(const int ends[2])
{
    sys_close(ends[0]);
    sys_close(ends[1]);
    for (int i = 0; i < MANY; i++)
        sys_wait4(-1, NULL, 0, NULL);
}

BENCH(process, "process.")
{
    int ends[2];
    measure("process.fork_exit_wait", fork_exit);
    start_others(ends);
    measure("process.fork_exit_wait.1000", fork_exit);
    end_others(ends);
    measure("process.vfork_exec_wait", vfork_exec);
    measure("process.fork_exec_wait", fork_exec);
}
