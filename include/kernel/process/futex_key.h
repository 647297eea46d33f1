/*
 * The identity of a futex, and its word: futex.c and futex_lock.c share them. In threads of
 * programs.
 */
#ifndef KERNEL_PROCESS_FUTEX_KEY_H
#define KERNEL_PROCESS_FUTEX_KEY_H

#include <kernel/process/futex.h>

/* The identity: two futexes are the same if their keys are equal. */
struct futex_key {
    const void *owner; /* an address space, or an object that is mapped */
    uint64_t offset;   /* the word's place in it */
    bool shared;
};

/* In any context. */
static inline bool futex_key_same(const struct futex_key *a, const struct futex_key *b)
{
    return a->owner == b->owner && a->offset == b->offset && a->shared == b->shared;
}

/* The key of a futex of the running program. Does not wait. ERROR_INVALID: the address is no
 * multiple of 4. ERROR_BAD_ADDRESS. */
enum error futex_key_of(const struct futex *futex, struct futex_key *key);

/* Where the kernel finds the word at an address of the running program; valid until the thread
 * waits. `access` as for user_memory(). May wait, for the page. ERROR_INVALID: the address is no
 * multiple of
 * 4. ERROR_BAD_ADDRESS and others of user_memory(). */
enum error futex_word(virt_addr_t address, unsigned access, uint32_t **word);

/* Parts of a word that holds the number of a lock's owner (Linux: uapi/linux/futex.h). */
#define FUTEX_OWNER      UINT32_C(0x3fffffff) /* the thread that holds the lock; 0: nobody */
#define FUTEX_OWNER_DIED UINT32_C(0x40000000)
#define FUTEX_WAITERS    UINT32_C(0x80000000) /* an unlock has to call the kernel */

/* Waits until another thread has set *woken and woken this one, or `deadline` by the clock has
 * come; UINT64_MAX is never. ERROR_TIMEOUT, ERROR_INTERRUPTED. */
enum error futex_sleep(const bool *woken, uint64_t deadline);

#endif
