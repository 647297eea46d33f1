/*
 * Users and groups of a process. Each has three numbers: the real one, whose process it is; the
 * effective one, as which it acts; and the saved one, to which it may return. Effective user 0 may
 * do everything. There are no single capabilities: who gives up one of them may do no more than
 * other users, until it executes a program.
 */
#ifndef KERNEL_PROCESS_CREDENTIALS_H
#define KERNEL_PROCESS_CREDENTIALS_H

#include <kernel/process/exec.h>
#include <kernel/process/process.h>

/* May the running process do what only user 0 may? */
static inline bool is_privileged(void)
{
    const struct process *process = process_current();
    return process->euid == 0 && !process->unused_rights;
}

/* From now on only root may have a file more when files_max() are open. In set-up code. */
void credentials_start(void);

/* Sets as which the loaded program will run: as the running process, or as the file's owner or
 * group if the mode says so. Not when another process shares `context`, which would come along. In
 * threads. */
void credentials_choose(struct program *program, const struct fs_context *context);

/* Capabilities that the process gives up, with a way back or without; `unused` has those of `lost`.
 */
void credentials_set_rights(struct process *process, uint64_t lost, uint64_t unused);

/* The process runs the program now. */
void credentials_adopt(struct process *process, const struct program *program);

/* Does the program act as somebody else than it was started by? */
static inline bool credentials_are_raised(const struct program *program)
{
    return program->uid != program->euid || program->gid != program->egid;
}

/* Set the numbers, and as which files are accessed. ERROR_AGAIN: there is no memory for another
 * real user; nothing has changed. */
enum error credentials_set_user(struct process *process, uint32_t real, uint32_t effective,
                                uint32_t saved);
void credentials_set_group(struct process *process, uint32_t real, uint32_t effective,
                           uint32_t saved);

#endif
