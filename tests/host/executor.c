/*
 * The executor at random: tasks are spawned, woken, cancelled, joined and freed, and "interrupts"
 * wake them at every point where an interrupt can come. Each task lies in memory of
 * its own, so that the sanitizer sees it when one is touched after its release.
 *
 * It must hold that, when nothing is ready, every live task has taken all that it was given; that
 * no task is polled after its end; and that each task is released once.
 */
#define _GNU_SOURCE /* the names of the registers that a signal handler finds */

#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/task/channel.h>
#include <kernel/task/executor.h>
#include <kernel/task/join.h>
#include <lib/random.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

#include "../live_tasks.h"
#include "../test.h"

enum { SLOTS = 24, TOKENS = 3 };

static struct executor executor;
static struct channel channel; /* a few tokens go round in it: they may not get lost either */
static uint8_t storage[TOKENS];
static unsigned tokens_held;

static struct actor {
    struct task task;
    struct waker waker;
    struct join join;
    unsigned slot;
    unsigned given; /* by interrupts and other tasks */
    unsigned taken;
    bool over;
    bool holds_token;
    bool wants_token;
} * actors[SLOTS];

static uint64_t steps, looks, spawned, released, wrong;
static uint64_t random_state;

static unsigned below(unsigned limit)
{
    return random_below(&random_state, limit);
}

static void give(unsigned slot)
{
    struct actor *actor = __atomic_load_n(&actors[slot], __ATOMIC_ACQUIRE);
    if (!actor)
        return;
    __atomic_fetch_add(&actor->given, 1, __ATOMIC_RELAXED);
    task_wake(&actor->task);
}

static void interrupt(void)
{
    if (host_masked || host_cpu.interrupt_depth > 1 || below(4) != 0)
        return;
    steps++;
    host_cpu.interrupt_depth++;
    host_masked = true;
    for (unsigned i = below(3); i > 0; i--)
        give(below(SLOTS));
    host_masked = false;
    host_cpu.interrupt_depth--;
}

static enum poll_result poll_actor(struct task *task);

static void release_actor(struct task *task)
{
    struct actor *actor = CONTAINER_OF(task, struct actor, task);
    tokens_held -= actor->holds_token;
    join_end(&actor->join);
    __atomic_store_n(&actors[actor->slot], NULL, __ATOMIC_RELEASE);
    released++;
    if (actor->holds_token) { /* puts it back into circulation */
        struct waker waker = {0};
        static const uint8_t token = 1;
        bool sent;
        if (channel_poll_send(&channel, &waker, task, &token, &sent) != POLL_READY)
            wrong++;
    }
    free(actor);
}

static void spawn_into(unsigned slot)
{
    if (actors[slot])
        return;
    struct actor *actor = calloc(1, sizeof(*actor));
    if (!actor)
        abort();
    actor->slot = slot;
    task_init(&actor->task, "actor", poll_actor, release_actor);
    actor->task.priority = (enum task_priority)below(TASK_PRIORITIES);
    spawned++;
    executor_spawn(&executor, &actor->task);
    __atomic_store_n(&actors[slot], actor, __ATOMIC_RELEASE);
}

/* One of the things that a task may do to another one. */
static void act_upon(struct actor *actor, unsigned slot)
{
    struct actor *other = actors[slot];
    switch (below(16)) {
    case 0:
        spawn_into(slot);
        break;
    case 1:
        if (other && below(4) == 0)
            task_cancel(&other->task);
        break;
    case 2:
        if (other && other != actor && !actor->join.target)
            join_begin(&actor->join, &other->task);
        break;
    case 3:
        actor->wants_token = !actor->holds_token;
        task_wake(&actor->task); /* to ask for it */
        break;
    case 4:
        actor->wants_token = false;
        waker_cancel(&actor->waker);
        break;
    default:
        give(slot);
    }
}

static void pass_token(struct actor *actor)
{
    uint8_t token = 1;
    bool done = false;
    if (actor->holds_token) {
        if (channel_poll_send(&channel, &actor->waker, &actor->task, &token, &done) == POLL_READY) {
            actor->holds_token = false;
            tokens_held--;
        }
    } else if (actor->wants_token && channel_poll_receive(&channel, &actor->waker, &actor->task,
                                                          &token, &done) == POLL_READY) {
        actor->holds_token = true;
        actor->wants_token = false;
        tokens_held++;
        task_wake(&actor->task); /* to send it on */
    }
}

