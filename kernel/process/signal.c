/*
 * A signal goes through two states. It is pending from signal_send() on, in the queue of a process
 * or of a thread. A thread that can take it is interrupted; on its way back to user mode it takes
 * the signal out of the queue and acts upon it (signal_act.c).
 *
 * A signal of a process interrupts one thread, the first that does not block it. If that thread
 * blocks the signal before it takes it, or ends, another one has to be interrupted. signals_block()
 * and signals_leave_to_others() do that, so that no signal is left pending while a thread could
 * take it. SIGKILL interrupts all threads.
 */
#include <assert.h>
#include <kernel/process/process.h>
#include <kernel/process/signal_queue.h>
#include <lib/string.h>
#include <mm/heap.h>

struct wait_queue signals_arrived = WAIT_QUEUE_INIT(signals_arrived);

static struct signal_action *action_of(const struct process *process, int signal)
{
    return &process->signals.actions->of[signal - 1];
}

bool signal_is_ignored(const struct process *process, int signal)
{
    uint64_t handler = action_of(process, signal)->handler;
    if (handler == SIGNAL_DEFAULT)
        return process->id == PROCESS_FIRST || signal_bit(signal) & SIGNALS_IGNORED;
    return handler == SIGNAL_IGNORE;
}

/* --- Waking ---------------------------------------------------------------------------------- */

/* Would the thread act upon one of these signals, or does it wait for it? */
static bool takes(const struct user_thread *thread, uint64_t set)
{
    return set & (~thread->blocked | thread->awaited);
}

/* Interrupts a thread that takes one of these signals, which are pending for the process; with
 * SIGKILL among them, all threads. */
static void wake_for(struct process *process, uint64_t set)
{
    for_each_thread(thread, process) {
        if (!takes(thread, set))
            continue;
        thread_interrupt(&thread->thread);
        if (!(set & signal_bit(SIGKILL)))
            return;
    }
}

/* The same for each signal of a set by itself: one thread may take some, and another one the rest.
 */
static void wake_for_each(struct process *process, uint64_t set)
{
    for (; set; set &= set - 1)
        wake_for(process, set & -set);
}

static void interrupt_all(struct process *process)
{
    for_each_thread(thread, process)
        thread_interrupt(&thread->thread);
}

/* --- Sending --------------------------------------------------------------------------------- */

/* Makes a signal pending for `thread` or, if that is NULL, for the process, unless it is ignored.
 */
static enum error make_pending(struct process *process, struct user_thread *thread, int signal,
                               const struct signal_info *info)
{
    if (process->state != PROCESS_LIVE)
        return OK;
    const struct user_thread *asked = thread ? thread : process_first_thread(process);
    ASSERT(asked);
    bool kept = (asked->blocked | asked->awaited) & signal_bit(signal);
    if (!kept && signal_is_ignored(process, signal))
        return OK;
    struct signal_queue *queue = thread ? &thread->pending : &process->signals.pending;
    enum error error =
        signal_queue_add(queue, signal, info, process->limits[RLIMIT_SIGPENDING].soft);
    if (error)
        return error;
    if (!list_empty(&signals_arrived.wakers))
        wait_queue_wake_for(&signals_arrived, POLLIN);
    if (!thread)
        wake_for(process, signal_bit(signal));
    else if (takes(thread, signal_bit(signal)))
        thread_interrupt(&thread->thread);
    return OK;
}

void signal_parent(struct process *process, int signal, int code, int status)
{
    struct process *parent = process->parent;
    if (!parent)
        return;
    wait_queue_wake_all(&parent->changed);
    const struct signal_action *action = action_of(parent, SIGCHLD);
    bool unwanted = signal == SIGCHLD && (code == CLD_STOPPED || code == CLD_CONTINUED) &&
                    action->flags & SA_NOCLDSTOP;
    if (!signal || unwanted)
        return;
    struct signal_info info = {.number = signal,
                               .code = code,
                               .process = process->id,
                               .user = process->uid,
                               .value = status};
    (void)make_pending(parent, NULL, signal, &info);
}

static void drop(struct process *process, uint64_t set)
{
    signal_queue_drop(&process->signals.pending, set);
    for_each_thread(thread, process)
        signal_queue_drop(&thread->pending, set);
}

/* Lets a process go on that has stopped or is about to. */
static void go_on(struct process *process)
{
    process->stopped = false;
    process->stopping = process->stop_signal = 0;
    interrupt_all(process);
}

static enum error send(struct process *process, struct user_thread *thread, int signal,
                       const struct signal_info *info)
{
    ASSERT(signal > 0 && signal <= SIGNAL_COUNT);
    if (process->state != PROCESS_LIVE)
        return OK;
    if (signal_bit(signal) & SIGNALS_THAT_STOP)
        drop(process, signal_bit(SIGCONT));
    if (signal == SIGCONT) {
        drop(process, SIGNALS_THAT_STOP);
        if (process->stopped) {
            process->continued = true;
            go_on(process);
            signal_parent(process, SIGCHLD, CLD_CONTINUED, SIGCONT);
        }
    }
    if (signal == SIGKILL && process->stopped && process->id != PROCESS_FIRST)
        go_on(process);
    return make_pending(process, thread, signal, info);
}

