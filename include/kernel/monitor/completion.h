/*
 * Completes a word that was typed in part. Pure.
 */
#ifndef KERNEL_MONITOR_COMPLETION_H
#define KERNEL_MONITOR_COMPLETION_H

#include <types.h>

/* A list of words: returns the word at `index`, counted from 0, or NULL after the last one. */
typedef const char *(*completion_list)(size_t index);

struct completion {
    size_t matches;    /* the number of words that begin with the typed bytes */
    const char *first; /* the first of these words */
    size_t common;     /* the length of the longest prefix that all of them share */
};

/* Finds the words that begin with the `length` bytes at `typed`. */
struct completion completion_find(completion_list list, const char *typed, size_t length);

#endif