static enum poll_result poll_actor(struct task *task)
{
    struct actor *actor = CONTAINER_OF(task, struct actor, task);
    steps++;
    wrong += actor->over;
    interrupts_enable(); /* one may come at any time */
    actor->taken = __atomic_load_n(&actor->given, __ATOMIC_RELAXED);
    pass_token(actor);
    if (below(3) != 0)
        act_upon(actor, below(SLOTS));
    if (actor->join.target || below(64) != 0) {
        join_poll(&actor->join, task);
        interrupts_enable();
        return POLL_PENDING;
    }
    actor->over = true;
    return POLL_READY;
}

static bool nothing_ready(void)
{
    for (unsigned i = 0; i < TASK_PRIORITIES; i++) {
        if (executor.queues[i].head)
            return false;
    }
    return true;
}

/* Looks for tasks that have missed something. Nothing is ready, and interrupts are masked. */
static void look_for_lost_wakes(void)
{
    size_t live = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        if (!actors[i])
            continue;
        live++;
        wrong += actors[i]->taken != actors[i]->given;
        wrong += actors[i]->wants_token && channel.count > 0;
        wrong += actors[i]->over;
    }
    wrong += live != live_tasks(&executor);
    wrong += tokens_held + channel.count != TOKENS;
}

static void begin(uint64_t seed)
{
    executor = (struct executor)EXECUTOR_INIT(executor);
    channel = (struct channel)CHANNEL_INIT(channel, storage);
    channel.count = TOKENS;
    random_state = seed;
    steps = looks = spawned = released = wrong = tokens_held = 0;
}

static void finish(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (actors[i])
            task_cancel(&actors[i]->task);
    }
    executor_run_ready(&executor);
    for (unsigned i = 0; i < SLOTS; i++) { /* what the last ones have spawned */
        if (actors[i])
            task_cancel(&actors[i]->task);
    }
    executor_run_ready(&executor);
}

/* Runs until nothing is ready, or until it seems so: an interrupt may come just after. */
static void run_round(void)
{
    spawn_into(below(SLOTS));
    give(below(SLOTS));
    interrupts_enable();
    executor_run_ready(&executor);
    interrupts_disable();
    if (nothing_ready()) {
        looks++;
        look_for_lost_wakes();
    }
    interrupts_enable();
}

TEST(executor, ten_million_steps_with_interrupts_lose_no_wake)
{
    begin(42);
    host_interrupt = interrupt;
    while (steps < 10000000 && wrong == 0)
        run_round();
    host_interrupt = NULL;
    finish();
    EXPECT_EQ(wrong, 0);
    EXPECT(spawned > 50000 && looks > 100000);
    EXPECT_EQ(spawned, released);
    EXPECT_EQ(live_tasks(&executor), 0);
}

/* --- One interrupt, at each machine instruction in turn -------------------------------------- */

/* The trap flag has the processor stop after each instruction. */
enum { TRAP_FLAG = 0x100 };

static struct pair {
    struct task task;
    unsigned given, taken;
} pair[2];

static unsigned stops_left;

static void interrupt_pair(void)
{
    host_cpu.interrupt_depth++;
    for (unsigned i = 0; i < 2; i++) {
        pair[i].given++;
        task_wake(&pair[i].task);
    }
    host_cpu.interrupt_depth--;
}

