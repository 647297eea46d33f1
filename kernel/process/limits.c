#include <kernel/process/limits.h>
#include <kernel/process/process.h>
#include <layout.h>

void limits_init(struct limit limits[RLIMIT_COUNT])
{
    for (size_t i = 0; i < RLIMIT_COUNT; i++)
        limits[i] = (struct limit){LIMIT_NONE, LIMIT_NONE};
    limits[RLIMIT_STACK].soft = AREA_STACK_LIMIT;
    limits[RLIMIT_CORE].soft = 0;
    limits[RLIMIT_NOFILE] = (struct limit){FILE_TABLE_LIMIT, FILE_TABLE_HARD_LIMIT};
    limits[RLIMIT_MEMLOCK] = (struct limit){MIB(8), MIB(8)};
    limits[RLIMIT_SIGPENDING] = (struct limit){8192, 8192};
    limits[RLIMIT_MSGQUEUE] = (struct limit){819200, 819200};
    limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct limit){0, 0};
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
    if (limit->soft > limit->hard)
        return ERROR_INVALID;
    if ((limit->hard > process->limits[resource].hard && !privileged) ||
        (resource == RLIMIT_NOFILE && limit->hard > FILE_TABLE_MAX))
        return ERROR_NOT_PERMITTED;
    process->limits[resource] = *limit;
    if (resource == RLIMIT_NOFILE && process->files)
        process->files->limit = (unsigned)limit->soft;
    if (process->space && !process->is_vfork) /* the space is its parent's */
        limits_apply(process);
    return OK;
}
