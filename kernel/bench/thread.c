#include <assert.h>
#include <kernel/bench/bench.h>
#include <kernel/task/executor.h>
#include <kernel/task/thread.h>
#include <mm/kernel_stacks.h>

enum { THREADS = 2, ROUNDS = 1000 };

static void run_yield(struct thread *thread)
{
    (void)thread;
    for (unsigned i = 0; i < ROUNDS; i++)
        thread_yield();
}

/* Two threads yield to each other: from one thread's yield to the other's return from its own. */
BENCH(thread_switch, "thread.switch")
{
    struct executor executor = EXECUTOR_INIT(executor);
    static struct thread threads[THREADS];
    struct stack taken[THREADS];
    unsigned made = 0;
    while (made < THREADS && kernel_stack_alloc(&taken[made]) == OK) {
        thread_init(&threads[made], "yields", &taken[made], run_yield, NULL);
        executor_spawn(&executor, &threads[made].task);
        made++;
    }
    uint64_t start = bench_start();
    executor_run_ready(&executor);
    uint64_t cost = bench_stop(start);
    ASSERT(list_empty(&executor.tasks));
    if (made == THREADS)
        bench_report("thread.switch", cost / ((uint64_t)THREADS * ROUNDS));
    else
        bench_report_no_memory("thread.switch");
    while (made > 0)
        kernel_stack_free(&taken[--made]);
}
