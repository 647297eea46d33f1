/*
 * What tasks wait for: channels, streams, one-shots, mutexes, events, and futures put together.
 */
#include <kernel/task/channel.h>
#include <kernel/task/event.h>
#include <kernel/task/executor.h>
#include <kernel/task/future.h>
#include <kernel/task/mutex.h>
#include <kernel/task/oneshot.h>
#include <kernel/task/stream.h>
#include <lib/string.h>

#include "../test.h"

/* Post 12's example: an async function that awaits another one, "async number: 42". */
struct example {
    struct task task;
    struct waker waker;
    struct channel *numbers;
    uint8_t number;
    bool done;
};

static enum poll_result poll_example(struct task *task)
{
    struct example *example = CONTAINER_OF(task, struct example, task);
    return channel_poll_receive(example->numbers, &example->waker, task, &example->number,
                                &example->done);
}

static enum poll_result poll_async_number(struct task *task)
{
    struct example *example = CONTAINER_OF(task, struct example, task);
    static const uint8_t number = 42;
    return channel_poll_send(example->numbers, &example->waker, task, &number, &example->done);
}

TEST(futures, async_number_42)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
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

TEST(futures, a_full_channel_holds_its_senders_back)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
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
    poll_example(task);
    return POLL_READY;
}

TEST(futures, an_ended_task_leaves_no_waker_behind)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
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

TEST(futures, a_stream_wakes_its_reader_and_stops_when_full)
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
    EXPECT(stream_has_room(&stream));
    stream_push(&stream, 32);
    executor_run_ready(&executor);
    EXPECT_EQ(reader.sum, 42);
    EXPECT_EQ(executor.live, 0);
}

TEST(futures, a_channel_carries_elements_of_any_size_in_order)
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

TEST(futures, a_closed_channel_gives_what_is_in_it_and_no_more)
{
    uint8_t storage[2];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct example sender = {.task = {.name = "sender", .poll = poll_async_number},
                             .numbers = &numbers};
    struct example receivers[2] = {
        {.task = {.name = "receiver", .poll = poll_example}, .numbers = &numbers},
        {.task = {.name = "receiver", .poll = poll_example}, .numbers = &numbers},
    };
    executor_spawn(&executor, &receivers[0].task);
    executor_spawn(&executor, &receivers[1].task);
    executor_run_ready(&executor);
    executor_spawn(&executor, &sender.task);
    executor_run_ready(&executor);
    EXPECT(sender.done && receivers[0].done && receivers[0].number == 42);
    EXPECT_EQ(executor.live, 1);
    channel_close(&numbers);
    executor_spawn(&executor, &sender.task);
    executor_run_ready(&executor);
    EXPECT(!sender.done && !receivers[1].done);
    EXPECT_EQ(executor.live, 0);
}

TEST(futures, closing_a_full_channel_ends_the_wait_of_its_senders)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct example senders[2] = {
        {.task = {.name = "sender", .poll = poll_async_number}, .numbers = &numbers},
        {.task = {.name = "sender", .poll = poll_async_number}, .numbers = &numbers, .done = true},
    };
    executor_spawn(&executor, &senders[0].task);
    executor_spawn(&executor, &senders[1].task);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 1);
    channel_close(&numbers);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    EXPECT(senders[0].done && !senders[1].done);
}

/* Two wait for one element; the one that was woken is cancelled before its turn. The other one must
 * get it. */
TEST(futures, a_wake_is_handed_on_by_who_cannot_use_it)
{
    uint8_t storage[1];
    struct channel numbers = CHANNEL_INIT(numbers, storage);
    struct executor executor = EXECUTOR_INIT(executor);
    struct example sender = {.task = {.name = "sender", .poll = poll_async_number},
                             .numbers = &numbers};
    struct example receivers[2] = {
        {.task = {.name = "receiver", .poll = poll_example}, .numbers = &numbers},
        {.task = {.name = "receiver", .poll = poll_example}, .numbers = &numbers},
    };
    executor_spawn(&executor, &receivers[0].task);
    executor_spawn(&executor, &receivers[1].task);
    executor_run_ready(&executor);
    sender.task.priority = TASK_HIGH;
    executor_spawn(&executor, &sender.task);
    executor_block_on(&executor, &sender.task);
    task_cancel(&receivers[0].task);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    EXPECT(!receivers[0].done && receivers[1].done);
    EXPECT_EQ(receivers[1].number, 42);
}

