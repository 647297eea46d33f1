/*
 * The executor, run on instances of its own.
 */
#include <kernel/cpu/control.h>
#include <kernel/task/executor.h>
#include <kernel/task/join.h>

#include "../live_tasks.h"
#include "../test.h"

/* A task that is pending `pending` times, waking itself or not, and then ready. */
struct counter {
    struct task task;
    unsigned pending;
    bool wakes_itself;
    unsigned released;
};

static enum poll_result poll_counter(struct task *task)
{
    struct counter *counter = CONTAINER_OF(task, struct counter, task);
    if (counter->pending == 0)
        return POLL_READY;
    counter->pending--;
    if (counter->wakes_itself)
        task_wake(task);
    return POLL_PENDING;
}

static void release_counter(struct task *task)
{
    CONTAINER_OF(task, struct counter, task)->released++;
}

static struct counter make_counter(unsigned pending, bool wakes_itself)
{
    return (struct counter){
        .task = {.name = "counter", .poll = poll_counter, .release = release_counter},
        .pending = pending,
        .wakes_itself = wakes_itself,
    };
}

TEST(executor, a_task_that_is_ready_at_once_is_polled_once)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(0, false);
    executor_spawn(&executor, &counter.task);
    EXPECT_EQ(live_tasks(&executor), 1);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT_EQ(counter.task.polls, 1);
    EXPECT_EQ(counter.released, 1);
}

TEST(executor, a_hundred_thousand_self_wakes_are_polls)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(100000, true);
    executor_spawn(&executor, &counter.task);
    executor_run_ready(&executor);
    EXPECT_EQ(counter.task.polls, 100001);
    EXPECT_EQ(counter.released, 1);
}

TEST(executor, pending_without_a_wake_is_not_polled)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(1, false);
    executor_spawn(&executor, &counter.task);
    executor_run_ready(&executor);
    executor_run_ready(&executor);
    EXPECT_EQ(counter.task.polls, 1);
    task_wake(&counter.task);
    task_wake(&counter.task); /* a second wake changes nothing */
    executor_run_ready(&executor);
    EXPECT_EQ(counter.task.polls, 2);
    EXPECT_EQ(counter.released, 1);
}

/* The blog's executor panics from 101 tasks or wakes on. */
TEST(executor, a_thousand_tasks_end)
{
    static struct counter counters[1000];
    struct executor executor = EXECUTOR_INIT(executor);
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        counters[i] = make_counter(3, true);
        executor_spawn(&executor, &counters[i].task);
    }
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
        EXPECT_EQ(counters[i].released, 1);
}

TEST(executor, a_wake_after_the_end_changes_nothing)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(0, false);
    executor_spawn(&executor, &counter.task);
    executor_run_ready(&executor);
    task_wake(&counter.task);
    executor_run_ready(&executor);
    EXPECT_EQ(counter.task.polls, 1);
    EXPECT_EQ(counter.released, 1);
}

/* A task spawns another one, which spawns another one, and so on. */
struct spawner {
    struct task task;
    struct spawner *next;
};

static enum poll_result poll_spawner(struct task *task)
{
    struct spawner *spawner = CONTAINER_OF(task, struct spawner, task);
    if (spawner->next)
        executor_spawn(task->executor, &spawner->next->task);
    return POLL_READY;
}

