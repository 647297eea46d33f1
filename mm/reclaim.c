/*
 * A page fault of a program that finds no frame reclaims some and tries again. The kernel's own
 * allocations during a call, such as the tables and the stack of a fork, cannot do that: they fail
 * when no frame is free. So a task reclaims ahead of them and keeps a few frames free (Linux:
 * kswapd).
 */
#include <kernel/task/clock.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/reclaim.h>

enum { AT_ONCE = 32 };         /* frames that one call reclaims, for the faults that follow, too */
enum { SPARE_SHARE = 32 };     /* this part of all frames is kept free, ... */
enum { SPARE_MOST = 1024 };    /* ... but no more frames than this */
enum { PAUSE = 10 * 1000000 }; /* nanoseconds, after there was nothing to reclaim */

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

/* --- Spare frames --------------------------------------------------------------------------- */

static uint64_t spare;
static uint64_t next_look; /* by the clock */

static enum poll_result keep_spare(struct task *task)
{
    if (free_frames() >= 2 * spare)
        return POLL_PENDING;
    if (reclaim())
        return task_yield(task);
    next_look = clock_now() + PAUSE;
    return POLL_PENDING;
}

static struct task spare_task = {.name = "reclaim", .poll = keep_spare};

static void note_few(void)
{
    if (clock_now() >= next_look)
        task_wake(&spare_task);
}

void reclaim_start(struct executor *executor)
{
    struct frames_stats frames;
    frames_stats(&frames);
    spare = MIN(frames.total / SPARE_SHARE, (uint64_t)SPARE_MOST);
    executor_spawn(executor, &spare_task);
    frames_watch(spare, note_few);
}
