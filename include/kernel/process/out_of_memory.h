/*
 * What happens when a program needs a page, no frame is left, and nothing can be reclaimed: a
 * process is killed.
 */
#ifndef KERNEL_PROCESS_OUT_OF_MEMORY_H
#define KERNEL_PROCESS_OUT_OF_MEMORY_H

#include <types.h>

struct process;

/* oom_score_adj: from "never" to "first of all". */
enum { OOM_ADJUST_MIN = -1000, OOM_ADJUST_MAX = 1000 };

/* /proc/PID/oom_score: which process is killed first, as Linux measures it. In threads. */
int64_t out_of_memory_score(const struct process *process);

/* From now on, reclaim_last_resort() kills the process with the highest score and says so in the
 * log. The first process is spared as long as there is another. In set-up code. */
void out_of_memory_start(void);

#endif
