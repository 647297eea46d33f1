#include <assert.h>
#include <kernel/cpu/trap.h>
#include <kernel/task/join.h>

void join_begin(struct join *join, struct task *target)
{
    ASSERT(!in_interrupt() && !join->target && target->state);
    waker_finish(&join->waker); /* it may know already of the end of what it waited for before */
    wait_queue_init(&join->queue);
    join->result = target->result;
    join->cancelled = (target->state & TASK_CANCELLED) != 0;
    if (target->state & TASK_OVER)
        return;
    join->target = target;
    join->next = target->joins;
    target->joins = join;
}

void join_end(struct join *join)
{
    waker_cancel(&join->waker);
    if (!join->target)
        return;
    struct join **link = &join->target->joins;
    while (*link != join)
        link = &(*link)->next;
    *link = join->next;
    join->target = NULL;
}

enum poll_result join_poll(struct join *join, struct task *task)
{
    if (join->target) {
        waker_register(&join->waker, &join->queue, task);
        return POLL_PENDING;
    }
    waker_finish(&join->waker);
    return POLL_READY;
}
