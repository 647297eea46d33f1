/*
 * The allocator that a test is about, over an arena that watches it.
 */
#ifndef TESTS_HOST_ALLOCATOR_SUBJECT_H
#define TESTS_HOST_ALLOCATOR_SUBJECT_H

#include "heap_model.h"
#include "test_arena.h"

struct kind {
    const char *name;
    bool reuses;             /* freed memory can be had again before everything is freed */
    size_t committed_at_end; /* pages that are committed when nothing is live, after a trim */
};

enum { BUMP, LINKED_LIST, FIXED_BLOCK, KINDS };

extern const struct kind kinds[KINDS];

#define FOR_EACH_KIND(kind) for (const struct kind *kind = kinds; kind < kinds + KINDS; kind++)

/* An allocator and its arena. */
struct subject {
    const struct kind *kind;
    struct test_arena *arena;
    struct allocator *allocator;
};

extern struct subject subject;

/* Sets the subject up over an arena that is there, or over a new one. Returns its allocator, or
 * NULL when that could not be set up. */
struct allocator *subject_set_up_over(const struct kind *kind, struct test_arena *arena);
struct allocator *subject_set_up(const struct kind *kind, size_t size);

/* Nothing is live: is everything given back? */
bool subject_tear_down(void);

/* The operations of the subject's allocator. */
void *allocate(size_t size);
void *allocate_aligned(size_t size, size_t alignment);
void deallocate(void *block);

#endif
