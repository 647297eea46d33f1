#include <assert.h>
#include <fs/proc.h>
#include <kernel/process/credentials.h>
#include <kernel/process/pidfd.h>
#include <kernel/process/process.h>
#include <kernel/process/signal_frame.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/sleep.h>
#include <mm/user_copy.h>

enum { SET_SIZE = 8 };

static bool is_signal(uint64_t number)
{
    return number >= 1 && number <= SIGNAL_COUNT;
}

int64_t syscall_rt_sigaction(struct trap_frame *frame)
{
    int signal = (int)argument_0(frame);
    virt_addr_t from = argument_1(frame), to = argument_2(frame);
    struct signal_action action, old;
    if (argument_3(frame) != SET_SIZE || !is_signal((uint64_t)signal) ||
        (from && (signal == SIGKILL || signal == SIGSTOP)))
        return syscall_result(ERROR_INVALID);
    if (from && copy_from_user(&action, from, sizeof(action)))
        return syscall_result(ERROR_BAD_ADDRESS);
    if (from)
        action.flags &= SA_KNOWN;
    signal_set_action(process_current(), signal, from ? &action : NULL, &old);
    if (to && copy_to_user(to, &old, sizeof(old)))
        return syscall_result(ERROR_BAD_ADDRESS);
    return 0;
}

int64_t syscall_rt_sigprocmask(struct trap_frame *frame)
{
    enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };
    virt_addr_t from = argument_1(frame), to = argument_2(frame);
    uint64_t old = user_thread_current()->blocked, set;
    if (argument_3(frame) != SET_SIZE)
        return syscall_result(ERROR_INVALID);
    if (from) {
        if (copy_from_user(&set, from, sizeof(set)))
            return syscall_result(ERROR_BAD_ADDRESS);
        switch (argument_0(frame)) {
        case SIG_BLOCK:
            signals_block(old | set);
            break;
        case SIG_UNBLOCK:
            signals_block(old & ~set);
            break;
        case SIG_SETMASK:
            signals_block(set);
            break;
        default:
            return syscall_result(ERROR_INVALID);
        }
    }
    if (to && copy_to_user(to, &old, sizeof(old)))
        return syscall_result(ERROR_BAD_ADDRESS);
    return 0;
}

int64_t syscall_rt_sigpending(struct trap_frame *frame)
{
    const struct user_thread *thread = user_thread_current();
    uint64_t pending = signals_pending(thread) & thread->blocked;
    if (argument_1(frame) > SET_SIZE)
        return syscall_result(ERROR_INVALID);
    return syscall_result(copy_to_user(argument_0(frame), &pending, argument_1(frame)));
}

/* Waits until the thread has a signal to act upon. */
static int64_t wait_for_signal(void)
{
    while (!thread_is_interrupted(&user_thread_current()->thread))
        thread_park();
    return RESTART_WITHOUT_HANDLER;
}

int64_t syscall_pause(struct trap_frame *frame)
{
    (void)frame;
    return wait_for_signal();
}

/* signals_act() restores the old mask, after the handler if one runs. */
int64_t syscall_rt_sigsuspend(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    uint64_t set;
    if (argument_1(frame) != SET_SIZE)
        return syscall_result(ERROR_INVALID);
    if (copy_from_user(&set, argument_0(frame), sizeof(set)))
        return syscall_result(ERROR_BAD_ADDRESS);
    ASSERT(!thread->restore_blocked);
    thread->blocked_before = thread->blocked;
    thread->restore_blocked = true;
    signals_block(set);
    return wait_for_signal();
}

/* The result is rax as the frame has it. */
int64_t syscall_rt_sigreturn(struct trap_frame *frame)
{
    struct signal_stack stack;
    uint64_t mask;
    if (signal_frame_pop(frame, &mask, &stack) != OK) {
        struct signal_info info = {.number = SIGSEGV, .code = SI_KERNEL};
        signal_force(SIGSEGV, &info);
        return 0;
    }
    signals_block(mask);
    /* A bad stack changes nothing. */
    (void)signal_stack_set(user_thread_current(), &stack, frame->rsp);
    return (int64_t)frame->rax;
}

/* Waits for one of a set of signals, which usually are blocked: OK. ERROR_BROKEN_OFF: another
 * signal is to be acted upon, or the process stops or ends. ERROR_AGAIN: the deadline has come. */
