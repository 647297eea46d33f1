#include <kernel/process/cpu_time.h>
#include <kernel/process/exec.h>
#include <kernel/process/exit.h>
#include <kernel/process/fork.h>
#include <kernel/process/pidfd.h>
#include <kernel/process/process.h>
#include <kernel/process/wait.h>
#include <kernel/syscall/calls.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* --- Identity -------------------------------------------------------------------------------- */

int64_t syscall_getpid(struct trap_frame *frame)
{
    (void)frame;
    return process_current()->id;
}

int64_t syscall_gettid(struct trap_frame *frame)
{
    (void)frame;
    return user_thread_current()->id;
}

int64_t syscall_getppid(struct trap_frame *frame)
{
    (void)frame;
    const struct process *parent = process_current()->parent;
    return parent ? parent->id : 0;
}

/* The process with that number, the running one for 0. */
static struct process *process_of(uint64_t id)
{
    return (int)id ? process_find((int)id) : process_current();
}

int64_t syscall_getpgid(struct trap_frame *frame)
{
    const struct process *process = process_of(argument_0(frame));
    return process ? process->group : syscall_result(ERROR_NO_PROCESS);
}

int64_t syscall_getpgrp(struct trap_frame *frame)
{
    (void)frame;
    return process_current()->group;
}

int64_t syscall_getsid(struct trap_frame *frame)
{
    const struct process *process = process_of(argument_0(frame));
    return process ? process->session : syscall_result(ERROR_NO_PROCESS);
}

static bool group_is_in_session(int group, int session)
{
    for_each_in_group(process, id_find(group)) {
        if (process->session == session)
            return true;
    }
    return false;
}

/* setpgid(2): a process moves itself, or a child that has not called exec. */
static enum error set_group(struct process *process, int group)
{
    const struct process *self = process_current();
    if (group < 0)
        return ERROR_INVALID;
    if (!process || (process != self && process->parent != self))
        return ERROR_NO_PROCESS;
    if (process->session != self->session)
        return ERROR_NOT_PERMITTED;
    if (process != self && process->has_executed)
        return ERROR_ACCESS;
    if (process->session == process->id)
        return ERROR_NOT_PERMITTED;
    if (group != process->id && !group_is_in_session(group, self->session))
        return ERROR_NOT_PERMITTED;
    process_join(process, group, process->session);
    return OK;
}

int64_t syscall_setpgid(struct trap_frame *frame)
{
    struct process *process = process_of(argument_0(frame));
    int group = (int)argument_1(frame);
    return syscall_result(set_group(process, group || !process ? group : process->id));
}

int64_t syscall_setsid(struct trap_frame *frame)
{
    (void)frame;
    struct process *self = process_current();
    if (process_first_in_group(self->number))
        return syscall_result(ERROR_NOT_PERMITTED);
    process_join(self, self->id, self->id);
    return self->id;
}

/* --- Beginning and end ----------------------------------------------------------------------- */

static int64_t clone(const struct trap_frame *frame, const struct clone_arguments *arguments)
{
    int id;
    enum error error = process_clone(frame, arguments, &id);
    return error ? syscall_result(error) : id;
}

int64_t syscall_fork(struct trap_frame *frame)
{
    return clone(frame, &(struct clone_arguments){.flags = SIGCHLD});
}

int64_t syscall_vfork(struct trap_frame *frame)
{
    return clone(frame, &(struct clone_arguments){.flags = CLONE_VM | CLONE_VFORK | SIGCHLD});
}

int64_t syscall_clone(struct trap_frame *frame)
{
    if (argument_0(frame) & CLONE_PIDFD && argument_0(frame) & CLONE_PARENT_SETTID)
        return syscall_result(ERROR_INVALID); /* both would be stored in one place */
    return clone(frame, &(struct clone_arguments){.flags = (uint32_t)argument_0(frame),
                                                  .pidfd = argument_2(frame),
                                                  .stack = argument_1(frame),
                                                  .parent_id = argument_2(frame),
                                                  .child_id = argument_3(frame),
                                                  .fs_base = argument_4(frame)});
}

/* Linux's struct clone_args. A newer program may give a longer one, whose further fields have to be
 * 0. */
struct clone3_arguments {
    uint64_t flags, pidfd, child_id, parent_id, exit_signal, stack, stack_size, fs_base;
    uint64_t wanted_ids, wanted_id_count, cgroup;
};
enum { CLONE3_LEAST_SIZE = 64, CLONE3_MOST_SIZE = 4096 };