/* --- Event, one-shot, mutex ------------------------------------------------------------------ */

struct waiter {
    struct task task;
    struct waker waker;
    struct event *event;
    struct oneshot *oneshot;
    uint64_t value;
};

static enum poll_result poll_event(struct task *task)
{
    struct waiter *waiter = CONTAINER_OF(task, struct waiter, task);
    return event_poll(waiter->event, &waiter->waker, task);
}

TEST(futures, an_event_wakes_all_and_stays_set)
{
    struct event event = EVENT_INIT(event);
    struct executor executor = EXECUTOR_INIT(executor);
    struct waiter waiters[3];
    for (size_t i = 0; i < ARRAY_SIZE(waiters); i++) {
        waiters[i] =
            (struct waiter){.task = {.name = "waiter", .poll = poll_event}, .event = &event};
        if (i < 2)
            executor_spawn(&executor, &waiters[i].task);
    }
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 2);
    event_set(&event);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    executor_spawn(&executor, &waiters[2].task);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    event_clear(&event);
    executor_spawn(&executor, &waiters[2].task);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 1);
    task_cancel(&waiters[2].task);
    executor_run_ready(&executor);
    EXPECT(list_empty(&event.waiting.wakers));
}

static enum poll_result poll_oneshot(struct task *task)
{
    struct waiter *waiter = CONTAINER_OF(task, struct waiter, task);
    return oneshot_poll(waiter->oneshot, &waiter->waker, task, &waiter->value);
}

TEST(futures, a_oneshot_is_sent_once)
{
    struct oneshot oneshot = ONESHOT_INIT(oneshot);
    struct executor executor = EXECUTOR_INIT(executor);
    struct waiter waiter = {.task = {.name = "waiter", .poll = poll_oneshot}, .oneshot = &oneshot};
    executor_spawn(&executor, &waiter.task);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 1);
    EXPECT(oneshot_send(&oneshot, 42));
    EXPECT(!oneshot_send(&oneshot, 43));
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    EXPECT_EQ(waiter.value, 42);
}

/* Locks, stays inside for a few polls, and unlocks; again and again. */
struct locker {
    struct task task;
    struct waker waker;
    struct mutex *mutex;
    unsigned *inside;
    unsigned rounds;
    unsigned polls_left;
};

static enum poll_result poll_locker(struct task *task)
{
    struct locker *locker = CONTAINER_OF(task, struct locker, task);
    while (locker->rounds) {
        if (!locker->polls_left) {
            if (mutex_poll_lock(locker->mutex, &locker->waker, task) == POLL_PENDING)
                return POLL_PENDING;
            ++*locker->inside;
            locker->polls_left = 3;
        }
        if (*locker->inside != 1)
            return POLL_PENDING; /* never gets on: the test fails */
        if (--locker->polls_left)
            return task_yield(task);
        --*locker->inside;
        locker->rounds--;
        mutex_unlock(locker->mutex, task);
    }
    return POLL_READY;
}

TEST(futures, a_mutex_lets_one_in_at_a_time_and_nobody_starve)
{
    struct mutex mutex = MUTEX_INIT(mutex);
    struct executor executor = EXECUTOR_INIT(executor);
    struct locker lockers[3];
    unsigned inside = 0;
    for (size_t i = 0; i < ARRAY_SIZE(lockers); i++) {
        lockers[i] = (struct locker){.task = {.name = "locker", .poll = poll_locker},
                                     .mutex = &mutex,
                                     .inside = &inside,
                                     .rounds = 100};
        executor_spawn(&executor, &lockers[i].task);
    }
    executor_block_on(&executor, &lockers[0].task);
    EXPECT(lockers[1].rounds <= 2 && lockers[2].rounds <= 2);
    executor_run_ready(&executor);
    EXPECT_EQ(executor.live, 0);
    EXPECT(!mutex.owner && mutex.waiting.notified == 0);
}

