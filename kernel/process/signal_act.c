#include <kernel/log/log.h>
#include <kernel/process/exit.h>
#include <kernel/process/signal_act.h>
#include <kernel/process/signal_frame.h>

enum { ERRNO_EINTR = 4, CALL_RESTART_SYSCALL = 219, SYSCALL_INSTRUCTION = 2 /* bytes */ };

/* The program goes on behind an interrupted call, or makes it again. `action` is that of the
 * handler that runs first, or NULL. */
static void settle_call(struct trap_frame *frame, const struct signal_action *action)
{
    int64_t result = (int64_t)frame->rax;
    bool interrupted =
        result == RESTART_IF_ASKED || result == RESTART_WITHOUT_HANDLER || result == RESTART_SLEEP;
    if (frame->vector != VECTOR_SYSCALL || !interrupted)
        return;
    if (action && !(result == RESTART_IF_ASKED && action->flags & SA_RESTART)) {
        frame->rax = (uint64_t)-ERRNO_EINTR;
        return;
    }
    frame->rax = result == RESTART_SLEEP ? CALL_RESTART_SYSCALL : frame->error_code;
    frame->rip -= SYSCALL_INSTRUCTION;
}

/* Waits until the process may go on. */
static void stop(struct process *process, int signal)
{
    bool by_terminal = signal != SIGSTOP;
    if (by_terminal && process_group_is_orphaned(process->group, process->session))
        return;
    process->stopped = true;
    process->stop_signal = signal;
    signal_parent(process, SIGCHLD, CLD_STOPPED, signal);
    while (process->stopped)
        thread_park();
}

static void default_action(struct process *process, int signal, bool forced)
{
    if (!forced && signal_is_ignored(process, signal))
        return;
    if (signal_bit(signal) & SIGNALS_THAT_STOP)
        stop(process, signal);
    else
        process_exit(signal);
}

/* Makes the program go on in the handler. */
static void handle(struct trap_frame *frame, int signal, const struct signal_info *info)
{
    struct user_thread *thread = user_thread_current();
    struct signal_action *place = &thread->process->signals.actions[signal - 1];
    struct signal_action action = *place;
    settle_call(frame, &action);
    uint64_t mask_after = thread->restore_blocked ? thread->blocked_before : thread->blocked;
    if (signal_frame_push(frame, signal, info, &action, mask_after) != OK) {
        log_warn("process: %s (%d): no stack for the handler of signal %d", thread->process->name,
                 thread->process->id, signal);
        process_exit(SIGSEGV);
    }
    thread->restore_blocked = false;
    thread->blocked |= action.mask;
    if (!(action.flags & SA_NODEFER))
        thread->blocked |= signal_bit(signal);
    if (action.flags & SA_RESETHAND)
        place->handler = SIGNAL_DEFAULT;
}

/* The signal to act upon next: SIGKILL before all others, then faults, for a handler of theirs has
 * to run before the program does anything else. */
static int next_signal(const struct user_thread *thread)
{
    uint64_t signals = signals_due(thread), forced = signals & thread->process->signals.forced;
    if (signals & signal_bit(SIGKILL))
        return SIGKILL;
    return __builtin_ctzll(forced ? forced : signals) + 1;
}

void signals_act(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    struct signals *signals = &thread->process->signals;
    thread_accept_interrupt();
    while (signals_due(thread)) {
        int signal = next_signal(thread);
        struct signal_info info = signals->infos[signal - 1];
        bool forced = signals->forced & signal_bit(signal);
        signals->pending &= ~signal_bit(signal);
        signals->forced &= ~signal_bit(signal);
        uint64_t handler = thread->process->signals.actions[signal - 1].handler;
        if (handler == SIGNAL_DEFAULT)
            default_action(thread->process, signal, forced);
        else if (handler != SIGNAL_IGNORE)
            handle(frame, signal, &info);
    }
    settle_call(frame, NULL);
    if (thread->restore_blocked) {
        thread->restore_blocked = false;
        signals_block(thread->blocked_before);
    }
}
