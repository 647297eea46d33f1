/*
 * The executor, on instances of its own. The tasks lie in memory from the heap: a million of them
 * only where there is room.
 */
#include <assert.h>
#include <kernel/bench/bench.h>
#include <kernel/task/executor.h>
#include <mm/heap.h>

enum { ROUNDS = 1000 };

static enum poll_result poll_ready(struct task *task)
{
    (void)task;
    return POLL_READY;
}

static void release(struct task *task)
{
    kfree(task);
}

/* Spawns `count` tasks that are ready at their first poll, each in memory of its own. False when
 * there is too little for all of them. */
static inline bool spawn_ready(struct executor *executor, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct task *task = kmalloc(sizeof(*task));
        if (!task)
            return false;
        task_init(task, "ready", poll_ready, release);
        executor_spawn(executor, task);
    }
    return true;
}

/* Spawning and completing them, and giving their memory back. */
static void bench_spawn(unsigned count)
{
    struct executor executor = EXECUTOR_INIT(executor);
    bool enough = true;
    uint64_t start = bench_start();
    for (unsigned round = 0; round < ROUNDS && enough; round++) {
        enough = spawn_ready(&executor, count);
        executor_run_ready(&executor);
    }
    uint64_t cost = bench_stop(start);
    ASSERT(list_empty(&executor.tasks));
    if (enough)
        bench_report_at("task.spawn", count, cost / ((uint64_t)ROUNDS * count));
    else
        bench_report_no_memory_at("task.spawn", count);
}

BENCH(task_spawn, "task.spawn")
{
    bench_spawn(1);
    bench_spawn(50);
}

/* A task that wakes another one, or itself, at each of its polls but the last. */
struct link {
    struct task task;
    struct task *next;
    uint64_t polls_left;
};

static enum poll_result poll_link(struct task *task)
{
    struct link *link = CONTAINER_OF(task, struct link, task);
    if (--link->polls_left)
        task_wake(link->next);
    return POLL_PENDING;
}

static struct link *spawn_links(struct executor *executor, uint64_t count, uint64_t step,
                                uint64_t rounds)
{
    struct link *links = kzalloc(count * sizeof(*links));
    for (uint64_t i = 0; links && i < count; i++) {
        links[i].task.name = "link";
        links[i].task.poll = poll_link;
        links[i].polls_left = 1;
        executor_spawn(executor, &links[i].task);
    }
    executor_run_ready(executor);
    for (uint64_t i = 0; links && i < count; i++) {
        links[i].next = &links[(i + step) % count].task;
        links[i].polls_left = rounds;
    }
    return links;
}

/* Each of `count` tasks wakes the one `step` behind it; `tokens` of them are awake at a time. */
static void bench_wake(const char *name, uint64_t count, uint64_t step, uint64_t tokens)
{
    struct executor executor = EXECUTOR_INIT(executor);
    uint64_t rounds = count < ROUNDS ? ROUNDS : 20;
    struct link *links = spawn_links(&executor, count, step, rounds);
    if (!links) {
        bench_report_no_memory_at(name, count);
        return;
    }
    uint64_t start = bench_start();
    for (uint64_t i = 0; i < tokens; i++)
        task_wake(&links[i].task);
    executor_run_ready(&executor);
    uint64_t cost = bench_stop(start);
    uint64_t polls = 0;
    for (uint64_t i = 0; i < count; i++)
        polls += rounds - links[i].polls_left;
    ASSERT(polls);
    bench_report_at(name, count, cost / polls);
    kfree(links);
}

BENCH(task_wake, "task.wake")
{
    static const uint64_t counts[] = {1, 10, 90, 1000, 1000000};
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        bench_wake("task.wake", counts[i], 0, counts[i]);
}

BENCH(task_ring, "task.ring")
{
    static const uint64_t counts[] = {2, 10, 90, 1000000};
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        bench_wake("task.ring", counts[i], 1, 1);
}

/* A task that waits for `count` things gives one up after the other, in the order in which it began
 * to wait for them. */
static void bench_unbind(uint64_t count)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct wait_queue queue = WAIT_QUEUE_INIT(queue);
    struct task task = {.name = "waiting", .poll = poll_ready};
    struct waker *wakers = kzalloc(count * sizeof(*wakers));
    if (!wakers) {
        bench_report_no_memory_at("task.unbind", count);
        return;
    }
    executor_spawn(&executor, &task);
    for (uint64_t i = 0; i < count; i++)
        waker_register(&wakers[i], &queue, &task);
    uint64_t start = bench_start();
    for (uint64_t i = 0; i < count; i++)
        waker_cancel(&wakers[i]);
    uint64_t cost = bench_stop(start);
    bench_report_at("task.unbind", count, cost / count);
    executor_run_ready(&executor);
    kfree(wakers);
}

BENCH(task_unbind, "task.unbind")
{
    bench_unbind(10);
    bench_unbind(10000);
}
