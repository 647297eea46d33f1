/*
 * When memory is short: what can be had again gives way first.
 */
#ifndef MM_RECLAIM_H
#define MM_RECLAIM_H

#include <kernel/task/executor.h>
#include <lib/list.h>
#include <types.h>

/* Who keeps memory that can be had again, such as pages of files that are on a disk, registers a
 * function that frees up to so many frames and returns how many it has freed. It does not wait. */
struct reclaimer {
    size_t (*reclaim)(size_t frames);
    /* Makes more of it such that it can be had again, by writing it to a disk. True: there is some
     * now. May wait. NULL: nothing is written. */
    bool (*write_back)(void);
    struct list_node node;
};

/* Registers it. In set-up code. */
void reclaim_add(struct reclaimer *reclaimer);

/* A task on `executor` reclaims from now on when few frames are free. In set-up code and tasks. */
void reclaim_start(struct executor *executor);

/* What is done for a program's thread when there was nothing to reclaim; NULL: nothing. True: the
 * allocation may be tried again. May wait. */
extern bool (*reclaim_last_resort)(void);

/* A thread has found no frame, for a page of a program. True: it may try again. In threads; may
 * wait. */
bool reclaim_for_program(void);

#endif
