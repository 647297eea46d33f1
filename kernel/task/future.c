#include <assert.h>
#include <kernel/task/future.h>

enum poll_result future_poll(struct future *future, struct task *task)
{
    return future->poll(future, task);
}

void future_cancel(struct future *future)
{
    if (future->cancel)
        future->cancel(future);
    waker_cancel(&future->waker);
}

static enum poll_result poll_select(struct future *future, struct task *task)
{
    struct select *select = CONTAINER_OF(future, struct select, future);
    if (future_poll(select->first, task) == POLL_READY) {
        future_cancel(select->second);
        select->winner = select->first;
        return POLL_READY;
    }
    if (future_poll(select->second, task) == POLL_READY) {
        future_cancel(select->first);
        select->winner = select->second;
        return POLL_READY;
    }
    return POLL_PENDING;
}

static void cancel_select(struct future *future)
{
    struct select *select = CONTAINER_OF(future, struct select, future);
    future_cancel(select->first);
    future_cancel(select->second);
}

void select_begin(struct select *select, struct future *first, struct future *second)
{
    ASSERT(first != second);
    *select = (struct select){
        .future = {.poll = poll_select, .cancel = cancel_select},
        .first = first,
        .second = second,
    };
}

static enum poll_result poll_time_limit(struct future *future, struct task *task)
{
    struct time_limit *limit = CONTAINER_OF(future, struct time_limit, future);
    if (future_poll(limit->inner, task) == POLL_READY) {
        sleep_cancel(&limit->sleep);
        return POLL_READY;
    }
    if (sleep_poll(&limit->sleep, task) == POLL_PENDING)
        return POLL_PENDING;
    future_cancel(limit->inner);
    limit->expired = true;
    return POLL_READY;
}

static void cancel_time_limit(struct future *future)
{
    struct time_limit *limit = CONTAINER_OF(future, struct time_limit, future);
    future_cancel(limit->inner);
    sleep_cancel(&limit->sleep);
}

void time_limit_begin(struct time_limit *limit, struct future *inner, uint64_t nanoseconds)
{
    *limit = (struct time_limit){
        .future = {.poll = poll_time_limit, .cancel = cancel_time_limit},
        .inner = inner,
    };
    sleep_for(&limit->sleep, nanoseconds);
}
