/*
 * Reclaims memory when it is short: first memory whose content can be read again, such as pages of
 * files that are on a disk.
 */
#ifndef MM_RECLAIM_H
#define MM_RECLAIM_H

#include <kernel/task/executor.h>
#include <lib/list.h>
#include <types.h>

/* A cache registers one of these. */
struct reclaimer {
    /* Frees up to `frames` frames, and returns how many it has freed. Does not wait. */
    size_t (*reclaim)(size_t frames);
    /* Writes to a disk, so that reclaim() can free more afterwards. True: it has written something.
     * May wait. NULL: the cache never has anything to write. */
    bool (*write_back)(void);
    struct list_node node;
};

/* Registers a reclaimer, which stays for ever. In set-up code. */
void reclaim_add(struct reclaimer *reclaimer);

/* Starts a task that keeps a few frames free. In set-up code and tasks. */
void reclaim_start(struct executor *executor);

/* Called for a program's thread when there is nothing to reclaim; NULL: there is no last resort.
 * True: the allocation may be tried again. May wait. */
extern bool (*reclaim_last_resort)(void);

/* Reclaims memory for a thread that has found no frame for a page of a program. True: it may try
 * again. In threads; may wait. */
bool reclaim_for_program(void);

#endif
