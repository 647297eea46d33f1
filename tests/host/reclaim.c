/*
 * When memory is short: reclaimers give frames back, and then programs are killed.
 */
#include <layout.h>
#include <mm/frames.h>
#include <mm/reclaim.h>

#include "../test.h"
#include "physical_memory.h"
#include "user_memory.h"

static phys_addr_t kept; /* by the reclaimer, until it is asked */

static size_t give_up(size_t frames)
{
    if (!frames || kept == NO_FRAME)
        return 0;
    frame_free(kept);
    kept = NO_FRAME;
    return 1;
}

static unsigned kills;

static bool kill(void)
{
    return ++kills < 3;
}

/* A fault that has found no frame is tried again only if something has changed: else it would be
 * tried for ever. */
TEST(reclaim, no_second_try_without_progress)
{
    static struct reclaimer reclaimer = {.reclaim = give_up};
    user_memory_set_up(MIB(16));
    reclaim_add(&reclaimer);
    kept = frame_alloc();
    EXPECT(reclaim_for_program());
    EXPECT_EQ(kept, NO_FRAME);
    EXPECT(!reclaim_for_program()); /* although frames are free */
    reclaim_last_resort = kill;
    EXPECT(reclaim_for_program());
    EXPECT(reclaim_for_program());
    EXPECT(!reclaim_for_program());
    reclaim_last_resort = NULL;
    EXPECT(user_memory_tear_down());
}

/* --- Spare frames --------------------------------------------------------------------------- */

static phys_addr_t copies[4096]; /* of what is on disks */
static size_t copies_count;

static size_t give_copies_up(size_t frames)
{
    size_t given = 0;
    while (given < frames && copies_count > 0) {
        frame_free(copies[--copies_count]);
        given++;
    }
    return given;
}

TEST(reclaim, some_frames_stay_free)
{
    enum { LEFT = 300, TAKEN = 250, SHARE = 32 };
    static struct reclaimer reclaimer = {.reclaim = give_copies_up};
    static struct executor executor = EXECUTOR_INIT(executor);
    struct frames_stats frames;
    static phys_addr_t taken[TAKEN];
    user_memory_set_up(MIB(16));
    frames_stats(&frames);
    reclaim_add(&reclaimer);
    while (free_frames() > LEFT)
        copies[copies_count++] = frame_alloc();
    reclaim_start(&executor);
    executor_run_ready(&executor);
    size_t all = copies_count;
    for (size_t i = 0; i < TAKEN; i++)
        taken[i] = frame_alloc();
    EXPECT_EQ(free_frames(), LEFT - TAKEN);
    executor_run_ready(&executor);
    EXPECT(free_frames() >= 2 * (frames.total / SHARE));
    EXPECT(copies_count > all / 2); /* not all of them */
    frames_watch(0, NULL);
    for (size_t i = 0; i < TAKEN; i++)
        frame_free(taken[i]);
    give_copies_up(all);
    EXPECT(user_memory_tear_down());
}
