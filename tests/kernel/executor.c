/*
 * The executor, run on instances of its own.
 */
#include <kernel/cpu/control.h>
#include <kernel/task/channel.h>
#include <kernel/task/clock.h>
#include <kernel/task/stream.h>
#include <kernel/task/task.h>
#include <lib/string.h>

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

TEST(executor, a_task_that_is_ready_at_once)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = make_counter(0, false);
    executor_spawn(&executor, &counter.task);
    EXPECT_EQ(executor.live, 1);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    EXPECT_EQ(counter.task.polls, 1);
    EXPECT_EQ(counter.released, 1);
}

TEST(executor, a_hundred_thousand_self_wakes)
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
TEST(executor, a_thousand_tasks)
{
    static struct counter counters[1000];
    struct executor executor = EXECUTOR_INIT(executor);
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        counters[i] = make_counter(3, true);
        executor_spawn(&executor, &counters[i].task);
    }
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
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

/* Post 12's example: an async function that awaits another one, "async number: 42". */
struct example {
    struct task task;
    struct waker waker;
    struct byte_channel *numbers;
    uint8_t number;
};

static enum poll_result poll_example(struct task *task)
{
    struct example *example = CONTAINER_OF(task, struct example, task);
    return channel_poll_receive(example->numbers, &example->waker, task, &example->number);
}

static enum poll_result poll_async_number(struct task *task)
{
    struct example *example = CONTAINER_OF(task, struct example, task);
    return channel_poll_send(example->numbers, &example->waker, task, 42);
}

TEST(executor, async_number_42)
{
    uint8_t storage[1];
    struct byte_channel numbers = BYTE_CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct example receiver = {.task = {.name = "example", .poll = poll_example},
                               .numbers = &numbers};
    struct example sender = {.task = {.name = "async_number", .poll = poll_async_number},
                             .numbers = &numbers};
    executor_spawn(&executor, &receiver.task);
    executor_spawn(&executor, &sender.task);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    EXPECT_EQ(receiver.number, 42);
    EXPECT_EQ(receiver.task.polls, 2);
}

TEST(executor, a_full_channel_holds_its_senders_back)
{
    uint8_t storage[1];
    struct byte_channel numbers = BYTE_CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct example senders[3];
    for (size_t i = 0; i < ARRAY_SIZE(senders); i++) {
        senders[i] = (struct example){.task = {.name = "sender", .poll = poll_async_number},
                                      .numbers = &numbers};
        executor_spawn(&executor, &senders[i].task);
    }
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 2);
    for (size_t left = 3; left > 0; left--) {
        struct example receiver = {.task = {.name = "receiver", .poll = poll_example},
                                   .numbers = &numbers};
        executor_spawn(&executor, &receiver.task);
        executor_run_ready(&executor);
        EXPECT_EQ(receiver.number, 42);
    }
    EXPECT_EQ(executor.live, 0);
}

/* A task that ends while its waker waits somewhere takes the waker along. */
static enum poll_result poll_register_and_end(struct task *task)
{
    struct example *example = CONTAINER_OF(task, struct example, task);
    uint8_t byte;
    channel_poll_receive(example->numbers, &example->waker, task, &byte);
    return POLL_READY;
}

TEST(executor, an_ended_task_leaves_no_waker_behind)
{
    uint8_t storage[1];
    struct byte_channel numbers = BYTE_CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct example receiver = {.task = {.name = "ends", .poll = poll_register_and_end},
                               .numbers = &numbers};
    executor_spawn(&executor, &receiver.task);
    executor_run_ready(&executor);
    EXPECT(list_empty(&numbers.receivers.wakers));
    memset(&receiver, 0xcc, sizeof(receiver)); /* as if its memory had been given back */
    wait_queue_wake_all(&numbers.receivers);
}

static void resume_nothing(struct byte_stream *stream)
{
    (void)stream;
}

struct reader {
    struct task task;
    struct waker waker;
    struct byte_stream *stream;
    unsigned wanted;
    unsigned sum;
};

static enum poll_result poll_reader(struct task *task)
{
    struct reader *reader = CONTAINER_OF(task, struct reader, task);
    uint8_t byte;
    while (reader->wanted &&
           stream_poll(reader->stream, &reader->waker, task, &byte) == POLL_READY) {
        reader->sum += byte;
        reader->wanted--;
    }
    return reader->wanted ? POLL_PENDING : POLL_READY;
}

TEST(executor, a_stream_wakes_its_reader_and_stops_when_full)
{
    static uint8_t storage[4];
    static struct byte_stream stream = BYTE_STREAM_INIT(stream, storage, resume_nothing);
    struct executor executor = EXECUTOR_INIT(executor);
    struct reader reader = {
        .task = {.name = "reader", .poll = poll_reader}, .stream = &stream, .wanted = 5};
    executor_spawn(&executor, &reader.task);
    executor_run_ready(&executor);
    for (uint8_t i = 1; i <= 4; i++) {
        EXPECT(stream_has_room(&stream));
        stream_push(&stream, i);
    }
    EXPECT(!stream_has_room(&stream));
    EXPECT(stream.stopped);
    executor_run_ready(&executor);
    EXPECT(!stream.stopped);
    EXPECT_EQ(reader.sum, 10);
    EXPECT_EQ(executor.live, 1);
    stream_push(&stream, 32);
    executor_run_ready(&executor);
    EXPECT_EQ(reader.sum, 42);
    EXPECT_EQ(executor.live, 0);
}

/* The timer's interrupts arrive while this code runs, and the clock moves on with them. */
TEST(executor, clock_runs)
{
    uint64_t start = clock_now();
    while (clock_now() < start + 5 * NANOSECONDS_PER_SECOND / 1000)
        wait_for_interrupt();
    EXPECT(interrupts_enabled());
}
