/*
 * The order of locks. A mutex may have a rank. A thread locks mutexes in the order of their ranks,
 * so no two threads wait for each other. The head of fs/vfs.c explains the order.
 *
 * The test kernel checks it (CHECK_LOCKS). There an assertion fails if a thread takes a lock out of
 * order, holds a lock where it may hold none, or touches its program's memory while it holds a lock
 * that a page fault may take. In the kernel these functions do nothing. scripts/check-locks.py
 * checks the order in the code's text, and that callers hold the locks that contracts demand.
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

/* May a mutex of that rank be locked now? It may if all held ones have lower ranks. Any context. */
static inline bool lock_order_allows(const struct held_locks *held, enum lock_rank rank)
{
    for (unsigned other = rank; other < LOCK_RANKS && rank != LOCK_WITHOUT_RANK; other++) {
        if (held->count[other] > 0)
            return false;
    }
    return true;
}

/* Is no mutex with a rank held? Any context. */
static inline bool lock_order_holds_none(const struct held_locks *held)
{
    return lock_order_allows(held, (enum lock_rank)(LOCK_WITHOUT_RANK + 1));
}

/* May the thread touch its program's memory? A fault may lock the disk on which a page gets its
 * place. Any context. */
static inline bool lock_order_allows_fault(const struct held_locks *held)
{
    return lock_order_allows(held, LOCK_OF_DISK);
}

#ifdef CHECK_LOCKS
enum { LOCKS_ARE_CHECKED = true };
#else
enum { LOCKS_ARE_CHECKED = false };
#endif

/* Note that a mutex is about to be locked, and that it was unlocked. In threads. */
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

/* Called where a thread may hold no lock: at its end, and before it goes back to its program. In
 * threads. */
static inline void lock_order_check_none(const struct held_locks *held)
{
    if (LOCKS_ARE_CHECKED)
        ASSERT(lock_order_holds_none(held));
}

/* Where a thread touches its program's memory. In threads. */
static inline void lock_order_check_fault(const struct held_locks *held)
{
    if (LOCKS_ARE_CHECKED)
        ASSERT(lock_order_allows_fault(held));
}

#endif
