/*
 * A model of a heap: a plain list of the blocks that ought to be live and of what ought to be in
 * them.
 */
#ifndef TESTS_HOST_HEAP_MODEL_H
#define TESTS_HOST_HEAP_MODEL_H

#include <mm/heap.h>

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

/* Allocates and frees at random, with more and fewer blocks in turn, up to about `bytes_limit`
 * bytes. Returns how many allocations failed. */
size_t model_operate(struct model *model, size_t operations, size_t bytes_limit);

#endif
