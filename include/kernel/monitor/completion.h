/*
 * What a half-typed word can become.
 *
 * Pure.
 */
#ifndef KERNEL_MONITOR_COMPLETION_H
#define KERNEL_MONITOR_COMPLETION_H

#include <types.h>

/* A list of words: the one at `index`, counted from 0, or NULL behind the last. */
typedef const char *(*completion_list)(size_t index);

struct completion {
    size_t matches;    /* how many words begin with what was typed */
    const char *first; /* of these */
    size_t common;     /* how many bytes at their beginning are the same in all of them */
};

/* Looks for the words that begin with the `length` bytes at `typed`. */
struct completion completion_find(completion_list list, const char *typed, size_t length);

#endif
