/*
 * A thread that is interrupted comes here before it goes back to user mode, and acts upon its
 * signals one by one, until none is left. For a handler it pushes a frame onto the program's stack
 * (signal_frame.c); several handlers make several frames, and the last one pushed runs first. A
 * thread of a process that is told to stop waits here.
 *
 * A call that was interrupted has left a RESTART_... code as its result. The first handler decides
 * whether the call is made again; if no handler runs, it always is.
 */
#include <assert.h>
#include <kernel/log/log.h>
#include <kernel/process/exit.h>
#include <kernel/process/signal_act.h>
#include <kernel/process/signal_frame.h>
#include <kernel/process/timers.h>

enum { ERRNO_EINTR = 4, CALL_RESTART_SYSCALL = 219, SYSCALL_INSTRUCTION = 2 /* bytes */ };

/* Makes the program repeat an interrupted call, or go on behind it with EINTR. `action` is the
 * first handler's; NULL: no handler runs. Does nothing when no call was interrupted. */
static void end_interrupted_call(struct trap_frame *frame, const struct signal_action *action)
{
    int64_t result = (int64_t)frame->rax;
    bool interrupted = result == RESTART_IF_ASKED || result == RESTART_ALWAYS ||
                       result == RESTART_WITHOUT_HANDLER || result == RESTART_SLEEP;
    bool again = result == RESTART_ALWAYS || !action ||
                 (result == RESTART_IF_ASKED && action->flags & SA_RESTART);
    if (frame->vector != VECTOR_SYSCALL || !interrupted)
        return;
    if (!again) {
        frame->rax = (uint64_t)-ERRNO_EINTR;
        return;
    }
    frame->rax = result == RESTART_SLEEP ? CALL_RESTART_SYSCALL : frame->error_code;
    frame->rip -= SYSCALL_INSTRUCTION;
}

/* Tells all threads of the process to stop. */
static void stop(struct process *process, int signal)
{
    bool by_terminal = signal != SIGSTOP;
    if (by_terminal && process_group_is_orphaned(process->group))
        return;
    process->stopped = true;
    process->stopping = signal;
    for_each_thread(thread, process)
        thread_interrupt(&thread->thread);
}

/* Waits until the process goes on or ends. */
static void stay_stopped(struct process *process)
{
    process->stopped_threads++;
    ASSERT(process->stopped_threads <= process->thread_count);
    signals_note_stop(process);
    while (process->stopped && !process->ending)
        thread_park();
    process->stopped_threads--;
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
    struct signal_action *place = &thread->process->signals.actions->of[signal - 1];
    struct signal_action action = *place;
    end_interrupted_call(frame, &action);
    uint64_t mask_after = thread->restore_blocked ? thread->blocked_before : thread->blocked;
    if (signal_frame_push(frame, signal, info, &action, mask_after) != OK) {
        log_warn("process: %s (%d): no stack for the handler of signal %d", thread->name,
                 thread->id, signal);
        process_exit(SIGSEGV);
    }
    thread->restore_blocked = false;
    uint64_t itself = action.flags & SA_NODEFER ? 0 : signal_bit(signal);
    signals_block(thread->blocked | action.mask | itself);
    if (action.flags & SA_RESETHAND)
        place->handler = SIGNAL_DEFAULT;
}

/* The set from which the next signal is taken: SIGKILL before all others, then faults, whose
 * handlers have to run before the program does anything else. */
static uint64_t next_signals(const struct user_thread *thread)
{
    uint64_t signals = signals_due(thread), forced = thread->pending.set & thread->forced;
    if (signals & signal_bit(SIGKILL))
        return signal_bit(SIGKILL);
    return forced ? forced : signals;
}

/* Acts on the pending signal that comes next. */
static void act_on_next(struct user_thread *thread, struct trap_frame *frame)
{
    struct signal_info info;
    if (!signal_take(thread, next_signals(thread), &info))
        return;
    process_timer_signal_taken(thread->process, &info);
    int signal = info.number;
    bool forced = thread->forced & signal_bit(signal);
    thread->forced &= ~signal_bit(signal);
    uint64_t handler = thread->process->signals.actions->of[signal - 1].handler;
    if (handler == SIGNAL_DEFAULT)
        default_action(thread->process, signal, forced);
    else if (handler != SIGNAL_IGNORE)
        handle(frame, signal, &info);
}

void signals_act(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    struct process *process = thread->process;
    thread_accept_interrupt();
    for (;;) {
        if (process->ending && process->survivor != thread)
            thread_exit(process->exit_status);
        if (process->stopped)
            stay_stopped(process);
        else if (signals_due(thread))
            act_on_next(thread, frame);
        else
            break;
    }
    end_interrupted_call(frame, NULL);
    if (thread->restore_blocked) {
        thread->restore_blocked = false;
        signals_block(thread->blocked_before);
    }
}
