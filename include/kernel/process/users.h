/*
 * The users who have processes, and how many threads each of them has: what RLIMIT_NPROC limits.
 * A process counts once as long as its number is in use, also as a zombie, and each further thread
 * counts once more.
 *
 * In tasks and threads, like all of it.
 */
#ifndef KERNEL_PROCESS_USERS_H
#define KERNEL_PROCESS_USERS_H

#include <lib/tree.h>
#include <types.h>

struct user {
    struct tree_node node; /* by number */
    size_t threads;        /* above 0 */
};

/* Adds so many threads to the user of that number; NULL when memory is out: nothing is added then.
 * With those of a user who has some already, it does not fail. */
struct user *user_add(uint32_t number, size_t threads);

/* Takes some away. A user without threads is gone. */
void user_remove(struct user *user, size_t threads);

/* How many threads all users have. */
size_t users_threads(void);

#endif
