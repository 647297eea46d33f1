#include <assert.h>
#include <kernel/task/stream.h>

static bool take(struct byte_stream *stream, uint8_t *byte)
{
    if (!ring_pop(&stream->ring, byte))
        return false;
    if (stream->stopped) {
        ASSERT(stream->resume);
        ASSERT(!ring_full(&stream->ring));
        stream->stopped = false;
        stream->resume(stream);
    }
    return true;
}

enum poll_result stream_poll(struct byte_stream *stream, struct waker *waker, struct task *task,
                             uint8_t *byte)
{
    if (take(stream, byte))
        return POLL_READY;
    if (waker->task)
        return POLL_PENDING;
    waker_register(waker, &stream->readers, task);
    /* An interrupt may have brought a byte before the registration. */
    return take(stream, byte) ? POLL_READY : POLL_PENDING;
}