static enum error wait_for_set(uint64_t set, uint64_t deadline, struct signal_info *info)
{
    struct user_thread *thread = user_thread_current();
    struct sleep sleep = {0};
    enum error error = OK;
    ASSERT(!thread->awaited);
    thread->awaited = set;
    sleep_until(&sleep, deadline);
    while (!signal_take(thread, set, info)) {
        if (signals_due(thread) || thread->process->ending || thread->process->stopped)
            error = ERROR_BROKEN_OFF;
        else if (sleep_poll(&sleep, &thread->thread.task) == POLL_READY)
            error = ERROR_AGAIN;
        if (error)
            break;
        thread_park();
        (void)thread_accept_interrupt(); /* the loop looks for the signal itself */
    }
    sleep_cancel(&sleep);
    thread->awaited = 0;
    ASSERT(error || set & signal_bit(info->number));
    if (!error)
        process_timer_signal_taken(thread->process, info);
    if (error == ERROR_BROKEN_OFF || signals_due(thread))
        thread_interrupt(&thread->thread);
    return error;
}

int64_t syscall_rt_sigtimedwait(struct trap_frame *frame)
{
    uint64_t set, time = UINT64_MAX;
    struct signal_info info = {0};
    if (argument_3(frame) != SET_SIZE)
        return syscall_result(ERROR_INVALID);
    enum error error = copy_from_user(&set, argument_0(frame), sizeof(set));
    if (!error && argument_2(frame))
        error = time_from_user(argument_2(frame), &time);
    if (error)
        return syscall_result(error);
    uint64_t now = clock_now();
    error = wait_for_set(set, time > UINT64_MAX - now ? UINT64_MAX : now + time, &info);
    const struct user_signal_info whole = {.known = info};
    if (!error && argument_1(frame))
        error = copy_to_user(argument_1(frame), &whole, sizeof(whole));
    return error ? syscall_result(error) : info.number;
}

int64_t syscall_sigaltstack(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    virt_addr_t from = argument_0(frame), to = argument_1(frame);
    struct signal_stack old = thread->stack, new;
    int32_t state = signal_stack_holds(&old, frame->rsp) ? SS_ONSTACK : old.size ? 0 : SS_DISABLE;
    old.flags = state | (old.flags & SS_AUTODISARM);
    if (from) {
        enum error error = copy_from_user(&new, from, sizeof(new));
        if (!error)
            error = signal_stack_set(thread, &new, frame->rsp);
        if (error)
            return syscall_result(error);
    }
    if (to && copy_to_user(to, &old, sizeof(old)))
        return syscall_result(ERROR_BAD_ADDRESS);
    return 0;
}

/* --- Sending --------------------------------------------------------------------------------- */

static struct signal_info info_from_here(int signal, int code)
{
    const struct process *process = process_current();
    return (struct signal_info){
        .number = signal, .code = code, .process = process->id, .user = process->uid};
}

static bool may_signal(const struct process *target, int signal)
{
    const struct process *process = process_current();
    bool is_its_user = process->euid == target->uid || process->uid == target->uid ||
                       process->euid == target->suid || process->uid == target->suid;
    return is_privileged() || is_its_user ||
           (signal == SIGCONT && process->session == target->session);
}

/* Is the process one of those that `which`, kill()'s first argument, means? */
static bool is_meant(const struct process *process, int which)
{
    const struct process *self = process_current();
    if (which == -1)
        return process->id != PROCESS_FIRST && process != self;
    return process->group == (which ? -which : self->group);
}

/* Sends to one process; NULL is ERROR_NO_PROCESS. Signal 0 is only a check. */
static enum error send_to(struct process *process, int signal, const struct signal_info *info)
{
    if (!process)
        return ERROR_NO_PROCESS;
    if (signal && !is_signal((uint64_t)signal))
        return ERROR_INVALID;
    if (!may_signal(process, signal))
        return ERROR_NOT_PERMITTED;
    return signal ? signal_send(process, signal, info) : OK;
}

/* Sends to all processes that `which` means. OK if one gets the signal. That others may not get it
 * is no error for kill(-1), as on Linux. */
static enum error send_to_many(int which, int signal, const struct signal_info *info)
{
    enum error error = ERROR_NO_PROCESS;
    for_each_process(process) {
        if (!is_meant(process, which))
            continue;
        enum error own = send_to(process, signal, info);
        if (own == ERROR_NOT_PERMITTED && which == -1)
            own = OK;
        error = error ? own : OK;
    }
    return error;
}

/* Sends to the process of that number. */
static enum error send(int id, int signal, const struct signal_info *info)
{
    return send_to(process_of_number(id), signal, info);
}

