/*
 * The process that is killed may wait for something that the process that needs memory holds, such
 * as a pipe's mutex. So its pages are taken away at once, and it ends when it runs the next time
 * (Linux: the OOM reaper).
 */
#include <assert.h>
#include <kernel/log/log.h>
#include <kernel/process/out_of_memory.h>
#include <kernel/process/process.h>
#include <mm/frames.h>
#include <mm/paging_count.h>
#include <mm/reclaim.h>

/* The number of pages that the process's end would free, plus oom_adjust thousandths of all memory
 * (Linux: mm/oom_kill.c:oom_badness). INT64_MIN: the process is never killed. */
static int64_t badness(const struct process *process)
{
    struct frames_stats frames;
    if (process->state != PROCESS_LIVE || !process->space || process->space->is_abandoned ||
        process->oom_adjust == OOM_ADJUST_MIN)
        return INT64_MIN;
    frames_stats(&frames);
    uint64_t pages = process->space->resident_pages + paging_count_tables(&process->space->tables);
    return (int64_t)pages + process->oom_adjust * (int64_t)frames.total / OOM_ADJUST_MAX;
}

int64_t out_of_memory_score(const struct process *process)
{
    struct frames_stats frames;
    int64_t points = badness(process);
    frames_stats(&frames);
    return points == INT64_MIN ? 0 : (1000 + points * 1000 / (int64_t)frames.total) * 2 / 3;
}

/* Chooses the process to kill; NULL: none is left that was not killed already. */
static struct process *choose(void)
{
    struct process *worst = NULL, *first = process_find(PROCESS_FIRST);
    int64_t most = INT64_MIN;
    for_each_process(process) {
        int64_t points = process == first ? INT64_MIN : badness(process);
        if (points > most) {
            worst = process;
            most = points;
        }
    }
    return !worst && first && badness(first) > INT64_MIN ? first : worst;
}

/* Kills the process that choose() finds, and all that share its memory. */
static bool kill_worst(void)
{
    struct process *worst = choose();
    if (!worst)
        return false;
    struct address_space *space = worst->space;
    ASSERT(space); /* else it would not have been chosen */
    log_error("process: out of memory: %s (%d) is killed, with %lu pages, score %ld", worst->name,
              worst->id, space->resident_pages, out_of_memory_score(worst));
    for_each_process(process) {
        if (process->space == space)
            signal_send(process, SIGKILL, NULL);
    }
    address_space_abandon(space);
    return true;
}

void out_of_memory_start(void)
{
    reclaim_last_resort = kill_worst;
}
