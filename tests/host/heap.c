/*
 * kmalloc(), kmalloc_aligned(), kzalloc(), krealloc() and kfree(), and the debugging heap.
 */
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "allocator_subject.h"
#include "support.h"

static struct test_arena *arena;

static bool set_up(const char *allocator, bool debug)
{
    arena = test_arena_create(MIB(32));
    return heap_init(allocator, debug, &arena->arena) == OK;
}

static void tear_down(void)
{
    heap_check();
    heap_trim();
    test_arena_destroy(arena);
}

/* Does `run` panic with these words? */
static bool is_caught(void (*run)(void *), void *argument, const char *words)
{
    const char *panic = host_expect_panic(run, argument);
    if (panic && strstr(panic, words))
        return true;
    test_print("    # %s: %s", words, panic ? panic : "nothing");
    return false;
}

/* --- The facade ----------------------------------------------------------------------------- */

TEST(heap, allocators_are_chosen_by_name)
{
    for (size_t i = 0; i < KINDS; i++) {
        EXPECT(set_up(kinds[i].name, i % 2));
        EXPECT_STR(heap_allocator_name(), kinds[i].name);
        EXPECT_EQ(heap_is_debugging(), i % 2);
        tear_down();
    }
    EXPECT(set_up(NULL, false));
    EXPECT_STR(heap_allocator_name(), "fixed_block");
    EXPECT_EQ(heap_init("fixed", false, &arena->arena), ERROR_INVALID);
    EXPECT_EQ(heap_init("", true, &arena->arena), ERROR_INVALID);
    test_arena_destroy(arena);
}

TEST(heap, kzalloc_is_all_zeros)
{
    EXPECT(set_up(NULL, false));
    for (size_t size = 0; size < 5000; size += 97) {
        unsigned char *dirty = kmalloc(size);
        memset(dirty, 0xff, size);
        kfree(dirty);
        unsigned char *clean = kzalloc(size);
        for (size_t i = 0; i < size; i++)
            EXPECT_EQ(clean[i], 0);
        kfree(clean);
    }
    EXPECT(!kzalloc(SIZE_MAX));
    tear_down();
}

static bool counts_up(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != (unsigned char)i)
            return false;
    }
    return true;
}

TEST(heap, krealloc_keeps_what_there_is_room_for)
{
    for (size_t kind = 0; kind < KINDS * 2; kind++) {
        EXPECT(set_up(kinds[kind / 2].name, kind % 2));
        unsigned char *block = krealloc(NULL, 1);
        size_t held = 0;
        for (size_t size = 1; size < 100000; size += 1 + size / 3) {
            block = krealloc(block, size);
            EXPECT(block && counts_up(block, held));
            for (; held < size; held++)
                block[held] = (unsigned char)held;
        }
        for (; held > 0; held /= 2) {
            block = krealloc(block, held);
            EXPECT(block && counts_up(block, held));
        }
        kfree(krealloc(block, 0));
        tear_down();
    }
}

TEST(heap, krealloc_without_memory_changes_nothing)
{
    EXPECT(set_up(NULL, false));
    unsigned char *block = kmalloc(1000);
    for (size_t i = 0; i < 1000; i++)
        block[i] = (unsigned char)i;
    arena->limit = arena->committed;
    EXPECT(!krealloc(block, MIB(1)));
    EXPECT(!krealloc(block, SIZE_MAX));
    EXPECT(counts_up(block, 1000));
    EXPECT(krealloc(block, 10) != NULL);
    arena->limit = SIZE_MAX;
    test_arena_destroy(arena);
}

static void do_kmalloc(void *size)
{
    kmalloc(*(size_t *)size);
}

static void do_kmalloc_aligned(void *size)
{
    kmalloc_aligned(*(size_t *)size, 64);
}

static void do_kfree(void *block)
{
    kfree(block);
}

static void do_krealloc(void *block)
{
    krealloc(block, 10);
}

static void do_heap_check(void *unused)
{
    (void)unused;
    heap_check();
}

static void do_heap_trim(void *unused)
{
    (void)unused;
    heap_trim();
}

static void do_heap_stats(void *stats)
{
    heap_stats(stats);
}

TEST(heap, interrupt_handlers_may_not_use_it)
{
    EXPECT(set_up(NULL, false));
    void *block = kmalloc(10);
    size_t size = 10;
    struct allocator_stats stats;
    host_cpu.interrupt_depth = 1;
    bool caught = is_caught(do_kmalloc, &size, "ASSERT(!in_interrupt())");
    caught = caught && host_expect_panic(do_kmalloc_aligned, &size);
    caught = caught && host_expect_panic(do_kfree, block);
    caught = caught && host_expect_panic(do_krealloc, block);
    caught = caught && host_expect_panic(do_heap_trim, NULL);
    caught = caught && host_expect_panic(do_heap_check, NULL);
    caught = caught && host_expect_panic(do_heap_stats, &stats);
    host_cpu.interrupt_depth = 0;
    EXPECT(caught);
    kfree(block);
    tear_down();
}

TEST(heap, krealloc_of_no_block_panics)
{
    EXPECT(set_up(NULL, false));
    char *block = kmalloc(100);
    EXPECT(is_caught(do_krealloc, block + 16, "not a block's start"));
    kfree(block);
    EXPECT(is_caught(do_krealloc, block, "double free"));
    tear_down();
}

/* --- The debugging heap --------------------------------------------------------------------- */

