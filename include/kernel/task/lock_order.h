/*
 * The order of locks. A mutex may have a rank; a thread locks them in the order of their ranks, so
 * no two threads wait for each other's. The order itself stands at the head of fs/vfs.c.
 *
 * The test kernel checks it (CHECK_LOCKS): a lock that is taken out of order, and one that is still
 * held where a thread may hold none, are failed assertions there. In the kernel these functions do
 * nothing.
 */
#ifndef KERNEL_TASK_LOCK_ORDER_H
#define KERNEL_TASK_LOCK_ORDER_H

#include <assert.h>
#include <types.h>

enum lock_rank {
    LOCK_WITHOUT_RANK, /* it is taken alone; not checked */
    LOCK_OF_NAMES,
    LOCK_OF_SOCKET,
    LOCK_OF_PIPE,
    LOCK_OF_POSITION,
    LOCK_OF_CONTENT,
    LOCK_OF_DISK,
    LOCK_RANKS
};

/* How many locks of each rank a thread holds. All zeros: none. */
struct held_locks {
    uint8_t count[LOCK_RANKS];
};

/* May one of that rank be locked now: are all that are held of lower ranks? Any context. */
static inline bool lock_order_allows(const struct held_locks *held, enum lock_rank rank)
{
    for (unsigned other = rank; other < LOCK_RANKS && rank != LOCK_WITHOUT_RANK; other++) {
        if (held->count[other] > 0)
            return false;
    }
    return true;
}

/* Is none held that has a rank? Any context. */
static inline bool lock_order_holds_none(const struct held_locks *held)
{
    return lock_order_allows(held, (enum lock_rank)(LOCK_WITHOUT_RANK + 1));
}

#ifdef CHECK_LOCKS
enum { LOCKS_ARE_CHECKED = true };
#else
enum { LOCKS_ARE_CHECKED = false };
#endif

/* Notes a lock before it is waited for, and an unlock. In threads. */
static inline void lock_order_note_lock(struct held_locks *held, enum lock_rank rank)
{
    if (!LOCKS_ARE_CHECKED)
        return;
    ASSERT(lock_order_allows(held, rank));
    held->count[rank]++;
}
static inline void lock_order_note_unlock(struct held_locks *held, enum lock_rank rank)
{
    if (!LOCKS_ARE_CHECKED)
        return;
    ASSERT(held->count[rank] > 0);
    held->count[rank]--;
}

/* Where a thread may hold no lock: it ends, or goes back to its program. In threads. */
static inline void lock_order_check_none(const struct held_locks *held)
{
    if (LOCKS_ARE_CHECKED)
        ASSERT(lock_order_holds_none(held));
}

#endif
