#include <assert.h>
#include <fs/anonymous.h>
#include <fs/eventfd.h>
#include <fs/text.h>
#include <kernel/task/thread.h>
#include <mm/heap.h>

enum { READABLE = POLLIN, WRITABLE = POLLOUT };

struct eventfd {
    uint64_t count; /* UINT64_MAX never comes about: such a write waits */
    bool is_semaphore;
    struct wait_queue waiting;
};

static struct eventfd *eventfd_of(const struct file *file)
{
    return file->data;
}

static enum error wait(const struct file *file)
{
    if (file->flags & O_NONBLOCK)
        return ERROR_AGAIN;
    return thread_wait_interruptible(&eventfd_of(file)->waiting);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct eventfd *eventfd = eventfd_of(file);
    (void)position;
    if (buffer->left < sizeof(eventfd->count))
        return ERROR_INVALID;
    while (eventfd->count == 0) {
        enum error error = wait(file);
        if (error)
            return error;
    }
    uint64_t taken = eventfd->is_semaphore ? 1 : eventfd->count;
    eventfd->count -= taken;
    wait_queue_wake_for(&eventfd->waiting, WRITABLE);
    return buffer_put(buffer, &taken, sizeof(taken));
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct eventfd *eventfd = eventfd_of(file);
    uint64_t added;
    size_t size = buffer->left;
    (void)position;
    if (size < sizeof(added))
        return ERROR_INVALID;
    enum error error = buffer_get(buffer, &added, sizeof(added));
    if (!error && added == UINT64_MAX)
        error = ERROR_INVALID;
    while (!error && UINT64_MAX - eventfd->count <= added)
        error = wait(file);
    if (error) {
        buffer->left = size; /* nothing was done */
        return error;
    }
    eventfd->count += added;
    ASSERT(eventfd->count < UINT64_MAX);
    wait_queue_wake_for(&eventfd->waiting, READABLE);
    return OK;
}

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    struct eventfd *eventfd = eventfd_of(file);
    if (waker)
        waker_register(waker, &eventfd->waiting, task);
    unsigned ready = eventfd->count > 0 ? READABLE : 0;
    return ready | (eventfd->count < UINT64_MAX - 1 ? WRITABLE : 0);
}

static void close(struct file *file)
{
    kfree(file->data);
}

static void describe(const struct file *file, struct text *text)
{
    text_printf(text, "eventfd-count: %16lx\n", eventfd_of(file)->count);
}

static const struct file_operations operations = {.name = "anon_inode:[eventfd]",
                                                  .seek = anonymous_seek,
                                                  .close = close,
                                                  .read = read,
                                                  .write = write,
                                                  .poll = poll,
                                                  .describe = describe};

enum error eventfd_create(uint64_t count, bool is_semaphore, unsigned flags, struct file **file)
{
    struct eventfd *eventfd = kzalloc(sizeof(*eventfd));
    if (!eventfd)
        return ERROR_OUT_OF_FRAMES;
    eventfd->count = count;
    eventfd->is_semaphore = is_semaphore;
    wait_queue_init(&eventfd->waiting);
    enum error error = anonymous_file_create(&operations, eventfd, O_RDWR | flags, file);
    if (error)
        kfree(eventfd);
    return error;
}
