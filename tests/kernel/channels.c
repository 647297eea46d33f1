/*
 * Channels: numbers that come whole and in order, back-pressure, closing, and wakes that are not
 * lost.
 */
#include <kernel/task/executor.h>
#include <lib/string.h>

#include "../live_tasks.h"
#include "../test.h"
#include "numbers.h"

TEST(channels, async_number_42)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct number_task receiver = number_receiver(&numbers);
    struct number_task sender = number_sender(&numbers);
    executor_spawn(&executor, &receiver.task);
    executor_spawn(&executor, &sender.task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT_EQ(receiver.number, 42);
    EXPECT_EQ(receiver.task.polls, 2);
}

TEST(channels, a_full_channel_holds_its_senders_back)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct number_task senders[3];
    for (size_t i = 0; i < ARRAY_SIZE(senders); i++) {
        senders[i] = number_sender(&numbers);
        executor_spawn(&executor, &senders[i].task);
    }
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 2);
    for (size_t left = 3; left > 0; left--) {
        struct number_task receiver = number_receiver(&numbers);
        executor_spawn(&executor, &receiver.task);
        executor_run_ready(&executor);
        EXPECT_EQ(receiver.number, 42);
    }
    EXPECT_EQ(live_tasks(&executor), 0);
}

/* A task that ends while its waker waits somewhere takes the waker along. */
static enum poll_result poll_receiver_and_end(struct task *task)
{
    struct number_task *receiver = CONTAINER_OF(task, struct number_task, task);
    channel_poll_receive(receiver->numbers, &receiver->waker, task, &receiver->number,
                         &receiver->done);
    return POLL_READY;
}

TEST(channels, an_ended_task_leaves_no_waker_behind)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct number_task receiver = number_receiver(&numbers);
    receiver.task.poll = poll_receiver_and_end;
    executor_spawn(&executor, &receiver.task);
    executor_run_ready(&executor);
    EXPECT(list_empty(&numbers.receivers.wakers));
    memset(&receiver, 0xcc, sizeof(receiver)); /* as if its memory had been given back */
    wait_queue_wake_all(&numbers.receivers);
}

TEST(channels, a_channel_carries_elements_of_any_size_in_order)
{
    struct point {
        uint64_t x, y;
    } storage[3], point;
    struct channel points = CHANNEL_INIT(points, storage);
    struct task task = {.name = "none"};
    struct waker waker = {0};
    bool done;
    for (uint64_t i = 0; i < 10; i++) {
        point = (struct point){i, ~i};
        EXPECT_EQ(channel_poll_send(&points, &waker, &task, &point, &done), POLL_READY);
        EXPECT(done);
        if (i < 2)
            continue; /* the ring goes round with two elements in it */
        EXPECT_EQ(channel_poll_receive(&points, &waker, &task, &point, &done), POLL_READY);
        EXPECT(done && point.x == i - 2 && point.y == ~(i - 2));
    }
}

/* Two tasks that wait for a number each, the first one in front. */
static void start_receivers(struct executor *executor, struct number_task receivers[2],
                            struct channel *numbers)
{
    for (size_t i = 0; i < 2; i++) {
        receivers[i] = number_receiver(numbers);
        executor_spawn(executor, &receivers[i].task);
    }
    executor_run_ready(executor);
}

TEST(channels, a_closed_channel_gives_what_is_in_it_and_no_more)
{
    uint8_t storage[2];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct number_task sender = number_sender(&numbers);
    struct number_task receivers[2];
    start_receivers(&executor, receivers, &numbers);
    executor_spawn(&executor, &sender.task);
    executor_run_ready(&executor);
    EXPECT(sender.done && receivers[0].done && receivers[0].number == 42);
    EXPECT_EQ(live_tasks(&executor), 1);
    channel_close(&numbers);
    executor_spawn(&executor, &sender.task);
    executor_run_ready(&executor);
    EXPECT(!sender.done && !receivers[1].done);
    EXPECT_EQ(live_tasks(&executor), 0);
}

TEST(channels, closing_a_full_channel_ends_the_wait_of_its_senders)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct number_task senders[2] = {
        number_sender(&numbers),
        number_sender(&numbers),
    };
    senders[1].done = true; /* until it is told otherwise */
    executor_spawn(&executor, &senders[0].task);
    executor_spawn(&executor, &senders[1].task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 1);
    channel_close(&numbers);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT(senders[0].done && !senders[1].done);
}

/* Two wait for one element; the one that was woken is cancelled before its poll. The other one must
 * get it. */
TEST(channels, a_task_that_cannot_use_a_wake_passes_it_on)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct number_task sender = number_sender(&numbers);
    struct number_task receivers[2];
    start_receivers(&executor, receivers, &numbers);
    sender.task.priority = TASK_HIGH;
    executor_spawn(&executor, &sender.task);
    executor_block_on(&executor, &sender.task);
    task_cancel(&receivers[0].task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT(!receivers[0].done && receivers[1].done);
    EXPECT_EQ(receivers[1].number, 42);
}
