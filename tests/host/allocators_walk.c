/*
 * What an allocator shows of its blocks: a picture, a walk through them, statistics.
 */
#include <mm/size_class.h>
#include <string.h>

#include "../test.h"
#include "allocator_subject.h"
#include "support.h"

static void emit(void *context, char cell)
{
    char **end = context;
    *(*end)++ = cell;
}

TEST(allocators, the_picture_shows_what_is_live)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(4)));
        char cells[65] = "", *end = cells;
        allocator_picture(subject.allocator, 64, emit, &end);
        EXPECT_EQ(end - cells, 64);
        EXPECT(!strchr(cells, '#'));

        char *first = allocate(MIB(1)), *middle = allocate(MIB(1)), *last = allocate(MIB(1));
        memset(first, 0, MIB(1));
        deallocate(middle);
        end = cells;
        allocator_picture(subject.allocator, 64, emit, &end);
        EXPECT_EQ(end - cells, 64);
        EXPECT(strspn(cells, "#") >= 14);
        EXPECT(strchr(" .", cells[25]));
        EXPECT_EQ(cells[45], '#');
        deallocate(first);
        deallocate(last);
        EXPECT(subject_tear_down());
    }
}

struct walk_so_far {
    virt_addr_t end; /* of the last region; 0 before the first one */
    size_t wrong;    /* regions that are empty, or do not begin where the last one ended */
    size_t live;     /* bytes in regions of live blocks */
};

static void follow(void *context, const struct region *region)
{
    struct walk_so_far *walk = context;
    walk->wrong += region->size == 0 || (walk->end && region->start != walk->end);
    walk->end = region->start + region->size;
    if (region->state == REGION_LIVE)
        walk->live += region->size;
}

static struct walk_so_far walk_through(void)
{
    struct walk_so_far walk = {0};
    subject.allocator->walk(subject.allocator, follow, &walk);
    return walk;
}

TEST(allocators, a_walk_has_no_gap)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(16)));
        struct model *model = model_create(subject.allocator, 7);
        for (size_t round = 0; round < 100; round++) {
            model_operate(model, 200, MIB(6));
            struct walk_so_far walk = walk_through();
            EXPECT_EQ(walk.wrong, 0);
            EXPECT(walk.live >= model->bytes);
        }
        model_free_all(model);
        EXPECT_EQ(walk_through().wrong, 0);
        EXPECT_EQ(walk_through().live, 0);
        model_destroy(model);
        EXPECT(subject_tear_down());
    }
}

/* A block that ends behind the hole of the free block it is split from. */
TEST(allocators, a_walk_has_no_gap_where_a_hole_was)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(1)));
        unsigned count = 0;
        for (size_t size = MIB(1); size > MIB(1) - KIB(64); size -= 1000) {
            void *block = allocate(size);
            count += block != NULL;
            struct walk_so_far walk = walk_through();
            EXPECT_EQ(walk.wrong, 0);
            EXPECT(walk.live >= (block ? size : 0));
            deallocate(block);
        }
        EXPECT(count > 10);
        EXPECT(subject_tear_down());
    }
}

TEST(allocators, statistics_add_up)
{
    FOR_EACH_KIND(kind)
    {
        EXPECT(subject_set_up(kind, MIB(16)));
        struct model *model = model_create(subject.allocator, 5);
        model_operate(model, 5000, MIB(4));
        struct allocator_stats stats;
        allocator_stats(subject.allocator, &stats);
        EXPECT_EQ(stats.live_blocks, model->count);
        EXPECT(stats.live_bytes >= model->bytes);
        EXPECT(stats.live_bytes + stats.free_bytes <= stats.committed_bytes);
        EXPECT_EQ(stats.committed_bytes, subject.arena->committed * PAGE_SIZE);
        EXPECT(stats.peak_bytes >= stats.committed_bytes);
        model_free_all(model);
        model_destroy(model);
        EXPECT(subject_tear_down());
    }
}

TEST(allocators, size_classes_are_counted)
{
    EXPECT(subject_set_up(&kinds[FIXED_BLOCK], MIB(16)));
    void *blocks[100];
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
        blocks[i] = allocate(i % 4 ? 100 : 2000);
    struct size_class_count counts[SIZE_CLASSES];
    EXPECT_EQ(subject.allocator->classes(subject.allocator, counts, SIZE_CLASSES), SIZE_CLASSES);
    for (size_t i = 0; i < SIZE_CLASSES; i++) {
        size_t expected = counts[i].block_size == 112 ? 75 : counts[i].block_size == 2048 ? 25 : 0;
        EXPECT_EQ(counts[i].live, expected);
    }
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
        deallocate(blocks[i]);
    EXPECT(subject_tear_down());
}
