#include "test_arena.h"

#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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
