#include <assert.h>
#include <drivers/usb/usb_set_up.h>
#include <kernel/task/sleep.h>

static unsigned under_way;

void usb_set_up_begin(void)
{
    under_way++;
}

void usb_set_up_end(void)
{
    ASSERT(under_way);
    if (--under_way == 0)
        task_wake(&usb_set_up);
}

static enum poll_result poll_set_up(struct task *task)
{
    static struct sleep limit;
    if (task->polls == 1)
        sleep_for(&limit, NANOSECONDS_PER_SECOND);
    if (!under_way)
        sleep_cancel(&limit);
    return under_way ? sleep_poll(&limit, task) : POLL_READY;
}

struct task usb_set_up = {.name = "usb set-up", .poll = poll_set_up};
