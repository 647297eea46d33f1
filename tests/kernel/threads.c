/*
 * Threads: tasks with stacks of their own.
 */
#include <kernel/task/event.h>
#include <kernel/task/executor.h>
#include <kernel/task/join.h>
#include <kernel/task/thread.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_stacks.h>
#include <mm/kernel_threads.h>

#include "../live_tasks.h"
#include "../test.h"
#include "frame_chain.h"
#include "free_frames.h"

/* A thread on the heap with a stack from the window; it gives both back when it is over. */
struct worker {
    struct thread thread;
    char letter;     /* what it notes */
    uint64_t rounds; /* how often */
    struct future *future;
    enum error error; /* how the wait for it ended */
};

static char notes[32]; /* what the threads did, a letter for each step */
static size_t note_count;
static unsigned released;
static virt_addr_t release_stack;

static void note(char letter)
{
    notes[note_count++] = letter;
    notes[note_count] = '\0';
}

static struct worker *worker_of(struct thread *thread)
{
    return CONTAINER_OF(thread, struct worker, thread);
}

static void release(struct task *task)
{
    struct worker *worker = worker_of(CONTAINER_OF(task, struct thread, task));
    volatile char here = 0;
    release_stack = (virt_addr_t)&here;
    released++;
    kernel_stack_free(&worker->thread.stack);
    kfree(worker);
}

/* NULL when there is no memory for one. */
static struct worker *make(const char *name, void (*run)(struct thread *thread))
{
    struct stack stack;
    struct worker *worker = kzalloc(sizeof(*worker));
    if (!worker || kernel_stack_alloc(&stack) != OK) {
        kfree(worker);
        return NULL;
    }
    thread_init(&worker->thread, name, &stack, run, release);
    released = 0;
    note_count = 0;
    return worker;
}

/* --- Running --------------------------------------------------------------------------------- */

static virt_addr_t run_stack;
static const struct stack *found_stack;
static struct thread *found_thread;

static void run_look(struct thread *thread)
{
    volatile char here = 0;
    (void)thread;
    run_stack = (virt_addr_t)&here;
    found_stack = stack_find(run_stack);
    found_thread = thread_current();
}

TEST(threads, one_runs_on_its_own_stack_and_is_released_on_the_executors)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker *worker = make("looker", run_look);
    EXPECT(worker);
    struct stack stack = worker->thread.stack;
    EXPECT(!thread_current());
    executor_spawn(&executor, &worker->thread.task);
    executor_run_ready(&executor);
    EXPECT(run_stack >= stack.bottom && run_stack < stack.top);
    EXPECT(found_stack == &worker->thread.stack);
    EXPECT(found_thread == &worker->thread);
    EXPECT(!thread_current());
    EXPECT(!stack_find(run_stack));
    EXPECT_EQ(released, 1);
    EXPECT(release_stack < stack.bottom || release_stack >= stack.top);
    EXPECT_EQ(live_tasks(&executor), 0);
}

/* Enough values for every register that a called function preserves; all live across the waits. */
static void run_sum(struct thread *thread)
{
    const struct worker *worker = worker_of(thread);
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    for (uint64_t i = 0; i < worker->rounds; i++) {
        a += b;
        b += c;
        c += d;
        d += e;
        e += f;
        f += i;
        note(worker->letter);
        thread_yield();
    }
    thread->task.result = a + b + c + d + e + f;
}

static uint64_t sum_after(uint64_t rounds)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    for (uint64_t i = 0; i < rounds; i++) {
        a += b;
        b += c;
        c += d;
        d += e;
        e += f;
        f += i;
    }
    return a + b + c + d + e + f;
}

TEST(threads, two_alternate_and_keep_their_registers)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker *workers[] = {make("first", run_sum), make("second", run_sum)};
    struct join joins[2] = {0};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT(workers[i]);
        workers[i]->letter = (char)('a' + i);
        workers[i]->rounds = 4 + 3 * i;
        executor_spawn(&executor, &workers[i]->thread.task);
        join_begin(&joins[i], &workers[i]->thread.task);
    }
    executor_run_ready(&executor);
    EXPECT(!joins[0].target && !joins[1].target);
    EXPECT_EQ(joins[0].result, sum_after(4));
    EXPECT_EQ(joins[1].result, sum_after(7));
    EXPECT_STR(notes, "ababababbbb");
    EXPECT_EQ(released, 2);
}

static enum poll_result poll_and_note(struct task *task)
{
    note('t');
    return note_count < 6 ? task_yield(task) : POLL_READY;
}

TEST(threads, a_thread_alternates_with_a_task)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker *worker = make("thread", run_sum);
    struct task task = {.name = "task", .poll = poll_and_note};
    EXPECT(worker);
    worker->letter = 'a';
    worker->rounds = 3;
    executor_spawn(&executor, &worker->thread.task);
    executor_spawn(&executor, &task);
    executor_run_ready(&executor);
    EXPECT_STR(notes, "atatat");
    EXPECT_EQ(live_tasks(&executor), 0);
}

/* --- Waiting --------------------------------------------------------------------------------- */

struct event_future {
    struct future future;
    struct event event;
};

static enum poll_result poll_event(struct future *future, struct task *task)
{
    struct event_future *wait = CONTAINER_OF(future, struct event_future, future);
    return event_poll(&wait->event, &future->waker, task);
}

static void event_future_init(struct event_future *wait)
{
    *wait = (struct event_future){.future = {.poll = poll_event}};
    wait_queue_init(&wait->event.waiting);
}

