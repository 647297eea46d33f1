#include <assert.h>
#include <kernel/log/log.h>
#include <kernel/process/process.h>
#include <lib/string.h>

#define UNBLOCKABLE (signal_bit(SIGKILL) | signal_bit(SIGSTOP))

static const struct signal_action *action_of(const struct process *process, int signal)
{
    return &process->signals.actions[signal - 1];
}

bool signal_is_ignored(const struct process *process, int signal)
{
    uint64_t handler = action_of(process, signal)->handler;
    if (handler == SIGNAL_DEFAULT)
        return process->id == PROCESS_FIRST || signal_bit(signal) & SIGNALS_IGNORED;
    return handler == SIGNAL_IGNORE;
}

/* --- Sending --------------------------------------------------------------------------------- */

static void make_pending(struct process *process, int signal, const struct signal_info *info)
{
    struct signals *signals = &process->signals;
    if (!(signals->pending & signal_bit(signal)))
        signals->infos[signal - 1] =
            info ? *info : (struct signal_info){.number = signal, .code = SI_KERNEL};
    signals->pending |= signal_bit(signal);
    if ((signals_due(process->thread) | process->thread->awaited) & signal_bit(signal))
        thread_interrupt(&process->thread->thread);
}

/* Makes a signal pending, unless nothing would happen. */
static void take(struct process *process, int signal, const struct signal_info *info)
{
    if (process->state != PROCESS_LIVE)
        return;
    bool blocked = process->thread->blocked & signal_bit(signal);
    if (blocked || !signal_is_ignored(process, signal))
        make_pending(process, signal, info);
}

void signal_parent(struct process *process, int signal, int code, int status)
{
    struct process *parent = process->parent;
    if (!parent)
        return;
    wait_queue_wake_all(&parent->changed);
    const struct signal_action *action = &parent->signals.actions[SIGCHLD - 1];
    bool unwanted = signal == SIGCHLD && (code == CLD_STOPPED || code == CLD_CONTINUED) &&
                    action->flags & SA_NOCLDSTOP;
    if (!signal || unwanted)
        return;
    struct signal_info info = {.number = signal,
                               .code = code,
                               .process = process->id,
                               .user = process->uid,
                               .value = status};
    take(parent, signal, &info);
}

/* A stopped process goes on. */
static void go_on(struct process *process)
{
    process->stopped = false;
    process->stop_signal = 0;
    thread_interrupt(&process->thread->thread);
}

void signal_send(struct process *process, int signal, const struct signal_info *info)
{
    ASSERT(signal > 0 && signal <= SIGNAL_COUNT);
    if (process->state != PROCESS_LIVE)
        return;
    if (signal_bit(signal) & SIGNALS_THAT_STOP)
        process->signals.pending &= ~signal_bit(SIGCONT);
    if (signal == SIGCONT) {
        process->signals.pending &= ~SIGNALS_THAT_STOP;
        if (process->stopped) {
            process->continued = true;
            go_on(process);
            signal_parent(process, SIGCHLD, CLD_CONTINUED, SIGCONT);
        }
    }
    if (signal == SIGKILL && process->stopped && process->id != PROCESS_FIRST)
        go_on(process);
    take(process, signal, info);
}

size_t signal_send_group(int group, int signal, const struct signal_info *info)
{
    size_t count = 0;
    for_each_process(process) {
        if (process->group != group)
            continue;
        count++;
        if (signal)
            signal_send(process, signal, info);
    }
    return count;
}

void signal_force(int signal, const struct signal_info *info)
{
    struct user_thread *thread = user_thread_current();
    struct signals *signals = &thread->process->signals;
    struct signal_action *action = &signals->actions[signal - 1];
    if (action->handler == SIGNAL_IGNORE || thread->blocked & signal_bit(signal))
        action->handler = SIGNAL_DEFAULT;
    thread->blocked &= ~signal_bit(signal);
    signals->pending &= ~signal_bit(signal);
    signals->forced |= signal_bit(signal);
    make_pending(thread->process, signal, info);
}

void signal_set_action(struct process *process, int signal, const struct signal_action *action,
                       struct signal_action *old)
{
    struct signal_action *place = &process->signals.actions[signal - 1];
    if (old)
        *old = *place;
    if (!action)
        return;
    *place = *action;
    place->mask &= ~UNBLOCKABLE;
    if (signal_is_ignored(process, signal))
        process->signals.pending &= ~signal_bit(signal);
}

void signals_block(uint64_t blocked)
{
    struct user_thread *thread = user_thread_current();
    thread->blocked = blocked & ~UNBLOCKABLE;
    if (signals_due(thread))
        thread_interrupt(&thread->thread);
}

bool signal_is_taken(int signal)
{
    const struct user_thread *thread = user_thread_current();
    return !(thread->blocked & signal_bit(signal)) &&
           action_of(thread->process, signal)->handler != SIGNAL_IGNORE;
}

void signals_reset(struct process *process)
{
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        struct signal_action *action = &process->signals.actions[i];
        bool ignored = action->handler == SIGNAL_IGNORE;
        *action = (struct signal_action){.handler = ignored ? SIGNAL_IGNORE : SIGNAL_DEFAULT};
    }
    process->thread->stack = (struct signal_stack){.flags = SS_DISABLE};
}
