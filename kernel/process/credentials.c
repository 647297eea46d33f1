#include <assert.h>
#include <kernel/process/credentials.h>

static bool is_privileged_or_kernel(void)
{
    return !user_thread_is_running() || is_privileged();
}

static const struct fs_context *current_context(void)
{
    return user_thread_is_running() ? process_current()->fs : NULL;
}

bool credentials_are_ours(const struct process *other)
{
    const struct process *self = process_current();
    return self->uid == other->uid && self->uid == other->euid && self->uid == other->suid &&
           self->gid == other->gid && self->gid == other->egid && self->gid == other->sgid;
}

void credentials_start(void)
{
    fs_context_current = current_context;
    file_is_privileged = is_privileged_or_kernel;
}

void credentials_choose(struct program *program, const struct fs_context *context)
{
    enum { RUNS_AS_GROUP = S_ISGID | 010 }; /* without the other bit it means something else */
    const struct inode *inode = program->file->inode;
    const struct mount *mount = program->file->mount;
    bool may_gain = context->references == 1 && !(mount && mount->flags & MOUNT_NO_SUID);
    if (user_thread_is_running()) {
        const struct process *process = process_current();
        program->uid = process->uid;
        program->euid = process->euid;
        program->gid = process->gid;
        program->egid = process->egid;
        may_gain &= !process->no_new_privileges;
    }
    if (!may_gain)
        return;
    if (inode->mode & S_ISUID)
        program->euid = inode->uid;
    if ((inode->mode & RUNS_AS_GROUP) == RUNS_AS_GROUP)
        program->egid = inode->gid;
}

void credentials_adopt(struct process *process, const struct program *program)
{
    if (!process->no_new_privileges)
        credentials_set_rights(process, 0, 0);
    /* The real user stays the same, so this does not fail. */
    (void)credentials_set_user(process, program->uid, program->euid, program->euid);
    credentials_set_group(process, program->gid, program->egid, program->egid);
    process->not_dumpable = credentials_are_raised(program);
}

/* Moves the process's threads from its real user to user `number`. */
static enum error change_user(struct process *process, uint32_t number)
{
    size_t threads = MAX(process->thread_count, 1u);
    struct user *user = user_add(number, threads);
    if (!user)
        return ERROR_AGAIN;
    bool had_too_many = number && user->threads - threads > process->limits[RLIMIT_NPROC].soft;
    ASSERT(process->user != user);
    user_remove(process->user, threads);
    process->user = user;
    process->uid = number;
    process->had_too_many = had_too_many;
    return OK;
}

/* What the process has done and been given as one user is not to help or harm another one (Linux:
 * kernel/cred.c:commit_creds). */
static void begin_as_another(struct process *process)
{
    process->not_dumpable = true;
    process->death_signal = 0;
}

enum error credentials_set_user(struct process *process, uint32_t real, uint32_t effective,
                                uint32_t saved)
{
    enum error error = real != process->uid ? change_user(process, real) : OK;
    if (error)
        return error;
    if (effective == 0 && process->euid != 0)
        credentials_set_rights(process, process->lost_rights, process->lost_rights);
    if (effective != process->euid)
        begin_as_another(process);
    process->euid = process->fs->uid = effective;
    process->suid = saved;
    return OK;
}

void credentials_set_rights(struct process *process, uint64_t lost, uint64_t unused)
{
    ASSERT((lost & ~unused) == 0);
    process->lost_rights = lost;
    process->unused_rights = unused;
    process->fs->has_no_rights = unused != 0;
}

void credentials_set_group(struct process *process, uint32_t real, uint32_t effective,
                           uint32_t saved)
{
    if (effective != process->egid)
        begin_as_another(process);
    process->gid = real;
    process->egid = process->fs->gid = effective;
    process->sgid = saved;
}
