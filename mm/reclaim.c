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

static struct reclaimer *reclaimer_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct reclaimer, node);
}

static bool reclaim(void)
{
    uint64_t before = free_frames();
    list_for_each(node, &reclaimers)
        reclaimer_at(node)->reclaim(AT_ONCE);
    heap_trim();
    return free_frames() > before;
}

static bool write_back(void)
{
    bool wrote = false;
    list_for_each(node, &reclaimers) {
        const struct reclaimer *reclaimer = reclaimer_at(node);
        wrote |= reclaimer->write_back && reclaimer->write_back();
    }
    return wrote;
}

bool reclaim_for_program(void)
{
    if (reclaim())
        return true;
    if (write_back() && reclaim())
        return true;
    return reclaim_last_resort && reclaim_last_resort();
}
