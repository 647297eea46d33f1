/*
 * What a process sets of itself: prctl() and arch_prctl().
 */
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <mm/user_copy.h>

/* Linux's numbers (include/uapi/linux/prctl.h). */
enum {
    PR_SET_PDEATHSIG = 1,
    PR_GET_PDEATHSIG = 2,
    PR_GET_DUMPABLE = 3,
    PR_SET_DUMPABLE = 4,
    PR_SET_NAME = 15,
    PR_GET_NAME = 16,
    PR_SET_TIMERSLACK = 29,
    PR_GET_TIMERSLACK = 30,
    PR_SET_CHILD_SUBREAPER = 36,
    PR_GET_CHILD_SUBREAPER = 37,
    PR_SET_NO_NEW_PRIVS = 38,
    PR_GET_NO_NEW_PRIVS = 39,
    PR_GET_TID_ADDRESS = 40,
};

/* Linux's usual slack of timers, in nanoseconds. Cairn delays no timer on purpose. */
enum { TIMER_SLACK = 50000 };

static enum error set_name(virt_addr_t from)
{
    char name[PROCESS_NAME];
    size_t length;
    enum error error = string_from_user(name, sizeof(name), from, &length);
    if (error == ERROR_TOO_LONG)
        name[sizeof(name) - 1] = '\0'; /* as many as fit have been copied */
    else if (error)
        return error;
    user_thread_set_name(user_thread_current(), name);
    return OK;
}

static enum error get_int(virt_addr_t to, int32_t value)
{
    return copy_to_user(to, &value, sizeof(value));
}

static enum error set_death_signal(struct process *process, uint64_t signal)
{
    if (signal > SIGNAL_COUNT)
        return ERROR_INVALID;
    process->death_signal = (int)signal;
    return OK;
}

/* Is the argument behind the operation `first`, and are all others 0? */
static bool arguments_are(const struct trap_frame *frame, uint64_t first)
{
    return argument_1(frame) == first && !argument_2(frame) && !argument_3(frame) &&
           !argument_4(frame);
}

static enum error set_no_new_privileges(struct process *process, const struct trap_frame *frame)
{
    if (!arguments_are(frame, 1))
        return ERROR_INVALID;
    process->no_new_privileges = true;
    return OK;
}

static enum error set_dumpable(struct process *process, uint64_t value)
{
    if (value > 1)
        return ERROR_INVALID;
    process->not_dumpable = !value;
    return OK;
}

/* The operations whose result is 0. */
static enum error operate(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    struct process *process = thread->process;
    uint64_t argument = argument_1(frame);
    switch (argument_0(frame)) {
    case PR_SET_PDEATHSIG:
        return set_death_signal(process, argument);
    case PR_GET_PDEATHSIG:
        return get_int(argument, process->death_signal);
    case PR_SET_DUMPABLE:
        return set_dumpable(process, argument);
    case PR_SET_NAME:
        return set_name(argument);
    case PR_GET_NAME:
        return copy_to_user(argument, thread->name, sizeof(thread->name));
    case PR_SET_TIMERSLACK:
        return OK;
    case PR_SET_CHILD_SUBREAPER:
        process->is_subreaper = argument;
        return OK;
    case PR_GET_CHILD_SUBREAPER:
        return get_int(argument, process->is_subreaper);
    case PR_SET_NO_NEW_PRIVS:
        return set_no_new_privileges(process, frame);
    case PR_GET_TID_ADDRESS:
        return copy_to_user(argument, &thread->clear_child, sizeof(thread->clear_child));
    default:
        return ERROR_INVALID;
    }
}

int64_t syscall_prctl(struct trap_frame *frame)
{
    const struct process *process = process_current();
    switch (argument_0(frame)) {
    case PR_GET_DUMPABLE:
        return !process->not_dumpable;
    case PR_GET_TIMERSLACK:
        return TIMER_SLACK;
    case PR_GET_NO_NEW_PRIVS:
        return arguments_are(frame, 0) ? process->no_new_privileges : syscall_result(ERROR_INVALID);
    default:
        return syscall_result(operate(frame));
    }
}

int64_t syscall_arch_prctl(struct trap_frame *frame)
{
    enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };
    struct user_thread *thread = user_thread_current();
    struct user_registers *registers = &thread->registers;
    uint64_t code = argument_0(frame), address = argument_1(frame);
    user_registers_save_bases(registers);
    bool fs = code == ARCH_SET_FS || code == ARCH_GET_FS;
    uint64_t *base = fs ? &registers->fs_base : &registers->gs_base;
    if (code == ARCH_GET_FS || code == ARCH_GET_GS)
        return syscall_result(copy_to_user(address, base, sizeof(*base)));
    if (code != ARCH_SET_FS && code != ARCH_SET_GS)
        return syscall_result(ERROR_INVALID);
    if (address >= USER_END)
        return syscall_result(ERROR_NOT_PERMITTED);
    *base = address;
    user_registers_load_bases(registers);
    return 0;
}
