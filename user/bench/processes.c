/* A process from its start to its end: one that ends at once, and one that runs a tiny program. */
#include "bench/bench.h"
#include "lib/linux.h"

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

BENCH(process, "process.")
{
    measure("process.fork_exit_wait", fork_exit);
    measure("process.vfork_exec_wait", vfork_exec);
    measure("process.fork_exec_wait", fork_exec);
}
