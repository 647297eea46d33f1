/*
 * Futexes: a thread waits on a word of a program's memory, and another one wakes it (futex(2)). C
 * libraries make locks of them, which cost no system call while nobody has to wait.
 *
 * A private futex is a word of an address space. A shared one is a word of the memory itself, which
 * several address spaces may have mapped, each at another address.
 *
 * All functions are for threads of programs, and may wait for the page of the word.
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

/* If the word has that value, waits until the thread is woken, or `deadline` by the clock has come;
 * UINT64_MAX is never. ERROR_AGAIN: the word has another value. ERROR_TIMEOUT, ERROR_INTERRUPTED,
 * ERROR_BAD_ADDRESS; ERROR_INVALID: an address that is no multiple of 4, or no bits. */
enum error futex_wait(const struct futex *futex, uint32_t value, uint32_t bits, uint64_t deadline);

/* Wakes up to `limit` waiters, the longest wait first; *woken is how many there were.
 * ERROR_INVALID, ERROR_BAD_ADDRESS, as for all that follow. */
enum error futex_wake(const struct futex *futex, uint32_t limit, uint32_t bits, unsigned *woken);

/* Wakes up to `limit` waiters, and moves up to `move_limit` of the others to the futex `to`; *woken
 * counts both. If `value` is not NULL: ERROR_AGAIN unless the word has that value. */
enum error futex_requeue(const struct futex *futex, uint32_t limit, const struct futex *to,
                         uint32_t move_limit, const uint32_t *value, unsigned *woken);

/* FUTEX_WAKE_OP of futex(2): `operation` holds a change for the word of `other`, and a comparison.
 * Makes the change, wakes up to `limit` waiters of `futex` and, if the comparison holds for the old
 * value, up to `other_limit` of `other`. ERROR_NO_CALL: there is no such operation. */
enum error futex_wake_operation(const struct futex *futex, uint32_t limit,
                                const struct futex *other, uint32_t other_limit, uint32_t operation,
                                unsigned *woken);

/* Takes a lock whose word holds its owner's number (FUTEX_LOCK_PI). If another thread has it: waits
 * up to `deadline`, as futex_wait() does, or returns ERROR_AGAIN if `waits` is false.
 * ERROR_NO_PROCESS: the number is no thread's. ERROR_DEADLOCK: the owner is this thread, or waits
 * for it. ERROR_TIMEOUT, ERROR_INTERRUPTED. */
enum error futex_lock(const struct futex *futex, bool waits, uint64_t deadline);

/* Hands such a lock to a thread that waits for it, or else frees it. ERROR_NOT_PERMITTED: it is
 * another thread's. */
enum error futex_unlock(const struct futex *futex);

/* Hands each such lock of the thread to one that waits for it, if there is one. Does not wait. */
void futex_leave_locks(struct user_thread *thread);

/* Wakes one waiter on a word that the end of a thread has changed. */
void futex_wake_shared(virt_addr_t address);

/* At the end of a thread: marks the locks on its robust list that it still holds, so that the next
 * owner learns of it, and wakes a waiter of each (Linux: robust-futex-ABI). The list is in the
 * program's memory and may be anything. */
void futex_release_robust_list(struct user_thread *thread);

#endif
