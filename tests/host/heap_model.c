/*
 * Blocks are not filled but stamped, with a word each 256 bytes and the last byte, so that a
 * million blocks of up to 1 MiB take seconds. A block that overlaps another one, or is moved or
 * overwritten, does not hold its stamps.
 */
#include "heap_model.h"

#include <assert.h>
#include <lib/random.h>
#include <stdlib.h>
#include <string.h>

enum { STAMP_DISTANCE = 256, CHECK_EVERY = 40000 /* operations */ };

struct model *model_create(struct allocator *allocator, uint64_t seed)
{
    struct model *model = calloc(1, sizeof(*model));
    ASSERT(model);
    model->allocator = allocator;
    model->random = seed;
    return model;
}

void model_destroy(struct model *model)
{
    free(model);
}

uint64_t model_random(struct model *model, uint64_t below)
{
    return random_next(&model->random) % below;
}

size_t model_random_size(struct model *model)
{
    uint64_t kind = model_random(model, 64);
    if (kind == 0)
        return model_random(model, MIB(1) + 1);
    if (kind < 4)
        return model_random(model, KIB(40));
    return model_random(model, UINT64_C(1) << (1 + model_random(model, 12)));
}

size_t model_random_alignment(struct model *model)
{
    return model_random(model, 8) == 0 ? UINT64_C(1) << model_random(model, 13) : 1;
}

static void complain(struct model *model, const char *what)
{
    if (!model->complaint)
        model->complaint = what;
}

/* The word that belongs at `offset`, and as much of it as the block has room for. */
static size_t stamp_at(const struct model_block *block, size_t offset, unsigned char word[8])
{
    uint64_t value = (block->stamp + offset) * 0x9e3779b97f4a7c15u;
    memcpy(word, &value, 8);
    return MIN(block->size - offset, 8u);
}

/* Does the last byte lie outside the words? */
static bool last_is_apart(const struct model_block *block)
{
    return block->size > 0 && (block->size - 1) % STAMP_DISTANCE >= 8;
}

static void stamp(const struct model_block *block)
{
    unsigned char word[8];
    for (size_t offset = 0; offset < block->size; offset += STAMP_DISTANCE) {
        size_t length = stamp_at(block, offset, word);
        memcpy(block->start + offset, word, length);
    }
    if (last_is_apart(block))
        block->start[block->size - 1] = (unsigned char)block->stamp;
}

static bool is_stamped(const struct model_block *block)
{
    unsigned char word[8];
    for (size_t offset = 0; offset < block->size; offset += STAMP_DISTANCE) {
        size_t length = stamp_at(block, offset, word);
        if (memcmp(block->start + offset, word, length) != 0)
            return false;
    }
    return !last_is_apart(block) || block->start[block->size - 1] == (unsigned char)block->stamp;
}

bool model_allocate(struct model *model, size_t size, size_t alignment)
{
    struct allocator *allocator = model->allocator;
    unsigned char *start = alignment == 1 ? allocator->allocate(allocator, size)
                                          : allocator->allocate_aligned(allocator, size, alignment);
    if (!start)
        return false;
    size_t usable;
    if (!IS_ALIGNED((uintptr_t)start, MAX(alignment, 16u)))
        complain(model, "a block is not aligned");
    if (allocator->inspect(allocator, start, &usable) != BLOCK_LIVE || usable < size)
        complain(model, "a block is not live, or not large enough");
    struct model_block *block = &model->blocks[model->count++];
    *block = (struct model_block){.start = start, .size = size, .stamp = model->random};
    model->bytes += size;
    stamp(block);
    return true;
}

void model_free(struct model *model, size_t index)
{
    struct model_block block = model->blocks[index];
    if (!is_stamped(&block))
        complain(model, "a block does not hold what was put there");
    model->blocks[index] = model->blocks[--model->count];
    model->bytes -= block.size;
    model->allocator->free(model->allocator, block.start);
}

void model_free_all(struct model *model)
{
    while (model->count > 0)
        model_free(model, model_random(model, model->count));
}

size_t model_operate(struct model *model, size_t operations, size_t bytes_limit)
{
    size_t failures = 0;
    bool growing = true;
    for (size_t operation = 0; operation < operations && !model->complaint; operation++) {
        if (model->count == 0 || model_random(model, 5000) == 0)
            growing = true;
        if (model->count == MODEL_BLOCKS / 4 || model->bytes > bytes_limit)
            growing = false;
        if (model_random(model, 100) < (growing ? 60u : 35u) && model->count < MODEL_BLOCKS / 4) {
            size_t size = model_random_size(model);
            bool ok = model_allocate(model, size, model_random_alignment(model));
            failures += !ok;
            growing = growing && ok;
        } else if (model->count > 0) {
            model_free(model, model_random(model, model->count));
        }
        if (operation % CHECK_EVERY == 0)
            model->allocator->check(model->allocator);
    }
    return failures;
}
