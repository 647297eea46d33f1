/*
 * Futexes: threads wait on a word of a program's memory, and others wake them (futex(2)). Locks are
 * made of that: while nobody has to wait, they cost no system call.
 *
 * A private futex is a word of an address space. One that is not private may be in memory that
 * several address spaces share: then it is a word of that memory, wherever each has mapped it.
 *
 * In threads of programs; all of it may wait, for the page of the word.
 */
#ifndef KERNEL_PROCESS_FUTEX_H
#define KERNEL_PROCESS_FUTEX_H

#include <error.h>
#include <types.h>

struct user_thread;

struct futex {
    virt_addr_t address; /* of the running program */
    bool shared;
};

/* A wake wakes the waiters that have one of its bits. */
#define FUTEX_ANY UINT32_MAX

/* Waits on the word as long as it has that value, and nothing wakes this thread; up to `deadline`
 * by the clock, for ever with UINT64_MAX. ERROR_AGAIN: the value is another one.
 * ERROR_TIMEOUT, ERROR_INTERRUPTED, ERROR_BAD_ADDRESS; ERROR_INVALID for an odd address, or
 * without bits. */
enum error futex_wait(const struct futex *futex, uint32_t value, uint32_t bits, uint64_t deadline);

/* Wakes up to `limit` waiters, those first that have waited longest; *woken is how many. */
enum error futex_wake(const struct futex *futex, uint32_t limit, uint32_t bits, unsigned *woken);

/* Wakes up to `limit`, and has up to `move_limit` of the others wait on `to`; *woken counts both.
 * With `value` not NULL, ERROR_AGAIN unless the word has that value. */
enum error futex_requeue(const struct futex *futex, uint32_t limit, const struct futex *to,
                         uint32_t move_limit, const uint32_t *value, unsigned *woken);

/* Changes the word of `other` as `operation` says, wakes up to `limit` waiters of the one and, if
 * the old value compares as it says, up to `other_limit` of the other (futex(2), FUTEX_WAKE_OP).
 * ERROR_NO_CALL: there is no such operation. */
enum error futex_wake_operation(const struct futex *futex, uint32_t limit,
                                const struct futex *other, uint32_t other_limit, uint32_t operation,
                                unsigned *woken);

/* Takes the lock whose owner's number stands in the word; `waits` for it up to `deadline`, as
 * futex_wait() does. ERROR_AGAIN: another thread has it, and `waits` is false.
 * ERROR_NO_PROCESS: no such thread. ERROR_DEADLOCK: its owner is this thread, or waits for it.
 * ERROR_TIMEOUT, ERROR_INTERRUPTED, ERROR_BAD_ADDRESS, ERROR_INVALID for an odd address. */
enum error futex_lock(const struct futex *futex, bool waits, uint64_t deadline);

/* Gives such a lock to a thread that waits for it, or back. ERROR_NOT_PERMITTED: it is another
 * thread's. ERROR_BAD_ADDRESS, ERROR_INVALID. */
enum error futex_unlock(const struct futex *futex);

/* Hands all such locks that others wait for to them. Does not wait. */
void futex_leave_locks(struct user_thread *thread);

/* Wakes one waiter on a word that has been changed at the end of a thread. */
void futex_wake_shared(virt_addr_t address);

/* At the end of a thread: marks the locks that it holds and that are on its list, so that the next
 * one to take them learns of it, and wakes a waiter of each (Linux: robust-futex-ABI). The list is
 * the program's and may be anything. */
void futex_release_robust_list(struct user_thread *thread);

#endif
