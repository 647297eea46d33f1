/*
 * An event: a flag that tasks wait for. It stays set until it is cleared.
 */
#ifndef KERNEL_TASK_EVENT_H
#define KERNEL_TASK_EVENT_H

#include <kernel/task/task.h>

struct event {
    bool set; /* atomic */
    struct wait_queue waiting;
};

#define EVENT_INIT(event)                           \
    {                                               \
        .waiting = WAIT_QUEUE_INIT((event).waiting) \
    }

/* Sets the event and wakes all tasks that wait for it. In tasks and interrupt handlers; not in an
 * NMI handler, which may find the queue half linked. */
void event_set(struct event *event);

/* Clears the event. A task whose poll has found it set does not wait any more. Any context. */
void event_clear(struct event *event);

/* The future of the event being set. It reads the flag before and after it registers the waker, and
 * returns POLL_READY if the flag is set either time. In tasks. */
enum poll_result event_poll(struct event *event, struct waker *waker, struct task *task);

#endif
