/*
 * The tree that finds the pages of a file by their numbers.
 */
#include <fs/page_tree.h>
#include <lib/random.h>
#include <mm/heap.h>

#include "../test.h"
#include "test_arena.h"

static struct page_tree tree;
static struct test_arena *arena;

static bool start(void)
{
    arena = test_arena_create(MIB(4));
    tree = (struct page_tree){0};
    return heap_init(NULL, false, &arena->arena) == OK;
}

static uint64_t live_bytes(void)
{
    struct allocator_stats stats;
    heap_stats(&stats);
    return stats.live_bytes;
}

TEST(page_tree, pages_are_found_at_any_number)
{
    static const uint64_t numbers[] = {0, 1, 63, 64, 4095, 4096, 1 << 20, INT64_MAX / 4096};
    uint64_t from = 0;
    EXPECT(start());
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        EXPECT_EQ(page_tree_get(&tree, numbers[i]), 0);
        EXPECT_EQ(page_tree_add(&tree, numbers[i], (i + 1) * 4096), OK);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
        EXPECT_EQ(page_tree_get(&tree, numbers[i]), (i + 1) * 4096);
    EXPECT_EQ(page_tree_get(&tree, 2), 0);
    EXPECT_EQ(page_tree_get(&tree, UINT64_MAX), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        EXPECT_EQ(page_tree_remove_next(&tree, &from), (i + 1) * 4096);
        EXPECT_EQ(from, numbers[i] + 1);
    }
    EXPECT_EQ(page_tree_remove_next(&tree, &from), 0);
    EXPECT_EQ(tree.root, 0);
    EXPECT_EQ(live_bytes(), 0);
    test_arena_destroy(arena);
}

/* A table says which pages there are; its index is spread over the whole range. */
TEST(page_tree, holds_what_a_table_holds)
{
    enum { PAGES = 500, STEPS = 20000 };
    static uint64_t frames[PAGES];
    uint64_t state = 7, serial = 0;
    EXPECT(start());
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t page = random_below(&state, PAGES), number = page * page * page;
        EXPECT_EQ(page_tree_get(&tree, number), frames[page]);
        if (random_below(&state, 100) == 0) {
            uint64_t from = number; /* truncation */
            for (; page < PAGES; page++) {
                if (frames[page])
                    EXPECT_EQ(page_tree_remove_next(&tree, &from), frames[page]);
                frames[page] = 0;
            }
            EXPECT_EQ(page_tree_remove_next(&tree, &from), 0);
        } else if (!frames[page]) {
            frames[page] = ++serial * 4096;
            EXPECT_EQ(page_tree_add(&tree, number, frames[page]), OK);
        }
    }
    for (uint64_t from = 0; page_tree_remove_next(&tree, &from) != 0;)
        ;
    EXPECT_EQ(live_bytes(), 0);
    test_arena_destroy(arena);
}

TEST(page_tree, memory_that_runs_out_loses_nothing)
{
    EXPECT(start());
    arena->limit = 40;
    uint64_t added = 0, from = 0;
    while (page_tree_add(&tree, added * UINT64_C(0x1000003), (added + 1) * 4096) == OK)
        added++;
    EXPECT(added > 10);
    for (uint64_t i = 0; i < added; i++)
        EXPECT_EQ(page_tree_get(&tree, i * UINT64_C(0x1000003)), (i + 1) * 4096);
    EXPECT_EQ(page_tree_get(&tree, added * UINT64_C(0x1000003)), 0);
    for (uint64_t i = 0; i < added; i++)
        EXPECT_EQ(page_tree_remove_next(&tree, &from), (i + 1) * 4096);
    EXPECT_EQ(tree.root, 0);
    EXPECT_EQ(live_bytes(), 0);
    test_arena_destroy(arena);
}
