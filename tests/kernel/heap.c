/*
 * The heap of the running kernel, over mapped memory: what one expects of a box, a vector and a
 * reference count, and that all of memory can be had and comes back.
 */
#include <layout.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_space.h>
#include <mm/paging_walk.h>

#include "../test.h"

static uint64_t used_frames(void)
{
    struct frames_stats stats;
    frames_stats(&stats);
    return stats.used;
}

TEST(heap, a_box_holds_its_value)
{
    uint64_t *box = kmalloc(sizeof(*box)), *other = kmalloc(sizeof(*other));
    EXPECT(box && other && box != other);
    *box = 41;
    *other = 13;
    EXPECT_EQ(*box, 41);
    EXPECT_EQ(*other, 13);
    kfree(box);
    kfree(other);
}

TEST(heap, lies_in_its_window_and_cannot_be_executed)
{
    char *block = kmalloc(100000);
    struct paging_step steps[PAGING_LEVELS];
    EXPECT((virt_addr_t)block >= HEAP_BASE && (virt_addr_t)block < HEAP_BASE + HEAP_WINDOW);
    for (size_t at = 0; at < 100000; at += PAGE_SIZE) {
        size_t count = paging_walk(&kernel_space, (virt_addr_t)block + at, steps);
        uint64_t entry = steps[count - 1].entry;
        EXPECT(entry & PAGE_PRESENT);
        EXPECT(entry & PAGE_WRITABLE);
        EXPECT(entry & PAGE_NO_EXECUTE);
    }
    kfree(block);
}

TEST(heap, a_vector_keeps_its_values_while_it_grows)
{
    enum { COUNT = 1000 };
    uint64_t *vector = NULL, sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        vector = krealloc(vector, (i + 1) * sizeof(*vector));
        EXPECT(vector);
        vector[i] = i;
    }
    for (size_t i = 0; i < COUNT; i++)
        sum += vector[i];
    kfree(vector);
    EXPECT_EQ(sum, (COUNT - 1) * COUNT / 2);
}

/* A vector that several owners share: the last one frees it. */
struct counted {
    unsigned owners;
    unsigned values[3];
};

static void drop(struct counted **counted)
{
    if (--(*counted)->owners > 0)
        return;
    kfree(*counted);
    *counted = NULL;
}

TEST(heap, the_last_owner_frees)
{
    struct counted *counted = kzalloc(sizeof(*counted));
    EXPECT(counted && counted->values[2] == 0);
    counted->owners = 2;
    drop(&counted);
    EXPECT(counted && counted->owners == 1);
    drop(&counted);
    EXPECT(!counted);
}

TEST(heap, freed_boxes_are_used_again)
{
    struct frames_stats stats;
    frames_stats(&stats);
    uint64_t *stays = kmalloc(sizeof(*stays));
    *stays = 1;
    for (uint64_t i = 0; i < MIN(stats.total * PAGE_SIZE / 100, UINT64_C(2000000)); i++) {
        uint64_t *box = kmalloc(100);
        EXPECT(box);
        *box = i;
        EXPECT_EQ(*box, i);
        kfree(box);
    }
    EXPECT_EQ(*stays, 1);
    kfree(stays);
}

TEST(heap, blocks_are_aligned_as_asked)
{
    for (size_t alignment = 1; alignment <= PAGE_SIZE; alignment *= 2) {
        char *block = kmalloc_aligned(3 * alignment, alignment);
        EXPECT(block && IS_ALIGNED((virt_addr_t)block, alignment));
        memset(block, 0x5a, 3 * alignment);
        kfree(block);
    }
}

TEST(heap, grows_and_gives_back)
{
    enum { COUNT = 64 };
    heap_trim();
    uint64_t before = used_frames();
    static char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = kmalloc(KIB(64));
        EXPECT(blocks[i]);
        memset(blocks[i], (int)i, KIB(64));
    }
    heap_check();
    EXPECT(used_frames() >= before + COUNT * KIB(64) / PAGE_SIZE);
    for (size_t i = 0; i < COUNT; i++) {
        EXPECT_EQ(blocks[i][0], (char)i);
        EXPECT_EQ(blocks[i][KIB(64) - 1], (char)i);
        kfree(blocks[i]);
    }
    heap_trim();
    EXPECT_EQ(used_frames(), before);
}

TEST(heap, too_much_is_null)
{
    struct frames_stats stats;
    frames_stats(&stats);
    heap_trim();
    uint64_t before = used_frames();
    EXPECT(!kmalloc(stats.total * PAGE_SIZE));
    EXPECT(!kmalloc(SIZE_MAX));
    EXPECT(!kmalloc(SIZE_MAX - PAGE_SIZE));
    EXPECT(!kzalloc(HEAP_WINDOW));
    heap_trim();
    EXPECT_EQ(used_frames(), before);
}

/* Down to the last frame, and back. */
TEST(heap, all_of_memory_can_be_had_and_comes_back)
{
    heap_trim();
    uint64_t before = used_frames(), blocks = 0;
    void **chain = NULL, **block;
    for (; blocks < GIB(1) / KIB(60) && (block = kmalloc(KIB(60))); blocks++) {
        *block = chain;
        chain = block;
    }
    EXPECT(blocks > 0);
    heap_check();
    while ((block = chain)) {
        chain = *block;
        kfree(block);
    }
    heap_check();
    heap_trim();
    EXPECT_EQ(used_frames(), before);
}

/* Sizes and order at random, with a word at each end of each block to be found again. */
TEST(heap, random_blocks_keep_their_words)
{
    enum { SLOTS = 500, OPERATIONS = 100000 };
    static uint64_t *blocks[SLOTS], words[SLOTS];
    uint64_t random = 1;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        size_t slot = random_below(&random, SLOTS);
        if (blocks[slot]) {
            EXPECT_EQ(blocks[slot][0], slot);
            EXPECT_EQ(blocks[slot][words[slot] - 1], words[slot] == 1 ? slot : words[slot]);
            kfree(blocks[slot]);
            blocks[slot] = NULL;
            continue;
        }
        words[slot] = 1 + random_below(&random, i % 50 ? 200 : 5000);
        blocks[slot] = kmalloc(words[slot] * sizeof(uint64_t));
        EXPECT(blocks[slot]);
        blocks[slot][words[slot] - 1] = words[slot];
        blocks[slot][0] = slot;
    }
    heap_check();
    for (size_t slot = 0; slot < SLOTS; slot++) {
        kfree(blocks[slot]);
        blocks[slot] = NULL;
    }
    heap_check();
}

TEST_PANIC(heap_double_free, twice, "deallocate", "PANIC: heap: double free of 0xffff",
           "called from run__heap_double_free__twice+0x")
{
    void *volatile block = kmalloc(100);
    kfree(block);
    kfree(block);
}

TEST_PANIC(heap_inside_free, inside, "deallocate", "PANIC: heap: free of 0xffff",
           "which is not a block's start")
{
    char *volatile block = kmalloc(100);
    kfree(block + 16);
}

TEST_PANIC(heap_foreign_free, foreign, "deallocate", "PANIC: heap: free of foreign address 0xffff")
{
    static char here;
    char *volatile block = &here;
    kfree(block);
}
