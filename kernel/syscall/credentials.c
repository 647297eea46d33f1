/*
 * Users and groups. A process of user 0 may become any other; then it may not any more.
 */
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>

int64_t syscall_getuid(struct trap_frame *frame)
{
    (void)frame;
    return process_current()->uid;
}

int64_t syscall_geteuid(struct trap_frame *frame)
{
    (void)frame;
    return process_current()->euid;
}

int64_t syscall_getgid(struct trap_frame *frame)
{
    (void)frame;
    return process_current()->gid;
}

int64_t syscall_getegid(struct trap_frame *frame)
{
    (void)frame;
    return process_current()->egid;
}

int64_t syscall_setuid(struct trap_frame *frame)
{
    struct process *process = process_current();
    uint32_t uid = (uint32_t)argument_0(frame);
    if (process->euid == 0)
        process->uid = uid;
    else if (uid != process->uid)
        return syscall_result(ERROR_NOT_PERMITTED);
    process->euid = process->fs->uid = uid;
    return 0;
}

int64_t syscall_setgid(struct trap_frame *frame)
{
    struct process *process = process_current();
    uint32_t gid = (uint32_t)argument_0(frame);
    if (process->euid == 0)
        process->gid = gid;
    else if (gid != process->gid)
        return syscall_result(ERROR_NOT_PERMITTED);
    process->egid = process->fs->gid = gid;
    return 0;
}

/* No process has supplementary groups. */
int64_t syscall_getgroups(struct trap_frame *frame)
{
    (void)frame;
    return 0;
}

int64_t syscall_setgroups(struct trap_frame *frame)
{
    if (process_current()->euid)
        return syscall_result(ERROR_NOT_PERMITTED);
    return syscall_result(argument_0(frame) ? ERROR_INVALID : OK);
}
