/*
 * A table is freed only after each of its entries has been cleared. So the free pages of the pool
 * hold zeros at all times.
 */
#include <assert.h>
#include <layout.h>
#include <mm/frame_content.h>
#include <mm/frames.h>
#include <mm/table_frames.h>

static struct {
    phys_addr_t start;
    size_t count;
} pool RO_AFTER_INIT;

static phys_addr_t left[TABLE_POOL_MAX];
static size_t left_count;

void table_frames_set_pool(phys_addr_t start, size_t count)
{
    ASSERT(IS_ALIGNED(start, PAGE_SIZE));
    ASSERT(count <= TABLE_POOL_MAX);
    pool.start = start;
    pool.count = count;
    for (left_count = 0; left_count < count; left_count++)
        left[left_count] = start + left_count * PAGE_SIZE;
}

phys_addr_t table_frame_alloc(void)
{
    return left_count ? left[--left_count] : frame_alloc();
}

static bool is_from_pool(phys_addr_t frame)
{
    return frame - pool.start < pool.count * PAGE_SIZE;
}

void table_frame_clear(phys_addr_t frame)
{
    if (!is_from_pool(frame))
        frame_clear(frame);
}

void table_frame_free(phys_addr_t frame)
{
    if (!is_from_pool(frame)) {
        frame_free(frame);
        return;
    }
    ASSERT(left_count < pool.count);
    ASSERT(IS_ALIGNED(frame, PAGE_SIZE));
    left[left_count++] = frame;
}
