/*
 * A watch belongs to an inotify file and to an inode, and is on a list of each; it holds the inode.
 * An event is put into the file's queue, with a copy of the name, and is read from there. Two equal
 * events in a row become one.
 */
#include <assert.h>
#include <fs/filesystem.h>
#include <fs/inotify.h>
#include <fs/notify.h>
#include <fs/watch.h>
#include <lib/string.h>
#include <mm/heap.h>

enum {
    EVENTS_MAX = 16384, /* that wait to be read; Linux's max_queued_events */
    WATCHES_MAX = 65536,
};

size_t notify_watches;

/* --- The queue -------------------------------------------------------------------------------- */

static bool is_repeated(const struct inotify *inotify, int watch, unsigned mask, const char *name,
                        size_t length)
{
    if (list_empty(&inotify->events))
        return false;
    const struct event *last = CONTAINER_OF(inotify->events.head.previous, struct event, node);
    return last->header.watch == watch && last->header.mask == mask &&
           last->name_length == length && memcmp(last->name, name, length) == 0;
}

/* An event that finds no room is lost. The first one that is lost leaves the event NOTIFY_OVERFLOW
 * in its place. */
static void queue(struct inotify *inotify, int watch, unsigned mask, uint32_t cookie,
                  const char *name, size_t length)
{
    if (inotify->event_count >= EVENTS_MAX) {
        watch = -1;
        mask = NOTIFY_OVERFLOW;
        length = 0;
    }
    if (is_repeated(inotify, watch, mask, name, length))
        return;
    uint32_t padded = length > 0 ? (uint32_t)ALIGN_UP(length + 1, sizeof(struct event_header)) : 0;
    struct event *event = kzalloc(sizeof(*event) + padded);
    if (!event)
        return;
    event->header = (struct event_header){watch, mask, cookie, padded};
    event->name_length = length;
    memcpy(event->name, name, length);
    list_push_back(&inotify->events, &event->node);
    inotify->event_count++;
    inotify->bytes += sizeof(event->header) + padded;
    wait_queue_wake_for(&inotify->waiting, POLLIN | POLLRDNORM);
}

struct event *event_first(const struct inotify *inotify)
{
    struct list_node *node = list_first(&inotify->events);
    return node ? CONTAINER_OF(node, struct event, node) : NULL;
}

void event_drop(struct inotify *inotify, struct event *event)
{
    ASSERT(inotify->event_count > 0);
    ASSERT(inotify->bytes >= sizeof(event->header) + event->header.length);
    list_remove(&event->node);
    inotify->event_count--;
    inotify->bytes -= sizeof(event->header) + event->header.length;
    kfree(event);
}

/* --- Watches ---------------------------------------------------------------------------------- */

void watch_end(struct inotify_watch *watch)
{
    struct inotify_watch **link = &watch->inode->watches;
    for (; *link != watch; link = &(*link)->next)
        ASSERT(*link);
    ASSERT(watch->inotify->watch_count > 0 && notify_watches > 0);
    *link = watch->next;
    list_remove(&watch->in_inotify);
    watch->inotify->watch_count--;
    notify_watches--;
    inode_release(watch->inode);
    kfree(watch);
}

void watch_end_with_event(struct inotify_watch *watch)
{
    queue(watch->inotify, watch->number, NOTIFY_IGNORED, 0, "", 0);
    watch_end(watch);
}

static void tell(struct inode *inode, unsigned event, uint32_t cookie, const struct dentry *dentry,
                 const char *name, size_t length)
{
    unsigned kind = event & NOTIFY_ALL;
    for (struct inotify_watch *next, *watch = inode->watches; watch; watch = next) {
        next = watch->next;
        bool is_gone = dentry && dentry->is_deleted && watch->mask & WATCH_NO_DELETED;
        if (!(watch->mask & kind) || (is_gone && kind != NOTIFY_DELETE))
            continue;
        queue(watch->inotify, watch->number, event, cookie, name, length);
        if (watch->mask & (unsigned)WATCH_ONCE)
            watch_end_with_event(watch);
    }
}

