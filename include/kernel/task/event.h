/*
 * An event: a flag that tasks wait for. It stays set until it is cleared.
 */
#ifndef KERNEL_TASK_EVENT_H
#define KERNEL_TASK_EVENT_H

#include <kernel/task/task.h>

struct event {
    bool set;
    struct wait_queue waiting;
};

#define EVENT_INIT(event)                           \
    {                                               \
        .waiting = WAIT_QUEUE_INIT((event).waiting) \
    }

/* Sets the event and wakes all who wait. Any context. */
void event_set(struct event *event);

/* Any context. */
void event_clear(struct event *event);

/* The future of the event being set. In tasks. */
enum poll_result event_poll(struct event *event, struct waker *waker, struct task *task);

#endif
