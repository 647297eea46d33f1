/*
 * What the tests of the allocators share: an arena on the host's memory, and a model, that is, a
 * plain list of the blocks that ought to be live and of what ought to be in them.
 */
#ifndef TESTS_HOST_HEAP_MODEL_H
#define TESTS_HOST_HEAP_MODEL_H

#include <mm/heap.h>

/* --- The arena ------------------------------------------------------------------------------ */

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

/* As large as the kernel's, with addresses that no memory is behind until they are committed. */
struct test_arena *test_arena_create_huge(void);

void test_arena_destroy(struct test_arena *arena);

/* --- The allocators ------------------------------------------------------------------------- */

struct kind {
    const char *name;
    bool reuses;             /* freed memory can be had again before everything is freed */
    size_t committed_at_end; /* pages that are committed when nothing is live, after a trim */
};

enum { KINDS = 3 };

extern const struct kind kinds[KINDS];

/* --- The model ------------------------------------------------------------------------------ */

enum { MODEL_BLOCKS = 12000 };

struct model_block {
    unsigned char *start;
    size_t size;
    uint64_t stamp;
};

struct model {
    struct allocator *allocator;
    uint64_t random; /* the generator's state */
    size_t count;
    size_t bytes;
    const char *complaint; /* what was wrong, or NULL */
    struct model_block blocks[MODEL_BLOCKS];
};

struct model *model_create(struct allocator *allocator, uint64_t seed);
void model_destroy(struct model *model);

uint64_t model_random(struct model *model, uint64_t below);

/* Allocates and stamps a block. False when there is none; what else may be wrong is noted. */
bool model_allocate(struct model *model, size_t size, size_t alignment);

/* Frees block `index`, if it holds what it ought to. */
void model_free(struct model *model, size_t index);
void model_free_all(struct model *model);

/* Small sizes and large ones alike, up to 1 MiB, and alignments from 1 to 4096: mostly small. */
size_t model_random_size(struct model *model);
size_t model_random_alignment(struct model *model);

#endif
