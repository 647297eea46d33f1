/*
 * A wait sleeps by the time since the start, for as long as the deadline is away. A wait for a time
 * of day is also woken when that is set, and then sleeps anew.
 */
#include <kernel/task/deadline.h>

static struct wait_queue time_of_day_set = WAIT_QUEUE_INIT(time_of_day_set);

uint64_t deadline_clock(bool is_time_of_day)
{
    return is_time_of_day ? (uint64_t)clock_real_now() : clock_now();
}

void deadline_begin(struct deadline *deadline, bool is_time_of_day, uint64_t time)
{
    deadline_cancel(deadline);
    deadline->is_time_of_day = is_time_of_day;
    deadline->time = time;
}

enum poll_result deadline_poll(struct deadline *deadline, struct task *task)
{
    uint64_t now = deadline_clock(deadline->is_time_of_day);
    if (now >= deadline->time) {
        deadline_cancel(deadline);
        return POLL_READY;
    }
    if (deadline->is_time_of_day)
        waker_register(&deadline->set, &time_of_day_set, task);
    sleep_for(&deadline->sleep, deadline->time - now);
    return sleep_poll(&deadline->sleep, task);
}

void deadline_cancel(struct deadline *deadline)
{
    sleep_cancel(&deadline->sleep);
    waker_cancel(&deadline->set);
}

void deadline_set_time_of_day(int64_t time)
{
    clock_set_real(time);
    wait_queue_wake_all(&time_of_day_set);
}
