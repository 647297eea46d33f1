/*
 * An arena on the host's memory, which ends the test that breaks an arena's contract.
 */
#ifndef TESTS_HOST_TEST_ARENA_H
#define TESTS_HOST_TEST_ARENA_H

#include <mm/allocator.h>

struct test_arena {
    struct arena arena;    /* to be handed over */
    size_t committed;      /* pages, now */
    size_t limit;          /* pages: committing more fails */
    size_t changes;        /* calls that committed or decommitted something */
    unsigned char *states; /* for each page, whether it is committed */
    bool protect;          /* by page tables instead of by AddressSanitizer */
};

/* `size` bytes. What is not committed is poisoned: AddressSanitizer ends the test that touches it.
 * Committing twice, and other breaches of the contract, end it, too. */
struct test_arena *test_arena_create(size_t size);

/* As large as the kernel's, without memory until pages are committed. */
struct test_arena *test_arena_create_huge(void);

void test_arena_destroy(struct test_arena *arena);

#endif
