/*
 * What gives way when memory is short.
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

/* Whoever has failed tries again only as long as something changes: else it would do so for ever.
 */
TEST(reclaim, no_progress_is_no_help)
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