/* --- Futures put together -------------------------------------------------------------------- */

struct receive {
    struct future future;
    struct channel *numbers;
    uint8_t number;
    bool done;
};

static enum poll_result poll_receive(struct future *future, struct task *task)
{
    struct receive *receive = CONTAINER_OF(future, struct receive, future);
    return channel_poll_receive(receive->numbers, &future->waker, task, &receive->number,
                                &receive->done);
}

struct chooser {
    struct task task;
    struct receive left, right;
    struct select select;
};

static enum poll_result poll_chooser(struct task *task)
{
    return future_poll(&CONTAINER_OF(task, struct chooser, task)->select.future, task);
}

TEST(futures, select_gives_up_the_other_one)
{
    uint8_t left[1], right[1];
    struct channel channels[2] = {CHANNEL_INIT(channels[0], left),
                                  CHANNEL_INIT(channels[1], right)};
    struct executor executor = EXECUTOR_INIT(executor);
    for (size_t i = 0; i < 2; i++) {
        struct example sender = {.task = {.name = "sender", .poll = poll_async_number},
                                 .numbers = &channels[i]};
        struct chooser chooser = {
            .task = {.name = "chooser", .poll = poll_chooser},
            .left = {.future = {.poll = poll_receive}, .numbers = &channels[0]},
            .right = {.future = {.poll = poll_receive}, .numbers = &channels[1]},
        };
        select_begin(&chooser.select, &chooser.left.future, &chooser.right.future);
        executor_spawn(&executor, &chooser.task);
        executor_run_ready(&executor);
        EXPECT_EQ(executor.live, 1);
        executor_spawn(&executor, &sender.task);
        executor_run_ready(&executor);
        EXPECT_EQ(executor.live, 0);
        EXPECT(chooser.select.winner == (i ? &chooser.right.future : &chooser.left.future));
        EXPECT_EQ((i ? &chooser.right : &chooser.left)->number, 42);
        EXPECT(list_empty(&channels[0].receivers.wakers) && channels[0].receivers.notified == 0);
        EXPECT(list_empty(&channels[1].receivers.wakers) && channels[1].receivers.notified == 0);
    }
}

/* A wake that had reached the select goes on to a task that can use it. */
TEST(futures, a_select_that_is_given_up_waits_for_nothing)
{
    uint8_t left[1], right[1];
    struct channel channels[2] = {CHANNEL_INIT(channels[0], left),
                                  CHANNEL_INIT(channels[1], right)};
    struct executor executor = EXECUTOR_INIT(executor);
    struct example sender = {.task = {.name = "sender", .poll = poll_async_number},
                             .numbers = &channels[1]};
    struct example receiver = {.task = {.name = "receiver", .poll = poll_example},
                               .numbers = &channels[1]};
    struct chooser chooser = {
        .task = {.name = "chooser", .poll = poll_chooser},
        .left = {.future = {.poll = poll_receive}, .numbers = &channels[0]},
        .right = {.future = {.poll = poll_receive}, .numbers = &channels[1]},
    };
    select_begin(&chooser.select, &chooser.left.future, &chooser.right.future);
    executor_spawn(&executor, &chooser.task);
    executor_spawn(&executor, &receiver.task);
    executor_run_ready(&executor);
    executor_spawn(&executor, &sender.task);
    EXPECT_EQ(sender.task.poll(&sender.task), POLL_READY);
    future_cancel(&chooser.select.future);
    EXPECT(!chooser.left.future.waker.task && !chooser.right.future.waker.task);
    task_cancel(&chooser.task);
    task_cancel(&sender.task);
    executor_run_ready(&executor);
    EXPECT_EQ(receiver.number, 42);
    EXPECT_EQ(executor.live, 0);
}