static enum error clone3_from_user(virt_addr_t from, uint64_t size, struct clone3_arguments *given)
{
    *given = (struct clone3_arguments){0};
    if (size > CLONE3_MOST_SIZE)
        return ERROR_TOO_BIG;
    if (size < CLONE3_LEAST_SIZE)
        return ERROR_INVALID;
    for (uint64_t at = sizeof(*given); at < size; at++) {
        uint8_t byte;
        if (copy_from_user(&byte, from + at, 1) != OK)
            return ERROR_BAD_ADDRESS;
        if (byte)
            return ERROR_TOO_BIG;
    }
    return copy_from_user(given, from, MIN(size, sizeof(*given)));
}

static enum error clone3_arguments(virt_addr_t from, uint64_t size,
                                   struct clone_arguments *arguments)
{
    struct clone3_arguments given;
    enum error error = clone3_from_user(from, size, &given);
    if (error)
        return error;
    if (given.flags & (CLONE_SIGNAL | CLONE_DETACHED) || given.exit_signal > SIGNAL_COUNT ||
        given.wanted_id_count || !given.stack != !given.stack_size)
        return ERROR_INVALID;
    *arguments = (struct clone_arguments){.flags = given.flags | given.exit_signal,
                                          .stack = given.stack + given.stack_size,
                                          .parent_id = given.parent_id,
                                          .child_id = given.child_id,
                                          .pidfd = given.pidfd,
                                          .fs_base = given.fs_base};
    return OK;
}

int64_t syscall_clone3(struct trap_frame *frame)
{
    struct clone_arguments arguments;
    enum error error = clone3_arguments(argument_0(frame), argument_1(frame), &arguments);
    return error ? syscall_result(error) : clone(frame, &arguments);
}

static int exit_status(const struct trap_frame *frame)
{
    return (int)(argument_0(frame) & 0xff) << 8;
}

int64_t syscall_exit(struct trap_frame *frame)
{
    thread_exit(exit_status(frame));
}

int64_t syscall_exit_group(struct trap_frame *frame)
{
    process_exit(exit_status(frame));
}

/* Appends the strings that an array of pointers names, up to a NULL. */
static enum error fetch_strings(virt_addr_t array, struct program_strings *strings, size_t *count)
{
    for (; array; array += sizeof(virt_addr_t), (*count)++) {
        virt_addr_t string;
        enum error error = copy_from_user(&string, array, sizeof(string));
        if (error || !string)
            return error;
        error = program_strings_add_user(strings, string);
        if (error)
            return error;
    }
    return OK;
}

/* Many programs do not check the result of setuid(), so it does not fail when the new user has too
 * many threads. The exec that mostly follows fails instead (Linux: PF_NPROC_EXCEEDED). */
static enum error check_threads(struct process *process)
{
    process->had_too_many = process->had_too_many && limits_has_too_many(process);
    return process->had_too_many ? ERROR_AGAIN : OK;
}

static enum error execute(struct trap_frame *frame, char *name, struct program_strings *strings)
{
    struct program program;
    size_t length;
    enum error error = string_from_user(name, PATH_MAX, argument_0(frame), &length);
    if (!error)
        error = check_threads(process_current());
    if (!error)
        error = fetch_strings(argument_1(frame), strings, &strings->argument_count);
    if (!error)
        error = fetch_strings(argument_2(frame), strings, &strings->environment_count);
    if (!error)
        error = program_load(process_current()->fs, NULL, name, strings, &program);
    if (error)
        return error;
    error = program_run(&program, name, frame);
    if (error)
        program_free(&program);
    return error;
}

int64_t syscall_execve(struct trap_frame *frame)
{
    struct program_strings strings = {0};
    char *name = kmalloc(PATH_MAX);
    if (!name)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    enum error error = execute(frame, name, &strings);
    program_strings_free(&strings);
    kfree(name);
    return syscall_result(error);
}

/* --- Waiting --------------------------------------------------------------------------------- */

#define WAIT_KINDS (WNOTHREAD | WALL | WCLONE)

/* Linux's struct rusage. Cairn counts only the times. */
struct usage {
    int64_t user_seconds, user_microseconds, system_seconds, system_microseconds;
    int64_t others[14];
};

static struct usage usage_of(struct cpu_time time)
{
    uint64_t user = cpu_time_user(time) / 1000, system = cpu_time_system(time) / 1000;
    return (struct usage){.user_seconds = (int64_t)(user / 1000000),
                          .user_microseconds = (int64_t)(user % 1000000),
                          .system_seconds = (int64_t)(system / 1000000),
                          .system_microseconds = (int64_t)(system % 1000000)};
}

