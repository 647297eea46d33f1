/*
 * When a program needs a page, no frame is left, and nothing can be reclaimed, a process is killed.
 */
#ifndef KERNEL_PROCESS_OUT_OF_MEMORY_H
#define KERNEL_PROCESS_OUT_OF_MEMORY_H

#include <types.h>

struct process;

/* oom_score_adj: -1000 is "never", 1000 is "before all others". */
enum { OOM_ADJUST_MIN = -1000, OOM_ADJUST_MAX = 1000 };

/* /proc/PID/oom_score, as Linux computes it: the process with the highest score is killed first. In
 * threads. */
int64_t out_of_memory_score(const struct process *process);

/* Registers the callback reclaim_last_resort(), which kills the process with the highest score and
 * logs that. The first process is killed only when there is no other. In set-up code. */
void out_of_memory_start(void);

#endif
