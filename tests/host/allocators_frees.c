/*
 * Frees of what cannot be freed: each allocator says what is wrong, and nothing changes.
 */
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "allocator_subject.h"
#include "support.h"

static void run_free(void *block)
{
    deallocate(block);
}

/* Does freeing `block` panic with these words, and leave the heap as it was? */
static bool is_caught(void *block, const char *words)
{
    const char *panic = host_expect_panic(run_free, block);
    char address[32];
    snprintf(address, sizeof(address), "%p", block);
    subject.allocator->check(subject.allocator);
    if (panic && strstr(panic, words) && strstr(panic, address) && strstr(panic, "called from 0x"))
        return true;
    test_print("    # %s, %p: %s", subject.kind->name, block, panic ? panic : "nothing");
    return false;
}

#define EXPECT_CAUGHT(block, words) EXPECT(is_caught((block), (words)))

static void double_frees(size_t size)
{
    char *before = allocate(size), *a = allocate(size), *b = allocate(size), *c = allocate(size);
    deallocate(b);
    EXPECT_CAUGHT(b, "double free");
    deallocate(a);
    EXPECT_CAUGHT(a, "double free");
    EXPECT_CAUGHT(b, "double free");
    deallocate(c);
    EXPECT_CAUGHT(c, "double free");
    EXPECT_CAUGHT(b, "double free");
    EXPECT_CAUGHT(a, "double free");
    deallocate(before);
    EXPECT_CAUGHT(before, "double free");
    EXPECT_CAUGHT(a, "");
}

TEST(allocators_frees, double_frees_are_caught)
{
    FOR_EACH_KIND(kind)
    {
        const size_t sizes[] = {1, 16, 64, 100, 512, 2048, 4096, 12288, 12289, 50000};
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            EXPECT(subject_set_up(kind, MIB(4)));
            double_frees(sizes[i]);
            if (test_failed())
                return;
            EXPECT(subject_tear_down());
        }
    }
}

/* Every address in a block, whatever the block holds. */
TEST(allocators_frees, frees_inside_a_block_are_caught)
{
    FOR_EACH_KIND(kind)
    {
        const size_t sizes[] = {16, 80, 320, 5000, 13000};
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            EXPECT(subject_set_up(kind, MIB(4)));
            void *neighbour = allocate(sizes[i]);
            char *block = allocate(sizes[i]);
            void *other = allocate(sizes[i]);
            for (size_t at = 0; at + 8 <= sizes[i]; at += 8)
                memcpy(block + at, at % 16 ? &other : &neighbour, 8);
            size_t step = sizes[i] > 1000 ? 61 : 1;
            for (size_t at = 1; at < sizes[i]; at += step)
                EXPECT_CAUGHT(block + at, "not a block's start");
            if (sizes[i] > 8192)
                EXPECT_CAUGHT(block + 4096, "not a block's start");
            deallocate(other);
            deallocate(neighbour);
            deallocate(block);
            EXPECT(subject_tear_down());
        }
    }
}

/* A block that lies where others were; their headers, if the allocator has any, are still in it. */
TEST(allocators_frees, former_blocks_are_no_blocks)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(4)));
        char *former[40];
        for (size_t i = 0; i < ARRAY_SIZE(former); i++)
            former[i] = allocate(48);
        for (size_t i = ARRAY_SIZE(former); i-- > 1;)
            deallocate(former[i]);
        subject.allocator->trim(subject.allocator);
        char *block = allocate(ARRAY_SIZE(former) * 64);
        for (size_t i = 1; i < ARRAY_SIZE(former); i++) {
            if (former[i] != block)
                EXPECT_CAUGHT(former[i], "free");
        }
        deallocate(former[0]);
        deallocate(block);
        EXPECT(subject_tear_down());
    }
}

TEST(allocators_frees, foreign_frees_are_caught)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(4)));
        static char here;
        char there, *block = allocate(100);
        char *base = (char *)subject.arena->arena.base, *end = base + MIB(4);
        EXPECT_CAUGHT(&here, "foreign address");
        EXPECT_CAUGHT(&there, "foreign address");
        EXPECT_CAUGHT(base - 16, "foreign address");
        EXPECT_CAUGHT(end, "foreign address");
        EXPECT_CAUGHT((void *)16, "foreign address");
        EXPECT_CAUGHT((void *)UINTPTR_MAX, "foreign address");
        for (char *inside = base; inside < end; inside += 4096 - 16) {
            if (inside != block)
                EXPECT_CAUGHT(inside, "free of 0x");
        }
        deallocate(block);
        EXPECT(subject_tear_down());
    }
}
