/*
 * Users and groups of a process. It has three numbers of each kind: the real user owns the process,
 * the process acts with the rights of the effective user, and it may return to the saved user.
 * Effective user 0 may do everything. Cairn does not know single capabilities: a process that gives
 * up one of them may do no more than other users, until it executes a program.
 */
#ifndef KERNEL_PROCESS_CREDENTIALS_H
#define KERNEL_PROCESS_CREDENTIALS_H

#include <kernel/process/exec.h>
#include <kernel/process/process.h>

/* May the running process do what only user 0 may? In threads of programs. */
static inline bool is_privileged(void)
{
    const struct process *process = process_current();
    return process->euid == 0 && !process->unused_rights;
}

/* Has the other process the user and the group of the running one, and no others that it could go
 * back to? Then either may do to the other what it may do to itself. In threads of programs. */
bool credentials_are_ours(const struct process *other);

/* Registers the callbacks by which fs/ learns as which user the running thread accesses files, and
 * whether it is privileged. In set-up code. */
void credentials_start(void);

/* Sets the users and groups of a loaded program: those of the running process, or the file's owner
 * or group if its mode says so. The mode has no effect if another process shares `context`, which
 * would get the same rights. In threads. */
void credentials_choose(struct program *program, const struct fs_context *context);

/* Sets which capabilities the process has given up: those of `lost` until it executes a program;
 * `unused` has these as well, and those that it may take back. In threads. */
void credentials_set_rights(struct process *process, uint64_t lost, uint64_t unused);

/* Gives the process the users and groups of the program that it begins to run. A program that runs
 * with raised rights is not dumpable. In threads. */
void credentials_adopt(struct process *process, const struct program *program);

/* Does the program run with the rights of another user or group than that which has started it? Any
 * context. */
static inline bool credentials_are_raised(const struct program *program)
{
    return program->uid != program->euid || program->gid != program->egid;
}

/* Set the three numbers; the effective one also counts for access to files. With another effective
 * number the process is not dumpable any more, and gets no signal when its parent ends.
 * ERROR_AGAIN: there is no memory for another real user, and nothing has changed. In threads. */
enum error credentials_set_user(struct process *process, uint32_t real, uint32_t effective,
                                uint32_t saved);
void credentials_set_group(struct process *process, uint32_t real, uint32_t effective,
                           uint32_t saved);

#endif