int64_t syscall_kill(struct trap_frame *frame)
{
    int id = (int)argument_0(frame), signal = (int)argument_1(frame);
    struct signal_info info = info_from_here(signal, SI_USER);
    if (id > 0)
        return syscall_result(send(id, signal, &info));
    if (id == INT32_MIN) /* its opposite is no group's number */
        return syscall_result(ERROR_NO_PROCESS);
    return syscall_result(send_to_many(id, signal, &info));
}

/* Sends to a thread, of the process `group` unless that is 0. */
static enum error send_to_thread(int group, int number, int signal, const struct signal_info *info)
{
    struct user_thread *thread = user_thread_find(number);
    if (!thread || (group && thread->process->id != group))
        return ERROR_NO_PROCESS;
    if (signal && !is_signal((uint64_t)signal))
        return ERROR_INVALID;
    if (!may_signal(thread->process, signal))
        return ERROR_NOT_PERMITTED;
    return signal ? signal_send_thread(thread, signal, info) : OK;
}

/* Reads the information that a program sends with a signal. `signal` replaces the number in it,
 * unless it is 0. ERROR_NOT_PERMITTED: the information looks as if the kernel or kill() had sent
 * the signal; a program may send that only to itself. ERROR_BAD_ADDRESS. */
static enum error info_from_user(virt_addr_t from, int signal, bool to_itself,
                                 struct signal_info *info)
{
    enum error error = copy_from_user(info, from, sizeof(*info));
    if (signal)
        info->number = signal;
    if (!error && !to_itself && (info->code >= SI_USER || info->code == SI_TKILL))
        error = ERROR_NOT_PERMITTED;
    return error;
}

int64_t syscall_rt_sigqueueinfo(struct trap_frame *frame)
{
    int id = (int)argument_0(frame), signal = (int)argument_1(frame);
    bool to_itself = id == user_thread_current()->id;
    struct signal_info info;
    enum error error = info_from_user(argument_2(frame), signal, to_itself, &info);
    return syscall_result(error ? error : send(id, signal, &info));
}

int64_t syscall_rt_tgsigqueueinfo(struct trap_frame *frame)
{
    int group = (int)argument_0(frame), id = (int)argument_1(frame);
    int signal = (int)argument_2(frame);
    bool to_itself = id == user_thread_current()->id;
    struct signal_info info;
    enum error error = group <= 0 || id <= 0 ? ERROR_INVALID : OK;
    if (!error)
        error = info_from_user(argument_3(frame), signal, to_itself, &info);
    return syscall_result(error ? error : send_to_thread(group, id, signal, &info));
}

/* *process is the one for which a file stands: a pidfd, or a directory /proc/PID, which killall
 * uses; NULL if it is gone. ERROR_BAD_DESCRIPTOR: another kind of file. */
static enum error process_of_file(const struct file *file, struct process **process)
{
    struct id *id;
    int number = proc_process_of(file->inode);
    if (number) {
        *process = process_find(number);
        return OK;
    }
    enum error error = pidfd_id(file, &id);
    if (!error)
        *process = id->process;
    return error;
}

static enum error send_by_pidfd(const struct file *file, int signal, virt_addr_t from)
{
    struct signal_info info = info_from_here(signal, SI_USER);
    struct process *process;
    enum error error = process_of_file(file, &process);
    if (!error && from) {
        error = info_from_user(from, 0, process == process_current(), &info);
        if (!error && info.number != signal)
            error = ERROR_INVALID;
    }
    return error ? error : send_to(process, signal, &info);
}

int64_t syscall_pidfd_send_signal(struct trap_frame *frame)
{
    struct file *file;
    if (argument_3(frame))
        return syscall_result(ERROR_INVALID);
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    error = send_by_pidfd(file, (int)argument_1(frame), argument_2(frame));
    file_release(file);
    return syscall_result(error);
}

int64_t syscall_tkill(struct trap_frame *frame)
{
    int id = (int)argument_0(frame), signal = (int)argument_1(frame);
    struct signal_info info = info_from_here(signal, SI_TKILL);
    return syscall_result(id <= 0 ? ERROR_INVALID : send_to_thread(0, id, signal, &info));
}

int64_t syscall_tgkill(struct trap_frame *frame)
{
    int group = (int)argument_0(frame), id = (int)argument_1(frame);
    int signal = (int)argument_2(frame);
    struct signal_info info = info_from_here(signal, SI_TKILL);
    if (group <= 0 || id <= 0)
        return syscall_result(ERROR_INVALID);
    return syscall_result(send_to_thread(group, id, signal, &info));
}
