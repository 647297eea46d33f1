/*
 * Each file that is watched has an item, found by descriptor and file in a tree. The item's waker
 * waits in the file's queue. A wake does not wake a task: it puts the item on the list of those
 * that may be ready, in the context of whoever woke it, and wakes what waits for the epoll file. So
 * a wait looks only at items on that list. Looking at one registers its waker again first.
 *
 * What becomes of an item that is ready is the difference between the modes. Level: it stays on the
 * list, at the end, until a look finds it not ready. Edge: it comes back with the next wake.
 * One-shot: likewise, but not before epoll_change().
 *
 * An item does not hold its file: when the last descriptor is closed, the file tells its watches
 * (file_watch()), and the item goes.
 *
 * An epoll file may watch another one. Then a wake travels along the items, from within the other's
 * wake, so their number in a row is limited.
 *
 * Interrupt handlers may wake files, so the list is touched with interrupts masked. The rest is for
 * threads and never waits in between, except for epoll_wait() itself.
 */
#include <assert.h>
#include <fs/anonymous.h>
#include <fs/device.h>
#include <fs/epoll.h>
#include <fs/epoll_item.h>
#include <fs/filesystem.h>
#include <fs/text.h>
#include <kernel/cpu/control.h>
#include <kernel/task/thread.h>
#include <mm/heap.h>

enum { READABLE = POLLIN | POLLRDNORM };

/* --- Ready items ------------------------------------------------------------------------------ */

/* Puts the item on the list, at its end, if it is not there. Any context. */
static void make_ready(struct item *item)
{
    struct epoll *epoll = item->epoll;
    uint64_t flags = interrupts_save();
    if (!list_node_linked(&item->ready_link)) {
        list_push_back(&epoll->ready, &item->ready_link);
        epoll->ready_count++;
    }
    interrupts_restore(flags);
}

static void make_unready(struct item *item)
{
    uint64_t flags = interrupts_save();
    if (list_node_linked(&item->ready_link)) {
        ASSERT(item->epoll->ready_count > 0);
        list_remove(&item->ready_link);
        item->epoll->ready_count--;
    }
    interrupts_restore(flags);
}

/* The file has something new. */
static bool notify(struct waker *waker, unsigned events)
{
    struct item *item = CONTAINER_OF(waker, struct item, waker);
    if (!(events & item->event.events))
        return false;
    make_ready(item);
    wait_queue_wake_for(&item->epoll->waiting, READABLE);
    return true;
}

/* What the file is ready for, of what the program asked for. The next wake puts the item on the
 * list again. */
static unsigned look(struct item *item)
{
    unsigned ready = file_poll(item->file, &item->waker, &item->epoll->owner);
    return item->is_disarmed ? 0 : ready & item->event.events;
}

/* Takes the first item off the list; NULL when there is none. */
static struct item *first_ready(const struct epoll *epoll)
{
    struct list_node *node = list_first(&epoll->ready);
    if (!node)
        return NULL;
    struct item *item = CONTAINER_OF(node, struct item, ready_link);
    make_unready(item);
    return item;
}

size_t epoll_ready_count(const struct file *file)
{
    return epoll_of(file)->ready_count;
}

size_t epoll_take(struct file *file, struct epoll_event *events, struct epoll_taken *taken,
                  size_t limit)
{
    struct epoll *epoll = epoll_of(file);
    size_t count = 0;
    for (size_t left = epoll->ready_count; left > 0 && count < limit; left--) {
        struct item *item = first_ready(epoll);
        ASSERT(item);
        unsigned ready = look(item);
        if (!ready)
            continue;
        events[count] = (struct epoll_event){.events = ready, .data = item->event.data};
        taken[count++] = (struct epoll_taken){.file = item->file, .fd = (int)item->node.key};
        item->is_disarmed = item->event.events & EPOLLONESHOT;
        if (!(item->event.events & (EPOLLONESHOT | EPOLLET)))
            make_ready(item);
    }
    return count;
}

/* --- Waiting ---------------------------------------------------------------------------------- */

struct wait {
    struct future future;
    struct epoll *epoll;
};

/* An interrupt may make an item ready between the look and the registration. */
static enum poll_result poll_wait(struct future *future, struct task *task)
{
    struct epoll *epoll = CONTAINER_OF(future, struct wait, future)->epoll;
    if (list_empty(&epoll->ready)) {
        waker_register(&future->waker, &epoll->waiting, task);
        if (list_empty(&epoll->ready))
            return POLL_PENDING;
    }
    waker_finish(&future->waker);
    return POLL_READY;
}

/* A wait is not made again after a signal, not even when there was no handler (signal(7)). */
static enum error broken_off(enum error error)
{
    return error == ERROR_INTERRUPTED ? ERROR_BROKEN_OFF : error;
}

enum error epoll_wait(struct file *file, uint64_t deadline, bool *expired)
{
    struct wait wait = {.future = {.poll = poll_wait}, .epoll = epoll_of(file)};
    struct time_limit limit;
    *expired = false;
    if (deadline == UINT64_MAX)
        return broken_off(await_interruptible(&wait.future));
    uint64_t now = clock_now();
    *expired = deadline <= now;
    if (*expired)
        return OK;
    time_limit_begin(&limit, &wait.future, deadline - now);
    enum error error = await_interruptible(&limit.future);
    *expired = !error && limit.expired;
    return broken_off(error);
}

/* Is one of the items ready? Those that are not leave the list. */
static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    struct epoll *epoll = epoll_of(file);
    if (waker)
        waker_register(waker, &epoll->waiting, task);
    for (size_t left = epoll->ready_count; left > 0; left--) {
        struct item *item = first_ready(epoll);
        ASSERT(item);
        if (look(item)) {
            make_ready(item);
            return READABLE;
        }
    }
    return 0;
}

