/*
 * An allocator that is used as its contract says: sizes and alignments, memory that is used again
 * and given back.
 */
#include <mm/alternatives/free_lists.h>
#include <mm/size_class.h>
#include <mm/slab.h>
#include <string.h>

#include "../test.h"
#include "allocator_subject.h"
#include "support.h"

/* --- Sizes ---------------------------------------------------------------------------------- */

TEST(allocators, refuse_what_cannot_be)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(1)));
        const size_t impossible[] = {SIZE_MAX,        SIZE_MAX - 7,   SIZE_MAX - 15, SIZE_MAX - 23,
                                     SIZE_MAX - 31,   SIZE_MAX / 2,   HEAP_WINDOW,   MIB(1),
                                     SIZE_MAX - 4095, SIZE_MAX - 4096};
        void *block = allocate(1);
        for (size_t i = 0; i < ARRAY_SIZE(impossible); i++) {
            EXPECT(!allocate(impossible[i]));
            EXPECT(!allocate_aligned(impossible[i], 4096));
        }
        deallocate(block);
        EXPECT(subject_tear_down());
    }
}

TEST(allocators, refuse_an_arena_that_is_too_small)
{
    FOR_EACH_KIND(kind)
    {
        for (size_t pages = 0; pages < 8; pages++) {
            struct test_arena *arena = test_arena_create(MAX(pages, 1u) * PAGE_SIZE);
            arena->arena.size = pages * PAGE_SIZE;
            struct allocator *allocator = subject_set_up_over(kind, arena);
            if (allocator) {
                void *block = allocate(16);
                EXPECT(block || pages < 4);
                deallocate(block);
                allocator->check(allocator);
                allocator->trim(allocator);
            }
            arena->arena.size = MAX(pages, 1u) * PAGE_SIZE;
            test_arena_destroy(arena);
        }
    }
}

TEST(allocators, blocks_of_size_0_are_blocks)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(1)));
        void *a = allocate(0), *b = allocate(0), *c = allocate_aligned(0, 64);
        EXPECT(a && b && c && a != b && b != c && a != c);
        deallocate(b);
        deallocate(a);
        deallocate(c);
        deallocate(NULL);
        EXPECT(subject_tear_down());
    }
}

TEST(allocators, fixed_block_wastes_little)
{
    EXPECT(subject_set_up(&kinds[FIXED_BLOCK], MIB(16)));
    for (size_t size = 1; size <= 100000; size++) {
        void *block = allocate(size);
        size_t usable = 0;
        EXPECT(subject.allocator->inspect(subject.allocator, block, &usable) == BLOCK_LIVE);
        EXPECT(usable >= size);
        EXPECT(usable - size <= MAX(15u, usable / 4));
        deallocate(block);
    }
    EXPECT(subject_tear_down());
}

TEST(allocators, blocks_are_aligned_as_asked)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(32)));
        for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
            void *blocks[64];
            for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
                blocks[i] = allocate_aligned(i * i * 7, alignment);
                EXPECT(blocks[i] && IS_ALIGNED((uintptr_t)blocks[i], alignment));
                memset(blocks[i], (int)i, i * i * 7);
            }
            subject.allocator->check(subject.allocator);
            for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
                deallocate(blocks[i]);
        }
        EXPECT(subject_tear_down());
    }
}

/* --- What is freed can be had again --------------------------------------------------------- */

static size_t largest_block(size_t below)
{
    size_t possible = 0, impossible = below;
    while (impossible - possible > 1) {
        size_t middle = possible + (impossible - possible) / 2;
        void *block = allocate(middle);
        if (block)
            possible = middle;
        else
            impossible = middle;
        deallocate(block);
    }
    return possible;
}

TEST(allocators, what_is_freed_becomes_one_block)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(16)));
        struct model *model = model_create(subject.allocator, 3);
        while (model->bytes < MIB(10) && model_allocate(model, 8 + model_random(model, 2041), 1))
            ;
        for (size_t i = 0; kind->reuses && i < 20000; i++) {
            model_free(model, model_random(model, model->count));
            model_allocate(model, 8 + model_random(model, 2041), 1);
        }
        model_free_all(model);
        model_destroy(model);
        EXPECT(largest_block(MIB(16)) >= MIB(16) / 100 * 98);
        EXPECT(subject_tear_down());
    }
}

