#include <kernel/process/credentials.h>
#include <kernel/process/file_limits.h>
#include <kernel/process/limits.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <mm/user_copy.h>

static enum error set(struct process *process, unsigned resource, const struct limit *limit)
{
    enum error error = limits_set(process, resource, limit, is_privileged());
    if (!error && resource == RLIMIT_FSIZE && limit->soft != LIMIT_NONE)
        file_limits_start();
    return error;
}

/* Finds the process of that number, 0 the running one. Only root sees and changes the limits of
 * other users' processes. */
static enum error find(int id, struct process **process)
{
    const struct process *current = process_current();
    *process = id ? process_find(id) : process_current();
    if (!*process || !(*process)->files)
        return ERROR_NO_PROCESS;
    bool may = *process == current || credentials_are_ours(*process) || is_privileged();
    return may ? OK : ERROR_NOT_PERMITTED;
}

int64_t syscall_prlimit64(struct trap_frame *frame)
{
    unsigned resource = (unsigned)argument_1(frame);
    struct process *process = NULL;
    struct limit new, old;
    enum error error = OK;
    if (resource >= RLIMIT_COUNT)
        return syscall_result(ERROR_INVALID);
    if (argument_2(frame))
        error = copy_from_user(&new, argument_2(frame), sizeof(new));
    if (!error)
        error = find((int)argument_0(frame), &process);
    if (error)
        return syscall_result(error);
    old = process->limits[resource];
    if (argument_2(frame))
        error = set(process, resource, &new);
    if (!error && argument_3(frame))
        error = copy_to_user(argument_3(frame), &old, sizeof(old));
    return syscall_result(error);
}

int64_t syscall_getrlimit(struct trap_frame *frame)
{
    unsigned resource = (unsigned)argument_0(frame);
    if (resource >= RLIMIT_COUNT)
        return syscall_result(ERROR_INVALID);
    struct limit limit = process_current()->limits[resource];
    return syscall_result(copy_to_user(argument_1(frame), &limit, sizeof(limit)));
}

int64_t syscall_setrlimit(struct trap_frame *frame)
{
    unsigned resource = (unsigned)argument_0(frame);
    struct limit limit;
    enum error error = copy_from_user(&limit, argument_1(frame), sizeof(limit));
    if (!error && resource >= RLIMIT_COUNT)
        error = ERROR_INVALID;
    return syscall_result(error ? error : set(process_current(), resource, &limit));
}
