/*
 * The users that have processes, and how many threads each of them has, for RLIMIT_NPROC. A process
 * counts as one thread as long as its number is in use, also as a zombie; each further thread
 * counts as one more.
 *
 * All functions are for tasks and threads.
 */
#ifndef KERNEL_PROCESS_USERS_H
#define KERNEL_PROCESS_USERS_H

#include <lib/tree.h>
#include <types.h>

struct user {
    struct tree_node node; /* by number */
    size_t threads;        /* above 0 */
};

/* Adds `threads` threads to the user of that number. NULL: memory has run out, and nothing was
 * added. Does not fail for a user that has threads already. */
struct user *user_add(uint32_t number, size_t threads);

/* Removes some of the user's threads. A user without threads is freed. */
void user_remove(struct user *user, size_t threads);

/* How many threads all users together have. */
size_t users_threads(void);

#endif