/* A heap full of blocks of one size: freed, they make room for others. */
TEST(allocators, freed_blocks_make_room_for_other_sizes)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, KIB(100) + PAGE_SIZE)); /* a page for the instance itself */
        static void *blocks[KIB(104) / 64];
        size_t count = 0;
        while ((blocks[count] = allocate(64)))
            count++;
        EXPECT(count > KIB(100) / 64 / 4 * 3);
        for (size_t i = 0; i < count; i++)
            deallocate(blocks[i]);
        void *small = allocate(128), *large = allocate(4096);
        EXPECT(small && large);
        deallocate(small);
        deallocate(large);
        EXPECT(subject_tear_down());
    }
}

/* One block that stays, among many that do not. */
TEST(allocators, a_long_lived_block_keeps_freed_memory_from_bump_alone)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, KIB(100)));
        void *stays = allocate(16);
        size_t rounds = 0;
        while (rounds < 10000) {
            void *a = allocate(40), *b = allocate(200);
            deallocate(a);
            deallocate(b);
            if (!a || !b)
                break;
            rounds++;
        }
        EXPECT((rounds == 10000) == kind->reuses);
        deallocate(stays);
        EXPECT(subject_tear_down());
    }
}

/* The class's current slab cannot grow, but another one has a free block. */
TEST(allocators, fixed_block_finds_the_last_free_block)
{
    EXPECT(subject_set_up(&kinds[FIXED_BLOCK], MIB(1)));
    void *blocks[40];
    size_t capacity = slab_capacity(size_classes[size_class_for(2048)].pages, 2048), count = 0;
    for (; count < capacity + 1; count++) /* one slab, and one block of the next */
        blocks[count] = allocate(2048);
    deallocate(blocks[3]);
    subject.arena->limit = subject.arena->committed;
    EXPECT(allocate(2048) == blocks[3]);
    EXPECT(!allocate(2048));
    for (size_t i = 0; i < count; i++)
        deallocate(blocks[i]);
    EXPECT(subject_tear_down());
}

static struct arena slab_arena;
static struct page_runs slab_runs;
static struct test_arena *slab_memory;

static void set_up_runs(void)
{
    slab_memory = test_arena_create(MIB(1));
    slab_arena = slab_memory->arena;
    EXPECT_EQ(page_runs_init(&slab_runs, &slab_arena, slab_arena.base), OK);
}

/* The slab has more slots than a byte can number: the last ones must not be taken for others. */
TEST(allocators, a_slab_of_more_slots_than_a_byte_has_values_gives_each_out_once)
{
    set_up_runs();
    struct slab *slab = slab_create(&slab_runs, 2, 32);
    EXPECT(slab && slab->linked_end < SLAB_SLOTS_MAX);
    for (size_t slot = slab->first; slot < 256; slot++)
        EXPECT_EQ(slab_slot_state(slab, slot), BLOCK_FREE);
    size_t taken = 0;
    for (; slab->free != LINK_END || slab_extend(slab, &slab_runs); taken++)
        slab_take(slab);
    EXPECT_EQ(taken, slab_capacity(2, 32));
    EXPECT_EQ(taken, slab_count_live(slab));
    EXPECT_EQ(slab_slot_state(slab, 253), BLOCK_LIVE);
    EXPECT_EQ(slab_slot_state(slab, 254), BLOCK_FREE);
    EXPECT_EQ(slab_slot_state(slab, 255), BLOCK_FREE);
    slab_check(slab);
    for (size_t slot = slab->first; slot < slab->slots; slot++)
        slab_put(slab, slot);
    slab_check(slab);
    slab_release(slab, &slab_runs);
    page_runs_check(&slab_runs, 0);
    page_runs_trim(&slab_runs);
    EXPECT_EQ(slab_memory->committed, 0);
    test_arena_destroy(slab_memory);
}

static void create_slab_with_long_header(void *unused)
{
    (void)unused;
    slab_create(&slab_runs, 16, 16);
}

TEST(allocators, a_slabs_header_fits_into_its_first_page)
{
    set_up_runs();
    const char *panic = host_expect_panic(create_slab_with_long_header, NULL);
    EXPECT(panic && strstr(panic, "header_size"));
    test_arena_destroy(slab_memory);
}

