/*
 * What notify.c and inotify.c share: watches, and events that wait to be read. In threads; nothing
 * here waits but the end of a watch, which may be the last user of a deleted file.
 */
#ifndef FS_WATCH_H
#define FS_WATCH_H

#include <error.h>
#include <kernel/task/waker.h>
#include <lib/list.h>
#include <types.h>

struct inode;

struct inotify {
    struct list watches; /* by `in_inotify`, in the order of their numbers */
    struct list events;  /* to be read, oldest first */
    size_t event_count, bytes;
    size_t watch_count;
    int last_number;
    struct wait_queue waiting;
};

struct inotify_watch {
    struct inotify_watch *next; /* of the same inode */
    struct list_node in_inotify;
    struct inotify *inotify;
    struct inode *inode; /* referenced */
    unsigned mask;
    int number;
};

/* As programs read it (include/uapi/linux/inotify.h); the name follows. */
struct event_header {
    int32_t watch;
    uint32_t mask, cookie, length;
};

struct event {
    struct list_node node;
    struct event_header header;
    size_t name_length;
    char name[]; /* header.length bytes, with zeros at the end */
};

/* The oldest event; NULL: there is none. */
struct event *event_first(const struct inotify *inotify);

/* Takes an event out of the queue, if it is still there, and frees it. */
void event_drop(struct inotify *inotify, struct event *event);

/* The watch for the inode; NULL: there is none. */
struct inotify_watch *watch_find(const struct inotify *inotify, const struct inode *inode);

/* Adds one for an inode that has none. ERROR_FULL, ERROR_OUT_OF_FRAMES. */
enum error watch_add(struct inotify *inotify, struct inode *inode, unsigned mask,
                     struct inotify_watch **added);

/* End a watch; the second one puts NOTIFY_IGNORED into the queue. May wait, after the watch is
 * gone. */
void watch_end(struct inotify_watch *watch);
void watch_end_with_event(struct inotify_watch *watch);

#endif