TEST(heap, debug_agrees_with_the_model)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(set_up(kind->name, true));
        struct model *model = model_create(kernel_heap, 6);
        for (size_t i = 0; i < 20000; i++) {
            if (model->count < 300 && model_random(model, 2))
                model_allocate(model, model_random(model, 3000), model_random_alignment(model));
            else if (model->count > 0)
                model_free(model, model_random(model, model->count));
        }
        struct allocator_stats stats;
        heap_stats(&stats);
        EXPECT_EQ(stats.live_blocks, model->count);
        model_free_all(model);
        EXPECT(!model->complaint);
        model_destroy(model);
        heap_check();
        heap_trim();
        EXPECT_EQ(arena->committed, kind->committed_at_end);
        tear_down();
    }
}

TEST(heap, debug_fills_new_and_freed_blocks)
{
    EXPECT(set_up(NULL, true));
    unsigned char *block = kmalloc(100);
    EXPECT_EQ(block[0], 0xca);
    EXPECT_EQ(block[99], 0xca);
    block[50] = 1;
    kfree(block);
    EXPECT_EQ(block[50], 0xdf);
    tear_down();
}

TEST(heap, debug_names_a_write_after_free)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(set_up(kind->name, true));
        const size_t sizes[] = {1, 24, 100, 4096, 20000};
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            unsigned char *block = kmalloc(sizes[i]);
            kfree(block);
            unsigned char *victim = block + sizes[i] - 1, was = *victim;
            *victim = 1;
            EXPECT(is_caught(do_heap_check, NULL, "heap: write after free of 0x"));
            *victim = was;
            heap_check();
        }
        tear_down();
    }
}

/* Without a call of heap_check(): using the heap is enough. */
TEST(heap, debug_finds_a_write_after_free_soon)
{
    EXPECT(set_up(NULL, true));
    unsigned char *blocks[10];
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
        blocks[i] = kmalloc(50);
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
        kfree(blocks[i]);
    blocks[4][7] = 0;
    size_t size = 10, allocations = 0;
    while (allocations < 100 && !host_expect_panic(do_kmalloc, &size))
        allocations++;
    EXPECT(allocations <= ARRAY_SIZE(blocks));
    test_arena_destroy(arena);
}

TEST(heap, debug_names_overruns_and_underruns)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(set_up(kind->name, true));
        const size_t sizes[] = {0, 1, 24, 100, 4096, 20000};
        for (size_t i = 0; i < ARRAY_SIZE(sizes) * 2; i++) {
            size_t size = sizes[i / 2];
            unsigned char *block = i % 2 ? kmalloc_aligned(size, 256) : kmalloc(size);
            unsigned char was = block[size];
            block[size] = 0;
            EXPECT(is_caught(do_heap_check, NULL, "heap: overrun of 0x"));
            EXPECT(is_caught(do_kfree, block, "heap: overrun of 0x"));
            block[size] = was;
            was = block[-1];
            block[-1] = 0;
            EXPECT(is_caught(do_heap_check, NULL, "heap: underrun of 0x"));
            EXPECT(is_caught(do_kfree, block, "heap: underrun of 0x"));
            block[-1] = was;
            kfree(block);
        }
        tear_down();
    }
}

TEST(heap, debug_names_an_underrun_of_the_header)
{
    EXPECT(set_up(NULL, true));
    unsigned char *block = kmalloc(40), saved[64];
    memcpy(saved, block - 64, 64);
    memset(block - 64, 0, 64);
    EXPECT(is_caught(do_kfree, block, "heap: underrun of 0x"));
    memcpy(block - 64, saved, 64);
    kfree(block);
    tear_down();
}

TEST(heap, debug_names_bad_frees)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(set_up(kind->name, true));
        static char elsewhere;
        char *block = kmalloc(100), *aligned = kmalloc_aligned(100, 2048);
        EXPECT(is_caught(do_kfree, block + 16, "not a block's start"));
        EXPECT(is_caught(do_kfree, block + 1, "not a block's start"));
        EXPECT(is_caught(do_kfree, block + 64, "not a block's start"));
        EXPECT(is_caught(do_kfree, block - 64, "not a block's start"));
        EXPECT(is_caught(do_kfree, &elsewhere, "foreign address"));
        kfree(block);
        kfree(aligned);
        EXPECT(is_caught(do_kfree, block, "heap: double free of 0x"));
        EXPECT(is_caught(do_kfree, aligned, "heap: double free of 0x"));
        EXPECT(is_caught(do_kfree, block, "freed by 0x"));
        heap_trim();
        EXPECT(is_caught(do_kfree, block, "heap: double free of 0x"));
        tear_down();
    }
}

/* Blocks in quarantine must not make an allocation fail. */
TEST(heap, debug_quarantine_gives_way)
{
    EXPECT(set_up("fixed_block", true));
    arena->limit = 100;
    for (size_t i = 0; i < 50; i++) {
        void *block = kmalloc(KIB(150));
        EXPECT(block);
        kfree(block);
    }
    EXPECT(!kmalloc(SIZE_MAX));
    EXPECT(!kmalloc(SIZE_MAX - 64));
    tear_down();
}

TEST(heap, debug_quarantine_has_a_limit)
{
    EXPECT(set_up("fixed_block", true));
    for (size_t i = 0; i < 100; i++)
        kfree(kmalloc(KIB(150)));
    EXPECT(arena->committed < MIB(2) / PAGE_SIZE);
    for (size_t i = 0; i < 1000; i++)
        kfree(kmalloc(1));
    struct allocator_stats stats;
    heap_stats(&stats);
    EXPECT_EQ(stats.live_blocks, 0);
    EXPECT(stats.free_bytes < MIB(2));
    tear_down();
}
