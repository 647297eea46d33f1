#include <kernel/task/channel.h>

/* Both sides run in tasks, which do not interrupt each other: nothing can come between a look and
 * the registration that follows it, so a second look is not needed here. */

enum poll_result channel_poll_send(struct byte_channel *channel, struct waker *waker,
                                   struct task *task, uint8_t byte)
{
    if (!ring_push(&channel->ring, byte)) {
        waker_register(waker, &channel->senders, task);
        return POLL_PENDING;
    }
    wait_queue_wake_one(&channel->receivers);
    return POLL_READY;
}

enum poll_result channel_poll_receive(struct byte_channel *channel, struct waker *waker,
                                      struct task *task, uint8_t *byte)
{
    if (!ring_pop(&channel->ring, byte)) {
        waker_register(waker, &channel->receivers, task);
        return POLL_PENDING;
    }
    wait_queue_wake_one(&channel->senders);
    return POLL_READY;
}
