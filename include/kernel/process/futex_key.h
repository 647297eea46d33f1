/*
 * How futexes are told apart, and their words. In threads of programs.
 */
#ifndef KERNEL_PROCESS_FUTEX_KEY_H
#define KERNEL_PROCESS_FUTEX_KEY_H

#include <kernel/process/futex.h>

/* Two futexes are the same if their keys are. */
struct futex_key {
    const void *owner; /* an address space, or an object that is mapped */
    uint64_t offset;   /* there */
    bool shared;
};

/* In any context. */
static inline bool futex_key_same(const struct futex_key *a, const struct futex_key *b)
{
    return a->owner == b->owner && a->offset == b->offset && a->shared == b->shared;
}

/* The key of a futex of the running program. Does not wait. ERROR_INVALID for an odd address,
 * ERROR_BAD_ADDRESS. */
enum error futex_key_of(const struct futex *futex, struct futex_key *key);

/* The word at an address of the running program, in the kernel's addresses; it stays there until
 * the thread waits. `access` as for user_memory(). May wait, for the page. ERROR_INVALID for an odd
 * address, ERROR_BAD_ADDRESS and others of user_memory(). */
enum error futex_word(virt_addr_t address, unsigned access, uint32_t **word);

/* Parts of the word of a lock whose owner's number stands in it (Linux: uapi/linux/futex.h). */
#define FUTEX_OWNER      UINT32_C(0x3fffffff) /* the thread that holds the lock; 0: nobody */
#define FUTEX_OWNER_DIED UINT32_C(0x40000000)
#define FUTEX_WAITERS    UINT32_C(0x80000000) /* an unlock has to call the kernel */

/* Waits until the running thread is woken with *woken set, or `deadline` by the clock has come;
 * UINT64_MAX is never. ERROR_TIMEOUT, ERROR_INTERRUPTED. */
enum error futex_sleep(const bool *woken, uint64_t deadline);

#endif