static void run_await(struct thread *thread)
{
    note('<');
    await(worker_of(thread)->future);
    note('>');
}

TEST(threads, one_waits_and_wakes_that_come_for_nothing_change_nothing)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker *worker = make("waiter", run_await);
    struct event_future wait;
    event_future_init(&wait);
    EXPECT(worker);
    worker->future = &wait.future;
    executor_spawn(&executor, &worker->thread.task);
    executor_run_ready(&executor);
    task_wake(&worker->thread.task);
    executor_run_ready(&executor);
    thread_interrupt(&worker->thread); /* await() is not interruptible */
    executor_run_ready(&executor);
    EXPECT_STR(notes, "<");
    event_set(&wait.event);
    executor_run_ready(&executor);
    EXPECT_STR(notes, "<>");
    EXPECT_EQ(released, 1);
}

/* Waits twice, the second time after it has taken note of an interrupt. */
static void run_interruptible(struct thread *thread)
{
    struct worker *worker = worker_of(thread);
    while (await_interruptible(worker->future) == ERROR_INTERRUPTED) {
        note(worker->future->waker.task ? '?' : 'i'); /* the future was given up */
        if (await_interruptible(worker->future) != ERROR_INTERRUPTED)
            note('?'); /* the interrupt lasts until it is accepted */
        note(thread_accept_interrupt() ? 'a' : '?');
        note(thread_accept_interrupt() ? '?' : '-');
    }
    note('r');
}

TEST(threads, an_interrupt_ends_a_wait_and_the_thread_goes_on)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker *worker = make("interrupted", run_interruptible);
    struct event_future wait;
    event_future_init(&wait);
    EXPECT(worker);
    worker->future = &wait.future;
    thread_interrupt(&worker->thread); /* before it has begun */
    executor_spawn(&executor, &worker->thread.task);
    executor_run_ready(&executor);
    EXPECT_STR(notes, "ia-");
    EXPECT(!list_empty(&wait.event.waiting.wakers)); /* it waits again */
    thread_interrupt(&worker->thread);
    executor_run_ready(&executor);
    EXPECT_STR(notes, "ia-ia-");
    thread_interrupt(&worker->thread);
    event_set(&wait.event); /* what is ready wins */
    executor_run_ready(&executor);
    EXPECT_STR(notes, "ia-ia-r");
    EXPECT(list_empty(&wait.event.waiting.wakers));
    EXPECT_EQ(released, 1);
}

/* --- Stacks ---------------------------------------------------------------------------------- */

static bool spawn_many(struct executor *executor, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct worker *worker = make("one of many", run_sum);
        if (!worker)
            return false;
        executor_spawn(executor, &worker->thread.task);
    }
    return true;
}

TEST(threads, a_thousand_leave_no_frame_behind)
{
    struct executor executor = EXECUTOR_INIT(executor);
    EXPECT(spawn_many(&executor, 1000)); /* the heap and the list of slots grow to what they need */
    executor_run_ready(&executor);
    uint64_t before = free_frames();
    EXPECT(spawn_many(&executor, 1000));
    EXPECT(free_frames() <= before - 4 * 1000);
    executor_run_ready(&executor);
    EXPECT_EQ(free_frames(), before);
}

static void count_call(void *argument)
{
    unsigned *calls = argument;
    (*calls)++;
}

TEST(threads, one_of_the_kernels_own_calls_its_function_and_leaves_no_block_behind)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct allocator_stats before, after;
    unsigned calls = 0;
    heap_stats(&before);
    EXPECT_EQ(kernel_thread_spawn(&executor, "counts", count_call, &calls), OK);
    executor_run_ready(&executor);
    heap_stats(&after);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT_EQ(after.live_blocks, before.live_blocks);
}

TEST(threads, a_stack_is_not_made_by_halves)
{
    struct stack stack;
    phys_addr_t frames[4], others = NO_FRAME;
    EXPECT_EQ(kernel_stack_alloc(&stack), OK);
    kernel_stack_free(&stack);
    for (unsigned i = 0; i < 4; i++)
        frames[i] = frame_alloc();
    heap_trim();
    frame_chain_take_all(&others);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(kernel_stack_alloc(&stack), ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(free_frames(), i);
        frame_free(frames[i]);
    }
    frame_chain_give_back(&others);
    EXPECT_EQ(kernel_stack_alloc(&stack), OK);
    kernel_stack_free(&stack);
}

/* The additions keep the compiler from making a loop of it. */
/* NOLINTNEXTLINE(misc-no-recursion): it is to use the stack up */
static __attribute__((noinline)) uint64_t recurse(uint64_t depth)
{
    volatile uint64_t here = depth;
    return here == 0 ? 0 : recurse(here + 1) + here;
}

static void run_recursion(struct thread *thread)
{
    thread->task.result = recurse(1);
}

TEST_PANIC(threads_overflow, ends_in_a_guard_page, "recurse", "stack overflow",
           "the deep thread stack", "context_begin")
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker *worker = make("deep thread", run_recursion);
    EXPECT(worker);
    executor_spawn(&executor, &worker->thread.task);
    executor_run_ready(&executor);
}

TEST_PANIC(threads_cancel, is_refused, "task_cancel", "!task->has_stack")
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker *worker = make("cancelled", run_look);
    EXPECT(worker);
    executor_spawn(&executor, &worker->thread.task);
    task_cancel(&worker->thread.task);
}
