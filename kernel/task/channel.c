/*
 * A ring of elements, and a queue of tasks at each of its ends. All sides run in tasks, which do
 * not interrupt each other: nothing can come between a look and the registration that follows it,
 * so a second look is not needed here.
 */
#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/task/channel.h>
#include <lib/string.h>

static void *place(struct channel *channel, size_t index)
{
    ASSERT(channel->first < channel->capacity);
    ASSERT(channel->count <= channel->capacity);
    size_t wrapped = index < channel->capacity ? index : index - channel->capacity;
    return channel->storage + wrapped * channel->element_size;
}

enum poll_result channel_poll_send(struct channel *channel, struct waker *waker, struct task *task,
                                   const void *element, bool *sent)
{
    ASSERT(!in_interrupt());
    if (channel->count == channel->capacity && !channel->closed) {
        waker_register(waker, &channel->senders, task);
        return POLL_PENDING;
    }
    waker_finish(waker);
    *sent = !channel->closed;
    if (!*sent)
        return POLL_READY;
    memcpy(place(channel, channel->first + channel->count), element, channel->element_size);
    channel->count++;
    wait_queue_wake_one(&channel->receivers);
    return POLL_READY;
}

enum poll_result channel_poll_receive(struct channel *channel, struct waker *waker,
                                      struct task *task, void *element, bool *received)
{
    ASSERT(!in_interrupt());
    if (channel->count == 0 && !channel->closed) {
        waker_register(waker, &channel->receivers, task);
        return POLL_PENDING;
    }
    waker_finish(waker);
    *received = channel->count > 0;
    if (!*received)
        return POLL_READY;
    memcpy(element, place(channel, channel->first), channel->element_size);
    channel->first = channel->first + 1 == channel->capacity ? 0 : channel->first + 1;
    channel->count--;
    wait_queue_wake_one(&channel->senders);
    return POLL_READY;
}

void channel_close(struct channel *channel)
{
    ASSERT(!in_interrupt());
    channel->closed = true;
    wait_queue_wake_all(&channel->senders);
    wait_queue_wake_all(&channel->receivers);
}