/* Many free blocks are too small, and one is not: it is found among them. */
TEST(allocators, free_lists_find_the_only_block)
{
    enum { BLOCKS = 20, SMALL = 1024, LARGE = 1136 };
    static struct free_lists lists;
    static uint64_t memory[BLOCKS * LARGE / 8] ALIGNED(16);
    for (size_t i = 0; i < BLOCKS; i++) {
        virt_addr_t block = (virt_addr_t)memory + i * LARGE + 16;
        *block_header(block) = (i == 0 ? LARGE : SMALL) | BLOCK_FLAG_FREE;
        free_lists_add(&lists, block);
    }
    EXPECT_EQ(free_lists_search(&lists, LARGE), (virt_addr_t)memory + 16);
    EXPECT_EQ(free_lists_search(&lists, LARGE + 16), 0);
    EXPECT_EQ(free_lists_search(&lists, 8192), 0);
    free_lists_remove(&lists, (virt_addr_t)memory + 16);
    EXPECT_EQ(free_lists_search(&lists, LARGE), 0);
    EXPECT(free_lists_search(&lists, SMALL) != 0);
}

TEST(allocators, bump_frees_the_last_block_and_starts_afresh)
{
    EXPECT(subject_set_up(&kinds[BUMP], MIB(1)));
    char *a = allocate(100), *b = allocate(200), *c = allocate(300);
    deallocate(c);
    EXPECT(allocate(10) == c);
    deallocate(c);
    deallocate(b);
    EXPECT(allocate(1000) == b);
    char *d = allocate_aligned(64, 1024);
    deallocate(a);
    deallocate(b);
    char *e = allocate(8);
    EXPECT(e > d);
    deallocate(e);
    EXPECT(allocate(80) == e);
    deallocate(d);
    deallocate(e);
    EXPECT(allocate(8) == a);
    deallocate(a);
    EXPECT(subject_tear_down());
}

/* --- Memory is given back ------------------------------------------------------------------- */

TEST(allocators, freed_memory_goes_back)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(64)));
        const size_t sizes[] = {24, 500, 3000, 70000, MIB(1)};
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            static void *blocks[4000];
            size_t count = MIN(ARRAY_SIZE(blocks), MIB(16) / sizes[i]);
            for (size_t j = 0; j < count; j++)
                EXPECT((blocks[j] = allocate(sizes[i])));
            size_t full = subject.arena->committed;
            for (size_t j = 0; j < count; j++)
                deallocate(blocks[j]);
            EXPECT(subject.arena->committed <= MAX(full / 4, 120u));
        }
        EXPECT(subject_tear_down());
    }
}

/* Blocks come and go at the edge of the committed memory, which is not committed anew each time. */
TEST(allocators, no_thrashing_at_the_edge)
{
    FOR_EACH_KIND(kind)
    {
        const size_t sizes[] = {16, 64, 100, 512, 2048, 4096, 12000, 20000};
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            EXPECT(subject_set_up(kind, MIB(4)));
            for (size_t held = 0; held < 200; held++) {
                EXPECT(allocate(sizes[i]) || !kind->reuses || held > 150);
                size_t before = subject.arena->changes;
                for (size_t pair = 0; pair < 50; pair++)
                    deallocate(allocate(sizes[i]));
                EXPECT(subject.arena->changes <= before + 4);
            }
            test_arena_destroy(subject.arena);
        }
    }
}

TEST(allocators, the_kernels_window_holds_huge_blocks_beside_small_ones)
{
    FOR_EACH_KIND(kind)
    {
        struct test_arena *arena = test_arena_create_huge();
        EXPECT(subject_set_up_over(kind, arena));
        EXPECT(allocate(HEAP_WINDOW) == NULL);
        deallocate(allocate(GIB(1)));
        EXPECT(arena->committed < 100);
        struct model *model = model_create(subject.allocator, 4);
        for (size_t round = 0; round < 2; round++) {
            char *huge = allocate(GIB(1));
            EXPECT(huge);
            huge[0] = huge[GIB(1) - 1] = 1;
            model_operate(model, 10000, MIB(24));
            deallocate(huge);
            model_operate(model, 10000, MIB(24));
            model_free_all(model);
            EXPECT(!model->complaint);
            EXPECT(arena->committed < MIB(16) / PAGE_SIZE);
        }
        model_destroy(model);
        EXPECT(subject_tear_down());
    }
}
