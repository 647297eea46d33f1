/*
 * The sizes of the blocks that mm/fixed_block.c hands out.
 */
#ifndef MM_SIZE_CLASS_H
#define MM_SIZE_CLASS_H

#include <types.h>

enum {
    SIZE_CLASSES = 34,
    SIZE_CLASS_LARGEST = 12288,
    SIZE_CLASS_STEP = 16, /* every size is a multiple of it */
};

struct size_class {
    uint16_t block_size;
    uint8_t pages; /* of a slab */
};

extern const struct size_class size_classes[SIZE_CLASSES];

/* The class for a size, counted in steps and rounded up. */
extern const uint8_t size_class_table[SIZE_CLASS_LARGEST / SIZE_CLASS_STEP + 1];

/* The smallest class of blocks of `size` bytes or more; size <= SIZE_CLASS_LARGEST. */
static inline size_t size_class_for(size_t size)
{
    return size_class_table[(size + SIZE_CLASS_STEP - 1) / SIZE_CLASS_STEP];
}

#endif