int64_t syscall_wait4(struct trap_frame *frame)
{
    struct wait_result result;
    unsigned options = (unsigned)argument_2(frame);
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WAIT_KINDS))
        return syscall_result(ERROR_INVALID);
    if ((int)argument_0(frame) == INT32_MIN) /* its opposite is no group's number */
        return syscall_result(ERROR_NO_PROCESS);
    enum error error = process_wait((int)argument_0(frame), options | WEXITED, &result);
    if (!error && result.id && argument_1(frame))
        error = copy_to_user(argument_1(frame), &result.status, sizeof(result.status));
    if (!error && result.id && argument_3(frame)) {
        struct usage usage = usage_of(result.time);
        error = copy_to_user(argument_3(frame), &usage, sizeof(usage));
    }
    return error ? syscall_result(error) : result.id;
}

/* The siginfo for a status, as SIGCHLD has it. */
static struct signal_info info_of(const struct wait_result *result)
{
    struct signal_info info = {
        .number = SIGCHLD, .process = result->id, .user = result->uid, .code = CLD_EXITED};
    int status = result->status;
    info.value = status >> 8;
    if (status == 0xffff) {
        info.code = CLD_CONTINUED;
        info.value = SIGCONT;
    } else if ((status & 0xff) == 0x7f) {
        info.code = CLD_STOPPED;
    } else if (status & 0x7f) {
        info.code = CLD_KILLED;
        info.value = status & 0x7f;
    }
    return info;
}

/* *which is the process of a pidfd. If the file does not block, the call does not wait either. */
static enum error process_of_pidfd(int fd, int *which, unsigned *options)
{
    struct file *file = NULL;
    struct id *id;
    enum error error = fd < 0 ? ERROR_INVALID : file_table_get(process_current()->files, fd, &file);
    if (error)
        return error;
    error = pidfd_id(file, &id);
    if (!error) {
        *which = id->number; /* the number has no other owner while the file is open */
        if (file->flags & O_NONBLOCK)
            *options |= WNOHANG;
    }
    file_release(file);
    return error;
}

/* *which is what waitid() waits for, as process_wait() takes it. */
static enum error which_of(int type, int id, int *which, unsigned *options)
{
    enum { P_ALL, P_PID, P_PGID, P_PIDFD };
    switch (type) {
    case P_ALL:
        *which = -1;
        return OK;
    case P_PID:
        *which = id;
        return id > 0 ? OK : ERROR_INVALID;
    case P_PGID:
        *which = id >= 0 ? -id : 0;
        return id >= 0 ? OK : ERROR_INVALID;
    case P_PIDFD:
        return process_of_pidfd(id, which, options);
    default:
        return ERROR_INVALID;
    }
}

int64_t syscall_waitid(struct trap_frame *frame)
{
    unsigned options = (unsigned)argument_3(frame);
    struct wait_result result;
    int which;
    if (options & ~(WNOHANG | WUNTRACED | WEXITED | WCONTINUED | WNOWAIT | WAIT_KINDS) ||
        !(options & (WUNTRACED | WEXITED | WCONTINUED)))
        return syscall_result(ERROR_INVALID);
    enum error error = which_of((int)argument_0(frame), (int)argument_1(frame), &which, &options);
    if (!error)
        error = process_wait(which, options, &result);
    if (!error && !result.id && !(argument_3(frame) & WNOHANG))
        error = ERROR_AGAIN;
    if (error)
        return syscall_result(error);
    if (argument_4(frame) && result.id) {
        struct usage usage = usage_of(result.time);
        error = copy_to_user(argument_4(frame), &usage, sizeof(usage));
    }
    struct user_signal_info info = {0};
    if (result.id)
        info.known = info_of(&result);
    if (!error && argument_2(frame))
        error = copy_to_user(argument_2(frame), &info, sizeof(info));
    return syscall_result(error);
}

/* --- Times and the thread's number
 * ---------------------------------------------------------------------------- */

int64_t syscall_getrusage(struct trap_frame *frame)
{
    enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF, RUSAGE_THREAD };
    const struct process *process = process_current();
    struct usage usage;
    switch ((int)argument_0(frame)) {
    case RUSAGE_CHILDREN:
        usage = usage_of(process_children_time(process));
        break;
    case RUSAGE_SELF:
        usage = usage_of(process_cpu_time(process));
        break;
    case RUSAGE_THREAD:
        usage = usage_of(thread_cpu_time(user_thread_current()));
        break;
    default:
        return syscall_result(ERROR_INVALID);
    }
    return syscall_result(copy_to_user(argument_1(frame), &usage, sizeof(usage)));
}

int64_t syscall_set_tid_address(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    thread->clear_child = argument_0(frame);
    return thread->id;
}
