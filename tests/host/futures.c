/*
 * Events and one-shots with an interrupt before each machine instruction of a poll in turn.
 */
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/task/event.h>
#include <kernel/task/executor.h>
#include <kernel/task/oneshot.h>

#include "../test.h"
#include "single_step.h"

enum { MOST_INSTRUCTIONS = 2000 };

static struct executor executor;
static struct event event;
static struct oneshot oneshot;

static struct waiter {
    struct task task;
    struct waker waker;
    uint64_t value;
} waiter;

static unsigned instructions; /* of the first poll that run before the interrupt comes */
static unsigned executed;     /* of them, so far */
static bool came;             /* the interrupt */
static void (*interrupt)(void);

/* An interrupt waits until interrupts are not masked. */
static void before_instruction(uintptr_t instruction)
{
    (void)instruction;
    if (executed++ < instructions || host_masked)
        return;
    single_step(NULL);
    came = true;
    host_cpu.interrupt_depth++;
    interrupt();
    host_cpu.interrupt_depth--;
}

static enum poll_result poll_event(struct task *task)
{
    if (task->polls == 1)
        single_step(before_instruction);
    enum poll_result result = event_poll(&event, &waiter.waker, task);
    if (task->polls == 1)
        single_step(NULL);
    return result;
}

static enum poll_result poll_oneshot(struct task *task)
{
    if (task->polls == 1)
        single_step(before_instruction);
    enum poll_result result = oneshot_poll(&oneshot, &waiter.waker, task, &waiter.value);
    if (task->polls == 1)
        single_step(NULL);
    return result;
}

static void begin(enum poll_result (*poll)(struct task *task), void (*handler)(void))
{
    executor = (struct executor)EXECUTOR_INIT(executor);
    event = (struct event)EVENT_INIT(event);
    oneshot = (struct oneshot)ONESHOT_INIT(oneshot);
    waiter = (struct waiter){0};
    interrupt = handler;
    executed = 0;
    came = false;
    task_init(&waiter.task, "waiter", poll, NULL);
    executor_spawn(&executor, &waiter.task);
}

static void clear(void)
{
    event_clear(&event);
}

static void set(void)
{
    event_set(&event);
}

static void set_and_clear(void)
{
    event_set(&event);
    event_clear(&event);
}

static void send(void)
{
    oneshot_send(&oneshot, 42);
}

/* Polls for an event that is set or not, with the interrupt at each instruction in turn. The next
 * set has to end the task wherever the interrupt came. */
static void interrupt_event_poll(bool set_before, void (*handler)(void))
{
    instructions = 0;
    do {
        begin(poll_event, handler);
        if (set_before)
            set();
        executor_run_ready(&executor);
        set();
        executor_run_ready(&executor);
        EXPECT(list_empty(&executor.tasks));
        EXPECT(!waiter.waker.task && list_empty(&event.waiting.wakers));
    } while (came && ++instructions < MOST_INSTRUCTIONS);
    EXPECT(instructions > 10 && !came);
}

TEST(futures, no_wait_is_lost_when_an_interrupt_clears_the_event)
{
    interrupt_event_poll(true, clear);
}

TEST(futures, no_wait_is_lost_when_an_interrupt_sets_the_event)
{
    interrupt_event_poll(false, set);
}

TEST(futures, no_wait_is_lost_when_an_interrupt_sets_and_clears_the_event)
{
    interrupt_event_poll(false, set_and_clear);
}

TEST(futures, no_wait_is_lost_when_an_interrupt_sends_the_oneshot)
{
    instructions = 0;
    do {
        begin(poll_oneshot, send);
        executor_run_ready(&executor);
        send();
        executor_run_ready(&executor);
        EXPECT(list_empty(&executor.tasks));
        EXPECT_EQ(waiter.value, 42);
    } while (came && ++instructions < MOST_INSTRUCTIONS);
    EXPECT(instructions > 10 && !came);
}