enum error signal_send(struct process *process, int signal, const struct signal_info *info)
{
    return send(process, NULL, signal, info);
}

enum error signal_send_thread(struct user_thread *thread, int signal,
                              const struct signal_info *info)
{
    return send(thread->process, thread, signal, info);
}

void signal_send_self(int signal)
{
    struct user_thread *thread = user_thread_current();
    const struct signal_info info = {.number = signal,
                                     .code = SI_USER,
                                     .process = thread->process->id,
                                     .user = thread->process->uid};
    (void)signal_send_thread(thread, signal, &info);
}

size_t signal_send_group(int group, int signal, const struct signal_info *info)
{
    size_t count = 0;
    for_each_in_group(process, id_find(group)) {
        count++;
        if (signal)
            (void)signal_send(process, signal, info);
    }
    return count;
}

void signal_force(int signal, const struct signal_info *info)
{
    struct user_thread *thread = user_thread_current();
    struct signal_action *action = action_of(thread->process, signal);
    ASSERT(info->number == signal);
    if (action->handler == SIGNAL_IGNORE || thread->blocked & signal_bit(signal))
        action->handler = SIGNAL_DEFAULT;
    thread->blocked &= ~signal_bit(signal);
    signal_queue_drop(&thread->pending, signal_bit(signal));
    thread->forced |= signal_bit(signal);
    (void)signal_queue_add(&thread->pending, signal, info, UINT64_MAX);
    thread_interrupt(&thread->thread);
}

/* --- Taking and blocking --------------------------------------------------------------------- */

bool signal_take(struct user_thread *thread, uint64_t set, struct signal_info *info)
{
    struct signal_queue *own = &thread->pending, *shared = &thread->process->signals.pending;
    struct signal_queue *queue = own->set & set ? own : shared;
    if (!(queue->set & set))
        return false;
    signal_queue_take(queue, __builtin_ctzll(queue->set & set) + 1, info);
    return true;
}

void signal_set_action(struct process *process, int signal, const struct signal_action *action,
                       struct signal_action *old)
{
    struct signal_action *place = action_of(process, signal);
    if (old)
        *old = *place;
    if (!action)
        return;
    *place = *action;
    place->mask &= ~SIGNALS_UNBLOCKABLE;
    if (signal_is_ignored(process, signal))
        drop(process, signal_bit(signal));
}

void signals_block(uint64_t blocked)
{
    struct user_thread *thread = user_thread_current();
    struct process *process = thread->process;
    uint64_t more = blocked & ~thread->blocked & ~SIGNALS_UNBLOCKABLE;
    thread->blocked = blocked & ~SIGNALS_UNBLOCKABLE;
    if (more & process->signals.pending.set && process->thread_count > 1)
        wake_for_each(process, more & process->signals.pending.set);
    if (signals_due(thread))
        thread_interrupt(&thread->thread);
}

void signals_leave_to_others(struct user_thread *thread)
{
    thread->blocked = UINT64_MAX;
    thread->awaited = 0;
    wake_for_each(thread->process, thread->process->signals.pending.set);
}

bool signal_is_taken(int signal)
{
    const struct user_thread *thread = user_thread_current();
    return !(thread->blocked & signal_bit(signal)) &&
           action_of(thread->process, signal)->handler != SIGNAL_IGNORE;
}

void signals_note_stop(struct process *process)
{
    if (!process->stopping || process->stopped_threads < process->thread_count)
        return;
    process->stop_signal = process->stopping;
    process->stopping = 0;
    signal_parent(process, SIGCHLD, CLD_STOPPED, process->stop_signal);
}

/* --- Actions --------------------------------------------------------------------------------- */

struct signal_actions *signal_actions_create(void)
{
    struct signal_actions *actions = kzalloc(sizeof(*actions));
    if (actions)
        actions->references = 1;
    return actions;
}

void signal_actions_release(struct signal_actions *actions)
{
    ASSERT(actions->references > 0);
    if (--actions->references == 0)
        kfree(actions);
}

enum error signals_unshare(struct process *process)
{
    struct signal_actions *shared = process->signals.actions;
    if (shared->references == 1)
        return OK;
    struct signal_actions *own = signal_actions_create();
    if (!own)
        return ERROR_OUT_OF_FRAMES;
    memcpy(own->of, shared->of, sizeof(own->of));
    process->signals.actions = own;
    signal_actions_release(shared);
    return OK;
}

void signals_clear_handlers(struct process *process)
{
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        struct signal_action *action = &process->signals.actions->of[i];
        bool ignored = action->handler == SIGNAL_IGNORE;
        *action = (struct signal_action){.handler = ignored ? SIGNAL_IGNORE : SIGNAL_DEFAULT};
    }
}