static void stopped(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    if (stops_left == 0 || --stops_left > 0)
        return;
    interrupt_pair();
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

/* Runs what is ready; true when the interrupt has come before that was done. */
static bool run_with_interrupt_after(unsigned instructions)
{
    stops_left = instructions;
    __asm__ volatile("pushfq; orq %0, (%%rsp); popfq" : : "i"(TRAP_FLAG) : "memory", "cc");
    executor_run_ready(&executor);
    __asm__ volatile("pushfq; andq %0, (%%rsp); popfq" : : "i"(~TRAP_FLAG) : "memory", "cc");
    bool came = stops_left == 0;
    stops_left = 0;
    return came;
}

static enum poll_result poll_pair(struct task *task)
{
    struct pair *one = CONTAINER_OF(task, struct pair, task);
    one->taken = __atomic_load_n(&one->given, __ATOMIC_RELAXED);
    return POLL_PENDING;
}

TEST(executor, no_wake_is_lost_with_an_interrupt_at_any_instruction)
{
    struct sigaction trap = {.sa_sigaction = stopped, .sa_flags = SA_SIGINFO}, before;
    executor = (struct executor)EXECUTOR_INIT(executor);
    for (unsigned i = 0; i < 2; i++) {
        pair[i] = (struct pair){0};
        task_init(&pair[i].task, "one of a pair", poll_pair, NULL);
        executor_spawn(&executor, &pair[i].task);
    }
    executor_run_ready(&executor);
    sigaction(SIGTRAP, &trap, &before);
    unsigned instructions = 0;
    do {
        task_wake(&pair[0].task);
        if (!run_with_interrupt_after(++instructions))
            break;
        executor_run_ready(&executor);
    } while (pair[0].taken == pair[0].given && pair[1].taken == pair[1].given);
    sigaction(SIGTRAP, &before, NULL);
    EXPECT_EQ(pair[0].taken, pair[0].given);
    EXPECT_EQ(pair[1].taken, pair[1].given);
    EXPECT(instructions > 100);
}

/* --- Halting --------------------------------------------------------------------------------- */

enum { HALTS = 4 };

static struct task sleeper;
static unsigned interrupts_left; /* until one wakes the sleeper */

static void interrupt_sleeper(void)
{
    host_cpu.interrupt_depth++;
    if (--interrupts_left == 0)
        task_wake(&sleeper);
    host_cpu.interrupt_depth--;
}

static enum poll_result poll_sleeper(struct task *task)
{
    (void)task;
    return interrupts_left ? POLL_PENDING : POLL_READY;
}

/* The time stamp counter goes on by one while a halt lasts. */
TEST(executor, halts_while_no_task_is_ready)
{
    executor = (struct executor)EXECUTOR_INIT(executor);
    task_init(&sleeper, "sleeper", poll_sleeper, NULL);
    executor_spawn(&executor, &sleeper);
    interrupts_left = HALTS;
    host_interrupt = interrupt_sleeper;
    host_tsc_step = 1;
    executor_block_on(&executor, &sleeper);
    host_interrupt = NULL;
    host_tsc_step = 0;
    EXPECT_EQ(sleeper.polls, 2);
    EXPECT_EQ(executor.idle, HALTS);
}

/* --- Counting -------------------------------------------------------------------------------- */

/* A task that is polled `polls_left` times; each poll takes 100 ticks. */
enum { POLL_TICKS = 100 };

static unsigned polls_left;

static enum poll_result poll_slowly(struct task *task)
{
    host_tsc += POLL_TICKS;
    if (--polls_left == 0)
        return POLL_READY;
    return task_yield(task);
}

static enum poll_result poll_wake_and_end(struct task *task)
{
    task_wake(task);
    return poll_slowly(task);
}

static void run_slow_task(struct task *task, enum poll_result (*poll)(struct task *task),
                          unsigned polls)
{
    executor = (struct executor)EXECUTOR_INIT(executor);
    task_init(task, "slow", poll, NULL);
    polls_left = polls;
    executor_spawn(&executor, task);
    executor_run_ready(&executor);
}

TEST(executor, the_last_poll_counts_and_takes_time)
{
    struct task task;
    for (unsigned polls = 1; polls <= 3; polls++) {
        run_slow_task(&task, poll_slowly, polls);
        EXPECT_EQ(task.polls, polls);
        EXPECT_EQ(task.time, polls * POLL_TICKS);
        EXPECT_EQ(task.longest_poll, POLL_TICKS);
    }
}

TEST(executor, an_end_without_a_poll_is_not_counted_as_one)
{
    struct task task;
    run_slow_task(&task, poll_wake_and_end, 1);
    EXPECT(list_empty(&executor.tasks));
    EXPECT_EQ(task.polls, 1);
    EXPECT_EQ(task.time, POLL_TICKS);

    executor_spawn(&executor, &task);
    task_cancel(&task);
    executor_run_ready(&executor);
    EXPECT(list_empty(&executor.tasks));
    EXPECT_EQ(task.polls, 0);
    EXPECT_EQ(task.time, 0);
}