/* --- Items ------------------------------------------------------------------------------------ */

static struct item *item_at(struct tree_node *node)
{
    return CONTAINER_OF(node, struct item, node);
}

/* The item of a descriptor and its file; NULL when there is none. A descriptor may have several: it
 * was closed and opened again, and the file has another one. */
static struct item *find(const struct epoll *epoll, const struct file *file, int fd)
{
    struct tree_node *node = tree_find_from(&epoll->items, (uint64_t)fd);
    for (; node && node->key == (uint64_t)fd; node = tree_next(node)) {
        if (item_at(node)->file == file)
            return item_at(node);
    }
    return NULL;
}

/* Frees the item, which its file does not know any more. */
static void drop(struct item *item)
{
    waker_cancel(&item->waker);
    make_unready(item);
    list_remove(&item->nested_link);
    tree_remove(&item->epoll->items, &item->node);
    kfree(item);
}

static void file_closed(struct file_watch *watch)
{
    drop(CONTAINER_OF(watch, struct item, watch));
}

static void remove_item(struct item *item)
{
    file_unwatch(item->file, &item->watch);
    drop(item);
}

static void close(struct file *file)
{
    struct epoll *epoll = epoll_of(file);
    struct tree_node *node;
    while ((node = tree_find_from(&epoll->items, 0)))
        remove_item(item_at(node));
    ASSERT(list_empty(&epoll->ready) && epoll->ready_count == 0);
    ASSERT(list_empty(&epoll->nested));
    ASSERT(list_empty(&epoll->owner.wakers));
    kfree(epoll);
}

static void describe(const struct file *file, struct text *text)
{
    struct tree_node *node = tree_find_from(&epoll_of(file)->items, 0);
    for (; node; node = tree_next(node)) {
        const struct item *item = item_at(node);
        const struct inode *inode = item->file->inode;
        text_printf(text, "tfd: %8d events: %8x data: %16lx  pos:%ld ino:%lx sdev:%x\n",
                    (int)node->key, item->event.events, item->event.data,
                    (int64_t)item->file->position, inode->number,
                    device_inner_number(inode->filesystem->device));
    }
}

static const struct file_operations operations = {.name = "anon_inode:[eventpoll]",
                                                  .seek = anonymous_seek,
                                                  .close = close,
                                                  .poll = poll,
                                                  .describe = describe};

bool file_is_epoll(const struct file *file)
{
    return file->operations == &operations;
}

/* Looks at an item that is new or was changed. */
static void look_first(struct item *item)
{
    if (!look(item))
        return;
    make_ready(item);
    wait_queue_wake_for(&item->epoll->waiting, READABLE);
}

static void set_event(struct item *item, const struct epoll_event *event)
{
    item->event = *event;
    item->event.events |= POLLERR | POLLHUP;
    item->is_disarmed = false;
}

static enum error check_nesting(struct epoll *epoll, const struct file *file)
{
    bool is_nested = file_is_epoll(file);
    return is_nested && epoll_is_too_deep(epoll, epoll_of(file), file_closed) ? ERROR_LOOP : OK;
}

/* --- For programs ----------------------------------------------------------------------------- */

enum error epoll_create(struct file **file)
{
    struct epoll *epoll = kzalloc(sizeof(*epoll));
    if (!epoll)
        return ERROR_OUT_OF_FRAMES;
    enum error error = anonymous_file_create(&operations, epoll, O_RDWR, file);
    if (error) {
        kfree(epoll);
        return error;
    }
    epoll->file = *file;
    list_init(&epoll->ready);
    list_init(&epoll->nested);
    wait_queue_init(&epoll->waiting);
    epoll->owner.name = "epoll";
    epoll->owner.state = TASK_LIVE;
    list_init(&epoll->owner.wakers);
    return OK;
}

enum error epoll_add(struct file *file, struct file *watched, int fd,
                     const struct epoll_event *event)
{
    struct epoll *epoll = epoll_of(file);
    if (!file_can_poll(watched))
        return ERROR_NOT_PERMITTED;
    if (find(epoll, watched, fd))
        return ERROR_EXISTS;
    enum error error = check_nesting(epoll, watched);
    if (error)
        return error;
    struct item *item = kzalloc(sizeof(*item));
    if (!item)
        return ERROR_OUT_OF_FRAMES;
    item->epoll = epoll;
    item->file = watched;
    item->waker.notify = notify;
    item->watch.closed = file_closed;
    list_node_init(&item->ready_link);
    list_node_init(&item->nested_link);
    set_event(item, event);
    tree_insert(&epoll->items, &item->node, (uint64_t)fd);
    if (file_is_epoll(watched))
        list_push_back(&epoll->nested, &item->nested_link);
    file_watch(watched, &item->watch);
    look_first(item);
    return OK;
}

enum error epoll_change(struct file *file, const struct file *watched, int fd,
                        const struct epoll_event *event)
{
    struct item *item = find(epoll_of(file), watched, fd);
    if (!item)
        return file_can_poll(watched) ? ERROR_NO_ENTRY : ERROR_NOT_PERMITTED;
    set_event(item, event);
    look_first(item);
    return OK;
}

enum error epoll_remove(struct file *file, const struct file *watched, int fd)
{
    struct item *item = find(epoll_of(file), watched, fd);
    if (!item)
        return file_can_poll(watched) ? ERROR_NO_ENTRY : ERROR_NOT_PERMITTED;
    remove_item(item);
    return OK;
}

void epoll_put_back(struct file *file, const struct epoll_taken *taken, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct item *item = find(epoll_of(file), taken[i].file, taken[i].fd);
        if (!item)
            continue;
        item->is_disarmed = false;
        make_ready(item);
    }
}