static unsigned with_kind(const struct inode *inode, unsigned event)
{
    return event | (inode_is_directory(inode) ? NOTIFY_IS_DIRECTORY : 0u);
}

void notify_watchers(struct inode *inode, unsigned event)
{
    tell(inode, with_kind(inode, event), 0, NULL, "", 0);
}

void notify_watchers_of_name(struct inode *inode, const struct dentry *dentry, unsigned event)
{
    tell(inode, with_kind(dentry->inode, event), 0, dentry, dentry->name, dentry->name_length);
}

void notify_watchers_of_move(const struct dentry *moved, struct inode *from, const char *old_name,
                             size_t old_length, struct inode *replaced)
{
    static uint32_t last_cookie;
    uint32_t cookie = ++last_cookie;
    tell(from, with_kind(moved->inode, NOTIFY_MOVED_FROM), cookie, NULL, old_name, old_length);
    tell(moved->parent->inode, with_kind(moved->inode, NOTIFY_MOVED_TO), cookie, NULL, moved->name,
         moved->name_length);
    if (replaced)
        notify_watchers(replaced, NOTIFY_ATTRIBUTES);
    tell(moved->inode, NOTIFY_MOVE_SELF, 0, NULL, "", 0);
}

/* Ends all watches of an inode. The flag NOTIFY_IS_DIRECTORY comes with the end of a file system,
 * but not with the end of a directory. */
static void end_all(struct inode *inode, unsigned last_event)
{
    unsigned event = last_event == NOTIFY_UNMOUNT ? with_kind(inode, last_event) : last_event;
    for (struct inotify_watch *next, *watch = inode->watches; watch; watch = next) {
        next = watch->next;
        if (last_event == NOTIFY_UNMOUNT || watch->mask & last_event)
            queue(watch->inotify, watch->number, event, 0, "", 0);
        watch_end_with_event(watch);
    }
}

void notify_watchers_of_end(struct inode *inode)
{
    end_all(inode, NOTIFY_DELETE_SELF);
}

/* An inode may go with its last watch: the next one is looked for from the start. */
void notify_watchers_of_unmount(const struct filesystem *filesystem)
{
    struct inode *watched;
    do {
        watched = NULL;
        list_for_each(node, &filesystem->inodes) {
            struct inode *inode = CONTAINER_OF(node, struct inode, in_filesystem);
            if (inode->watches)
                watched = inode;
        }
        if (watched)
            end_all(watched, NOTIFY_UNMOUNT);
    } while (watched);
}

struct inotify_watch *watch_find(const struct inotify *inotify, const struct inode *inode)
{
    struct inotify_watch *watch = inode->watches;
    while (watch && watch->inotify != inotify)
        watch = watch->next;
    return watch;
}

/* Numbers are not used again soon: a program may have events of an old watch still to read. */
enum error watch_add(struct inotify *inotify, struct inode *inode, unsigned mask,
                     struct inotify_watch **added)
{
    if (inotify->watch_count >= WATCHES_MAX || inotify->last_number == INT32_MAX)
        return ERROR_FULL;
    struct inotify_watch *watch = kzalloc(sizeof(*watch));
    if (!watch)
        return ERROR_OUT_OF_FRAMES;
    ASSERT(!watch_find(inotify, inode));
    *watch = (struct inotify_watch){.next = inode->watches,
                                    .inotify = inotify,
                                    .inode = inode,
                                    .mask = mask,
                                    .number = ++inotify->last_number};
    inode->watches = watch;
    inode_reference(inode);
    list_node_init(&watch->in_inotify);
    list_push_back(&inotify->watches, &watch->in_inotify);
    inotify->watch_count++;
    notify_watches++;
    *added = watch;
    return OK;
}
