/*
 * A free block has one hole at most. Its links at the start and its size at the end are read while
 * it is free, so the pages of these stay committed. Some pages on either side of the hole do, too,
 * so that allocating and freeing at its edge do not commit and decommit each time.
 */
#include <assert.h>
#include <mm/alternatives/holes.h>

/* The whole pages of a block between its links and its size at the end. */
static struct hole widest_hole(virt_addr_t block)
{
    virt_addr_t end = (virt_addr_t)block_size_before(block_next(block));
    return (struct hole){
        .start = ALIGN_UP(block + sizeof(struct free_block), PAGE_SIZE),
        .end = ALIGN_DOWN(end, PAGE_SIZE),
    };
}

static void decommit(struct arena *arena, virt_addr_t start, virt_addr_t end)
{
    arena_decommit(arena, start, (end - start) / PAGE_SIZE);
}

void hole_punch(struct arena *arena, virt_addr_t block, size_t kept, size_t slack)
{
    struct hole widest = widest_hole(block), *hole = &block_as_free(block)->hole;
    if (widest.start >= widest.end)
        return;
    if (hole_is_empty(*hole))
        hole->start = hole->end = widest.end;
    ASSERT(widest.start <= hole->start);
    ASSERT(hole->end <= widest.end);
    if (hole->start - widest.start > slack * PAGE_SIZE) {
        decommit(arena, widest.start + kept * PAGE_SIZE, hole->start);
        hole->start = widest.start + kept * PAGE_SIZE;
    }
    if (widest.end - hole->end > slack * PAGE_SIZE) {
        decommit(arena, hole->end, widest.end);
        hole->end = widest.end;
    }
}

enum error hole_fill(struct arena *arena, virt_addr_t block, virt_addr_t end)
{
    struct hole *hole = &block_as_free(block)->hole;
    if (hole_is_empty(*hole) || end <= hole->start)
        return OK;
    virt_addr_t filled = MIN(ALIGN_UP(end, PAGE_SIZE), hole->end);
    enum error error = arena_commit(arena, hole->start, (filled - hole->start) / PAGE_SIZE);
    if (error == OK)
        hole->start = filled;
    return error;
}

struct hole hole_join(struct arena *arena, struct hole a, struct hole b)
{
    if (hole_is_empty(a))
        return b;
    if (hole_is_empty(b))
        return a;
    decommit(arena, a.end, b.start);
    return (struct hole){.start = a.start, .end = b.end};
}

void hole_check(virt_addr_t block)
{
    struct hole hole = block_as_free(block)->hole, widest = widest_hole(block);
    ASSERT(hole_is_empty(hole) || widest.start <= hole.start);
    ASSERT(hole_is_empty(hole) || hole.end <= widest.end);
}
