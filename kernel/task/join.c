#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/task/join.h>

void join_begin(struct join *join, struct task *target)
{
    ASSERT(!in_interrupt());
    ASSERT(!join->target);
    ASSERT(target->state != TASK_NEW);
    waker_finish(&join->waker); /* the end of an earlier target may have woken it */
    wait_queue_init(&join->queue);
    join->result = target->result;
    join->cancelled = target->cancelled;
    if (target->state == TASK_OVER)
        return;
    join->target = target;
    list_push_back(&target->joins, &join->target_link);
}

void join_end(struct join *join)
{
    waker_cancel(&join->waker);
    if (!join->target)
        return;
    list_remove(&join->target_link);
    join->target = NULL;
}

void join_complete(struct join *join)
{
    join->result = join->target->result;
    join->cancelled = join->target->cancelled;
    join->target = NULL;
    wait_queue_wake_one(&join->queue);
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
