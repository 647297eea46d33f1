/*
 * What epoll.c and epoll_nesting.c share: an epoll file, and what it watches.
 */
#ifndef FS_EPOLL_ITEM_H
#define FS_EPOLL_ITEM_H

#include <fs/epoll.h>
#include <kernel/task/task.h>
#include <lib/tree.h>

struct epoll {
    struct file *file; /* that this is of */
    struct tree items; /* by descriptor */
    struct list ready; /* items that may be ready, by ready_link; the next to look at first */
    size_t ready_count;
    struct list nested;        /* items of other epoll files, by nested_link */
    struct wait_queue waiting; /* woken when `ready` gets an item */
    struct task owner;         /* of the items' wakers; is never spawned, and never woken */
    /* For levels(): the next one of a level, and the last search that came here; two of each, for
     * one level is read while the next one is made. */
    struct epoll *next[2];
    uint64_t found[2];
};

struct item {
    struct epoll *epoll;
    struct file *file; /* not referenced */
    struct file_watch watch;
    struct tree_node node; /* its key is the descriptor */
    struct list_node ready_link, nested_link;
    struct waker waker;
    struct epoll_event event;
    bool is_disarmed; /* one-shot, and told of */
};

/* What an epoll file is. Any context. */
static inline struct epoll *epoll_of(const struct file *file)
{
    return file->data;
}

/* Would too many epoll files watch each other in a row, or in a circle, if `epoll` watched
 * `watched`? `closed` is what the watches of epoll files call. In threads. */
bool epoll_is_too_deep(struct epoll *epoll, struct epoll *watched,
                       void (*closed)(struct file_watch *watch));

#endif
