#include "allocator_subject.h"

const struct kind kinds[KINDS] = {
    [BUMP] = {.name = "bump", .reuses = false, .committed_at_end = 1},
    [LINKED_LIST] = {.name = "linked_list", .reuses = true, .committed_at_end = 2},
    [FIXED_BLOCK] = {.name = "fixed_block", .reuses = true, .committed_at_end = 1},
};

struct subject subject;

struct allocator *subject_set_up_over(const struct kind *kind, struct test_arena *arena)
{
    subject.kind = kind;
    subject.arena = arena;
    enum error error = heap_create(kind->name, &arena->arena, &subject.allocator);
    return error ? NULL : subject.allocator;
}

struct allocator *subject_set_up(const struct kind *kind, size_t size)
{
    return subject_set_up_over(kind, test_arena_create(size));
}

bool subject_tear_down(void)
{
    subject.allocator->check(subject.allocator);
    subject.allocator->trim(subject.allocator);
    subject.allocator->check(subject.allocator);
    bool clean = subject.arena->committed == subject.kind->committed_at_end &&
                 subject.allocator->arena->committed == subject.arena->committed * PAGE_SIZE;
    test_arena_destroy(subject.arena);
    return clean;
}

void *allocate(size_t size)
{
    return subject.allocator->allocate(subject.allocator, size);
}

void *allocate_aligned(size_t size, size_t alignment)
{
    return subject.allocator->allocate_aligned(subject.allocator, size, alignment);
}

void deallocate(void *block)
{
    subject.allocator->free(subject.allocator, block);
}