TEST(executor, tasks_spawn_tasks)
{
    static struct spawner spawners[101];
    struct executor executor = EXECUTOR_INIT(executor);
    for (size_t i = 0; i < ARRAY_SIZE(spawners); i++) {
        task_init(&spawners[i].task, "spawner", poll_spawner, NULL);
        if (i > 0)
            spawners[i].next = &spawners[i - 1];
    }
    executor_spawn(&executor, &spawners[100].task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    for (size_t i = 0; i < ARRAY_SIZE(spawners); i++)
        EXPECT_EQ(spawners[i].task.polls, 1);
}

/* --- Cancelling and joining ------------------------------------------------------------------ */

TEST(executor, a_cancelled_task_is_released_and_not_polled)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter new = make_counter(0, false), waiting = make_counter(1, false);
    executor_spawn(&executor, &new.task);
    task_cancel(&new.task);
    executor_spawn(&executor, &waiting.task);
    executor_run_ready(&executor);
    EXPECT_EQ(new.pending, 0);
    EXPECT_EQ(new.released, 1);
    EXPECT_EQ(waiting.released, 0);
    task_cancel(&waiting.task);
    task_cancel(&waiting.task); /* a second time changes nothing */
    task_wake(&waiting.task);
    executor_run_ready(&executor);
    EXPECT_EQ(waiting.released, 1);
    EXPECT_EQ(live_tasks(&executor), 0);
    task_cancel(&waiting.task); /* nor does it when the task is over */
    executor_run_ready(&executor);
    EXPECT_EQ(waiting.released, 1);
}

static enum poll_result poll_cancel_self(struct task *task)
{
    struct counter *counter = CONTAINER_OF(task, struct counter, task);
    task_cancel(task);
    return counter->pending ? POLL_PENDING : POLL_READY;
}

TEST(executor, a_task_cancels_itself_and_waits_or_ends)
{
    for (unsigned pending = 0; pending < 2; pending++) {
        struct executor executor = EXECUTOR_INIT(executor);
        struct counter counter = make_counter(pending, false);
        counter.task.poll = poll_cancel_self;
        executor_spawn(&executor, &counter.task);
        executor_run_ready(&executor);
        EXPECT_EQ(counter.released, 1);
        EXPECT_EQ(live_tasks(&executor), 0);
    }
}

/* Its own wake has put the task into the queue when it ends: it is released when the executor comes
 * to it there. */
static enum poll_result poll_wake_and_end(struct task *task)
{
    task_wake(task);
    return POLL_READY;
}

TEST(executor, a_task_that_is_woken_in_its_last_poll_is_released_once)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(0, false);
    counter.task.poll = poll_wake_and_end;
    executor_spawn(&executor, &counter.task);
    executor_run_ready(&executor);
    EXPECT_EQ(counter.released, 1);
    executor_spawn(&executor, &counter.task); /* the memory can be used again */
    executor_run_ready(&executor);
    EXPECT_EQ(counter.released, 2);
}

/* A task that waits in the queue for its end cannot be cancelled any more. */
static struct task *to_cancel;

static enum poll_result poll_cancel(struct task *task)
{
    (void)task;
    task_cancel(to_cancel);
    return POLL_READY;
}

TEST(executor, a_task_that_was_woken_in_its_last_poll_is_not_cancelled_any_more)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(0, false);
    struct task canceller = {.name = "canceller", .poll = poll_cancel};
    struct join join = {0};
    counter.task.poll = poll_wake_and_end;
    to_cancel = &counter.task;
    executor_spawn(&executor, &counter.task);
    executor_spawn(&executor, &canceller);
    join_begin(&join, &counter.task);
    executor_run_ready(&executor);
    EXPECT(!join.target && !join.cancelled);
    EXPECT_EQ(counter.released, 1);
}

struct joiner {
    struct task task;
    struct join join;
    uint64_t result;
};

static enum poll_result poll_joiner(struct task *task)
{
    struct joiner *joiner = CONTAINER_OF(task, struct joiner, task);
    if (join_poll(&joiner->join, task) == POLL_PENDING)
        return POLL_PENDING;
    joiner->result = joiner->join.result;
    return POLL_READY;
}

static enum poll_result poll_answer(struct task *task)
{
    task->result = 42;
    return POLL_READY;
}

