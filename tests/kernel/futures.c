/*
 * Streams, events, one-shots and mutexes, which tasks wait for, and combined futures.
 */
#include <kernel/task/event.h>
#include <kernel/task/executor.h>
#include <kernel/task/mutex.h>
#include <kernel/task/oneshot.h>
#include <kernel/task/stream.h>

#include "../live_tasks.h"
#include "../test.h"
#include "numbers.h"

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
    EXPECT_EQ(live_tasks(&executor), 1);
    EXPECT(stream_has_room(&stream));
    stream_push(&stream, 32);
    executor_run_ready(&executor);
    EXPECT_EQ(reader.sum, 42);
    EXPECT_EQ(live_tasks(&executor), 0);
}

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
    EXPECT_EQ(live_tasks(&executor), 2);
    event_set(&event);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    executor_spawn(&executor, &waiters[2].task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
    event_clear(&event);
    executor_spawn(&executor, &waiters[2].task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 1);
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
    EXPECT_EQ(live_tasks(&executor), 1);
    EXPECT(oneshot_send(&oneshot, 42));
    EXPECT(!oneshot_send(&oneshot, 43));
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
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

TEST(futures, a_mutex_lets_one_in_at_a_time_and_starves_none)
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
    EXPECT_EQ(live_tasks(&executor), 0);
    EXPECT(!mutex.owner && mutex.waiting.woken == 0);
}

/* --- Futures put together -------------------------------------------------------------------- */

struct chooser {
    struct task task;
    struct number_future left, right;
    struct select select;
};

static enum poll_result poll_chooser(struct task *task)
{
    return future_poll(&CONTAINER_OF(task, struct chooser, task)->select.future, task);
}

/* Starts a task that takes a number of the one or the other channel. */
static void choose(struct chooser *chooser, struct channel channels[2], struct executor *executor)
{
    *chooser = (struct chooser){
        .task = {.name = "chooser", .poll = poll_chooser},
        .left = number_future(&channels[0]),
        .right = number_future(&channels[1]),
    };
    select_begin(&chooser->select, &chooser->left.future, &chooser->right.future);
    executor_spawn(executor, &chooser->task);
}

TEST(futures, select_gives_up_the_other_one)
{
    uint8_t left[1], right[1];
    struct channel channels[2] = {CHANNEL_INIT(channels[0], left),
                                  CHANNEL_INIT(channels[1], right)};
    struct executor executor = EXECUTOR_INIT(executor);
    for (size_t i = 0; i < 2; i++) {
        struct number_task sender = number_sender(&channels[i]);
        struct chooser chooser;
        choose(&chooser, channels, &executor);
        executor_run_ready(&executor);
        EXPECT_EQ(live_tasks(&executor), 1);
        executor_spawn(&executor, &sender.task);
        executor_run_ready(&executor);
        EXPECT_EQ(live_tasks(&executor), 0);
        EXPECT(chooser.select.winner == (i ? &chooser.right.future : &chooser.left.future));
        EXPECT_EQ((i ? &chooser.right : &chooser.left)->number, 42);
        EXPECT(list_empty(&channels[0].receivers.wakers) && channels[0].receivers.woken == 0);
        EXPECT(list_empty(&channels[1].receivers.wakers) && channels[1].receivers.woken == 0);
    }
}

/* A wake that had reached the select goes on to a task that can use it. */
TEST(futures, a_select_that_is_given_up_waits_for_nothing)
{
    uint8_t left[1], right[1];
    struct channel channels[2] = {CHANNEL_INIT(channels[0], left),
                                  CHANNEL_INIT(channels[1], right)};
    struct executor executor = EXECUTOR_INIT(executor);
    struct number_task sender = number_sender(&channels[1]);
    struct number_task receiver = number_receiver(&channels[1]);
    struct chooser chooser;
    choose(&chooser, channels, &executor);
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
    EXPECT_EQ(live_tasks(&executor), 0);
}
