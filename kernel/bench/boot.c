/*
 * From the kernel's first instruction to the monitor's first poll. A boot that runs benches does
 * not start the monitor. So the figure has two parts. The boot itself is measured up to the place
 * where the monitor would start. The rest is measured here, with two tasks in place of the log task
 * and the monitor: they are spawned, and the executor runs until it polls the second one. Only
 * `bench=` can measure this, and only with loglevel=error is the figure free of log lines.
 */
#include <boot/boot_info.h>
#include <kernel/bench/bench.h>
#include <kernel/main.h>
#include <kernel/task/executor.h>

static uint64_t first_poll;

static enum poll_result poll_note_time(struct task *task)
{
    (void)task;
    first_poll = read_tsc();
    return POLL_READY;
}

static uint64_t measure_rest(void)
{
    static struct task log, monitor;
    struct executor executor = EXECUTOR_INIT(executor);
    task_init(&log, "log", poll_note_time, NULL);
    task_init(&monitor, "monitor", poll_note_time, NULL);
    uint64_t start = bench_start();
    executor_spawn(&executor, &log);
    executor_spawn(&executor, &monitor);
    executor_run_ready(&executor);
    return first_poll - start;
}

BENCH(boot, "boot.")
{
    if (boot_mode_tsc)
        bench_report("boot.entry_to_ready", boot_mode_tsc - boot_entry_tsc + measure_rest());
    else
        bench_report_missing("boot.entry_to_ready", "needs a boot of its own, with bench=boot.");
}
