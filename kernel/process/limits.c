#include <assert.h>
#include <fs/proc.h>
#include <kernel/process/limits.h>
#include <kernel/process/process.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/kernel_stacks.h>

static uint64_t memory_for_programs; /* in frames */

/* How many threads all users together may have: as many as have room for their stacks in an eighth
 * of the memory (Linux: kernel/fork.c:set_max_threads). Files that are in memory from the start
 * have made that memory smaller. */
static size_t threads_max(void)
{
    const size_t share = 8, least = 20;
    return MAX(memory_for_programs * PAGE_SIZE / (share * KERNEL_STACK_SIZE), least);
}

bool limits_has_too_many(const struct process *process)
{
    return process->uid != 0 && process->user->threads > process->limits[RLIMIT_NPROC].soft;
}

bool limits_allow_no_thread(const struct process *process)
{
    bool is_limited = process->uid != 0 && process->euid != 0;
    return users_threads() >= threads_max() ||
           (is_limited && process->user->threads >= process->limits[RLIMIT_NPROC].soft);
}

void limits_init(struct limit limits[RLIMIT_COUNT])
{
    for (size_t i = 0; i < RLIMIT_COUNT; i++)
        limits[i] = (struct limit){LIMIT_NONE, LIMIT_NONE};
    limits[RLIMIT_STACK].soft = AREA_STACK_LIMIT;
    limits[RLIMIT_CORE].soft = 0;
    limits[RLIMIT_NOFILE] = (struct limit){FILE_TABLE_LIMIT, FILE_TABLE_HARD_LIMIT};
    limits[RLIMIT_NPROC].soft = limits[RLIMIT_NPROC].hard = threads_max() / 2;
    limits[RLIMIT_MEMLOCK] = (struct limit){MIB(8), MIB(8)};
    limits[RLIMIT_SIGPENDING] = (struct limit){8192, 8192};
    limits[RLIMIT_MSGQUEUE] = (struct limit){819200, 819200};
    limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct limit){0, 0};
}

static enum error write_threads_max(struct text *text, int process)
{
    (void)process;
    text_printf(text, "%lu\n", threads_max());
    return OK;
}

void limits_start(void)
{
    static struct proc_entry entry = {.name = "sys/kernel/threads-max", .write = write_threads_max};
    struct frames_stats frames;
    frames_stats(&frames);
    memory_for_programs = frames.free;
    proc_add(&entry);
}

void limits_apply(struct process *process)
{
    const struct limit *limits = process->limits;
    process->space->limits = (struct memory_limits){
        limits[RLIMIT_AS].soft, limits[RLIMIT_DATA].soft, limits[RLIMIT_STACK].soft};
}

enum error limits_set(struct process *process, unsigned resource, const struct limit *limit,
                      bool privileged)
{
    ASSERT(resource < RLIMIT_COUNT);
    if (limit->soft > limit->hard)
        return ERROR_INVALID;
    if ((limit->hard > process->limits[resource].hard && !privileged) ||
        (resource == RLIMIT_NOFILE && limit->hard > FILE_TABLE_MAX))
        return ERROR_NOT_PERMITTED;
    process->limits[resource] = *limit;
    if (resource == RLIMIT_CPU && limit->soft != LIMIT_NONE)
        process->has_cpu_timers = true;
    if (resource == RLIMIT_NOFILE && process->files)
        process->files->limit = (unsigned)limit->soft;
    if (process->space && !process->is_vfork) /* the space is its parent's */
        limits_apply(process);
    return OK;
}
