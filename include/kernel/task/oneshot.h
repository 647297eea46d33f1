/*
 * A one-shot: a value that is sent once and then stays. For the answer to a request, or the end of
 * a transfer.
 */
#ifndef KERNEL_TASK_ONESHOT_H
#define KERNEL_TASK_ONESHOT_H

#include <kernel/task/task.h>

struct oneshot {
    uint64_t value; /* valid once it is sent */
    bool sent;      /* atomic; never false again */
    struct wait_queue receivers;
};

#define ONESHOT_INIT(oneshot)                             \
    {                                                     \
        .receivers = WAIT_QUEUE_INIT((oneshot).receivers) \
    }

/* Sends the value. Returns false if one was sent before; that one stays. In tasks and interrupt
 * handlers; not in an NMI handler, which may find the queue half linked. */
bool oneshot_send(struct oneshot *oneshot, uint64_t value);

/* The future of the value: on POLL_READY it is in *value. In tasks. */
enum poll_result oneshot_poll(struct oneshot *oneshot, struct waker *waker, struct task *task,
                              uint64_t *value);

#endif