TEST(executor, those_that_join_get_the_result)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(0, false);
    struct joiner joiners[3] = {0};
    counter.task.poll = poll_answer;
    counter.task.priority = TASK_LOW;
    executor_spawn(&executor, &counter.task);
    for (size_t i = 0; i < ARRAY_SIZE(joiners); i++) {
        task_init(&joiners[i].task, "joiner", poll_joiner, NULL);
        join_begin(&joiners[i].join, &counter.task);
        executor_spawn(&executor, &joiners[i].task);
    }
    join_end(&joiners[1].join); /* one gives up waiting */
    joiners[1].join.result = 7;
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT_EQ(joiners[0].result, 42);
    EXPECT_EQ(joiners[1].result, 7);
    EXPECT_EQ(joiners[2].result, 42);
    EXPECT_EQ(joiners[2].task.polls, 2);

    struct join late = {0};
    join_begin(&late, &counter.task);
    EXPECT(!late.target && late.result == 42 && !late.cancelled);
}

TEST(executor, a_join_is_told_of_a_cancelled_task)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(1, false);
    struct joiner joiner = {.task = {.name = "joiner", .poll = poll_joiner}};
    executor_spawn(&executor, &counter.task);
    join_begin(&joiner.join, &counter.task);
    executor_spawn(&executor, &joiner.task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 2);
    task_cancel(&counter.task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT(joiner.join.cancelled);
}

TEST(executor, block_on_returns_although_others_go_on)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter busy = make_counter(1000000, true), one = make_counter(3, true);
    executor_spawn(&executor, &busy.task);
    executor_spawn(&executor, &one.task);
    executor_block_on(&executor, &one.task);
    EXPECT_EQ(one.released, 1);
    EXPECT(busy.task.polls <= 5);
    executor_block_on(&executor, &busy.task);
    EXPECT_EQ(busy.released, 1);
}

/* --- Priorities ------------------------------------------------------------------------------ */

/* Three tasks that always have something to do. Each is polled: the important one nearly always,
 * the others the share that keeps them from starving. */
TEST(executor, priorities_prefer_and_do_not_starve)
{
    enum { TURNS = 6400 };
    static const enum task_priority priorities[] = {TASK_LOW, TASK_NORMAL, TASK_HIGH};
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counters[3];
    for (size_t i = 0; i < 3; i++) {
        counters[i] = make_counter(10 * TURNS, true);
        counters[i].task.priority = priorities[i];
        executor_spawn(&executor, &counters[i].task);
    }
    counters[2].pending = TURNS;
    executor_block_on(&executor, &counters[2].task);
    EXPECT_EQ(counters[2].released, 1);
    EXPECT(counters[0].task.polls >= TURNS / 64);
    EXPECT(counters[1].task.polls >= TURNS / 64 * 7);
    EXPECT(counters[0].task.polls + counters[1].task.polls <= TURNS / 4);
    task_cancel(&counters[0].task);
    task_cancel(&counters[1].task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
}

static enum task_priority order[3];
static unsigned polled;

static enum poll_result poll_note_order(struct task *task)
{
    order[polled++] = task->priority;
    return POLL_READY;
}

TEST(executor, the_highest_priority_comes_first)
{
    static const enum task_priority priorities[] = {TASK_LOW, TASK_NORMAL, TASK_HIGH};
    struct executor executor = EXECUTOR_INIT(executor);
    struct task tasks[3] = {0};
    polled = 0;
    for (size_t i = 0; i < 3; i++) {
        task_init(&tasks[i], "noted", poll_note_order, NULL);
        tasks[i].priority = priorities[i];
        executor_spawn(&executor, &tasks[i]);
    }
    executor_run_ready(&executor);
    EXPECT_EQ(order[0], TASK_HIGH);
    EXPECT_EQ(order[1], TASK_NORMAL);
    EXPECT_EQ(order[2], TASK_LOW);
}

/* --- Counting -------------------------------------------------------------------------------- */

TEST(executor, polls_and_wakes_and_time_are_counted)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(10, true);
    executor_spawn(&executor, &counter.task);
    executor_run_ready(&executor);
    EXPECT_EQ(counter.task.polls, 11);
    EXPECT_EQ(counter.task.wakes, 10);
    EXPECT(counter.task.time > 0 && counter.task.longest_poll > 0);
    EXPECT(counter.task.longest_poll <= counter.task.time);
    EXPECT(list_empty(&executor.tasks) && !executor_is_polling(&executor));
}
