/*
 * Blocks are not filled but stamped, with a word each 256 bytes and the last byte, so that a
 * million blocks of up to 1 MiB take seconds. A block that overlaps another one, or is moved or
 * overwritten, does not hold its stamps.
 */
#include "heap_model.h"

#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STAMP_DISTANCE = 256 };

/* --- The arena ------------------------------------------------------------------------------ */

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "arena: %s\n", what);
        abort();
    }
}

static void set_pages(struct test_arena *arena, virt_addr_t start, size_t pages, bool committed)
{
    size_t first = (start - arena->arena.base) / PAGE_SIZE;
    require(IS_ALIGNED(start, PAGE_SIZE) && pages > 0, "not pages");
    require(start >= arena->arena.base, "before the arena");
    require((first + pages) * PAGE_SIZE <= arena->arena.size, "after the arena");
    for (size_t page = first; page < first + pages; page++) {
        require(arena->states[page] != committed, "a page is committed, or decommitted, twice");
        arena->states[page] = committed;
    }
    arena->changes++;
}

static enum error commit(void *context, virt_addr_t start, size_t pages)
{
    struct test_arena *arena = context;
    if (arena->committed + pages > arena->limit)
        return ERROR_OUT_OF_FRAMES;
    set_pages(arena, start, pages, true);
    arena->committed += pages;
    if (arena->protect) {
        mprotect((void *)start, pages * PAGE_SIZE, PROT_READ | PROT_WRITE);
    } else {
        ASAN_UNPOISON_MEMORY_REGION((void *)start, pages * PAGE_SIZE);
        memset((void *)start, 0xb7, MIN(pages, 4u) * PAGE_SIZE);
    }
    return OK;
}

static void decommit(void *context, virt_addr_t start, size_t pages)
{
    struct test_arena *arena = context;
    set_pages(arena, start, pages, false);
    arena->committed -= pages;
    if (arena->protect) {
        madvise((void *)start, pages * PAGE_SIZE, MADV_DONTNEED);
        mprotect((void *)start, pages * PAGE_SIZE, PROT_NONE);
    } else {
        ASAN_POISON_MEMORY_REGION((void *)start, pages * PAGE_SIZE);
    }
}

static struct test_arena *create(size_t size, int protection)
{
    struct test_arena *arena = calloc(1, sizeof(*arena));
    void *base = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    void *states = mmap(NULL, size / PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(arena && base != MAP_FAILED && states != MAP_FAILED, "the host has no memory");
    *arena = (struct test_arena){
        .arena = {.base = (virt_addr_t)base,
                  .size = size,
                  .commit = commit,
                  .decommit = decommit,
                  .context = arena},
        .limit = SIZE_MAX,
        .states = states,
        .protect = protection == PROT_NONE,
    };
    return arena;
}

struct test_arena *test_arena_create(size_t size)
{
    struct test_arena *arena = create(size, PROT_READ | PROT_WRITE);
    ASAN_POISON_MEMORY_REGION((void *)arena->arena.base, size);
    return arena;
}

struct test_arena *test_arena_create_huge(void)
{
    return create(HEAP_WINDOW, PROT_NONE);
}

void test_arena_destroy(struct test_arena *arena)
{
    if (!arena->protect)
        ASAN_UNPOISON_MEMORY_REGION((void *)arena->arena.base, arena->arena.size);
    munmap((void *)arena->arena.base, arena->arena.size);
    munmap(arena->states, arena->arena.size / PAGE_SIZE);
    free(arena);
}

/* --- The allocators ------------------------------------------------------------------------- */

const struct kind kinds[KINDS] = {
    {.name = "bump", .reuses = false, .committed_at_end = 0},
    {.name = "linked_list", .reuses = true, .committed_at_end = 2},
    {.name = "fixed_block", .reuses = true, .committed_at_end = 0},
};

/* --- The model ------------------------------------------------------------------------------ */

struct model *model_create(struct allocator *allocator, uint64_t seed)
{
    struct model *model = calloc(1, sizeof(*model));
    require(model, "the host has no memory");
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
    model->random = model->random * 6364136223846793005u + 1442695040888963407u;
    return (model->random >> 32) % below;
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
