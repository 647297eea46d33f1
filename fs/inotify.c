#include <assert.h>
#include <fs/anonymous.h>
#include <fs/device.h>
#include <fs/filesystem.h>
#include <fs/inotify.h>
#include <fs/notify.h>
#include <fs/text.h>
#include <fs/watch.h>
#include <kernel/task/thread.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { FIONREAD = 0x541b };

/* --- What programs ask for -------------------------------------------------------------------- */

enum error inotify_watch(struct file *file, struct inode *inode, unsigned mask, int *number)
{
    struct inotify *inotify = file->data;
    struct inotify_watch *watch = watch_find(inotify, inode);
    unsigned kept = mask & (NOTIFY_ALL | WATCH_NO_DELETED | (unsigned)WATCH_ONCE);
    if (watch && mask & WATCH_CREATE)
        return ERROR_EXISTS;
    if (watch)
        watch->mask = mask & WATCH_ADD ? watch->mask | kept : kept;
    enum error error = watch ? OK : watch_add(inotify, inode, kept, &watch);
    if (!error)
        *number = watch->number;
    return error;
}

enum error inotify_unwatch(struct file *file, int number)
{
    struct inotify *inotify = file->data;
    list_for_each(node, &inotify->watches) {
        struct inotify_watch *watch = CONTAINER_OF(node, struct inotify_watch, in_inotify);
        if (watch->number == number) {
            watch_end_with_event(watch);
            return OK;
        }
    }
    return ERROR_INVALID;
}

/* --- The file --------------------------------------------------------------------------------- */

static enum error wait_for_event(const struct file *file)
{
    struct inotify *inotify = file->data;
    enum error error = OK;
    while (!error && list_empty(&inotify->events))
        error =
            file->flags & O_NONBLOCK ? ERROR_AGAIN : thread_wait_interruptible(&inotify->waiting);
    return error;
}

/* An event is taken off the queue before it is copied, which may wait. */
static enum error give(struct inotify *inotify, struct event *event, struct buffer *buffer)
{
    list_remove(&event->node);
    list_node_init(&event->node);
    enum error error = buffer_put(buffer, &event->header, sizeof(event->header));
    if (!error)
        error = buffer_put(buffer, event->name, event->header.length);
    event_drop(inotify, event);
    return error;
}

/* As many events as there is room for. */
static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct inotify *inotify = file->data;
    struct event *event;
    size_t size = buffer->left;
    (void)position;
    enum error error = wait_for_event(file);
    while (!error && (event = event_first(inotify))) {
        if (sizeof(event->header) + event->header.length > buffer->left)
            return buffer->left == size ? ERROR_INVALID : OK;
        error = give(inotify, event, buffer);
    }
    return error;
}

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    struct inotify *inotify = file->data;
    if (waker)
        waker_register(waker, &inotify->waiting, task);
    return list_empty(&inotify->events) ? 0 : POLLIN | POLLRDNORM;
}

static enum error ioctl(struct file *file, unsigned request, uint64_t argument, int64_t *result)
{
    const struct inotify *inotify = file->data;
    int32_t bytes = (int32_t)inotify->bytes;
    if (request != FIONREAD)
        return ERROR_NOT_TERMINAL;
    *result = 0;
    return copy_to_user(argument, &bytes, sizeof(bytes));
}

static void close(struct file *file)
{
    struct inotify *inotify = file->data;
    struct event *event;
    while (!list_empty(&inotify->watches))
        watch_end(CONTAINER_OF(list_first(&inotify->watches), struct inotify_watch, in_inotify));
    while ((event = event_first(inotify)))
        event_drop(inotify, event);
    ASSERT(inotify->watch_count == 0 && inotify->event_count == 0 && inotify->bytes == 0);
    kfree(inotify);
}

/* The newest watch first, as Linux (fs/notify/fdinfo.c:inotify_fdinfo there); what follows there is
 * a handle of the file, which Cairn has not. */
static void describe(const struct file *file, struct text *text)
{
    struct inotify *inotify = file->data;
    struct list_node *end = &inotify->watches.head;
    for (struct list_node *node = inotify->watches.head.previous; node != end;
         node = node->previous) {
        const struct inotify_watch *watch = CONTAINER_OF(node, struct inotify_watch, in_inotify);
        text_printf(text, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:0 \n",
                    (unsigned)watch->number, watch->inode->number,
                    device_inner_number(watch->inode->filesystem->device), watch->mask);
    }
}

static const struct file_operations operations = {.name = "anon_inode:inotify",
                                                  .seek = anonymous_seek,
                                                  .close = close,
                                                  .read = read,
                                                  .ioctl = ioctl,
                                                  .poll = poll,
                                                  .describe = describe};

bool file_is_inotify(const struct file *file)
{
    return file->operations == &operations;
}

enum error inotify_create(unsigned flags, struct file **file)
{
    struct inotify *inotify = kzalloc(sizeof(*inotify));
    if (!inotify)
        return ERROR_OUT_OF_FRAMES;
    list_init(&inotify->watches);
    list_init(&inotify->events);
    wait_queue_init(&inotify->waiting);
    enum error error = anonymous_file_create(&operations, inotify, O_RDONLY | flags, file);
    if (error)
        kfree(inotify);
    return error;
}
