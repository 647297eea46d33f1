#include "free_frames.h"

#include <mm/frames.h>
#include <mm/heap.h>

uint64_t free_frames(void)
{
    struct frames_stats stats;
    heap_trim();
    frames_stats(&stats);
    return stats.free;
}
