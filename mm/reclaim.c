#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/reclaim.h>

enum { AT_ONCE = 32 }; /* frames, so that not each of many faults looks for one */

bool (*reclaim_last_resort)(void);

static struct list reclaimers = LIST_INIT(reclaimers);

void reclaim_add(struct reclaimer *reclaimer)
{
    list_push_back(&reclaimers, &reclaimer->node);
}

static uint64_t free_frames(void)
{
    struct frames_stats frames;
    frames_stats(&frames);
    return frames.free;
}

bool reclaim_for_program(void)
{
    uint64_t before = free_frames();
    list_for_each(node, &reclaimers)
        CONTAINER_OF(node, struct reclaimer, node)->reclaim(AT_ONCE);
    heap_trim();
    if (free_frames() > before)
        return true;
    return reclaim_last_resort && reclaim_last_resort();
}
