/*
 * Processors, niceness, policies, and priorities at disks. Only niceness has an effect: Cairn
 * remembers the rest for programs that ask.
 */
#include <assert.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

/* --- Processors ------------------------------------------------------------------------------ */

/* There is one processor: the first bit of a mask. */
enum { PROCESSORS = 1 };

/* The thread of that number, 0 the running one. NULL: there is none. */
static struct user_thread *thread_of(int id)
{
    return id ? user_thread_find(id) : user_thread_current();
}

/* There is one processor, and one node of memory. */
int64_t syscall_getcpu(struct trap_frame *frame)
{
    const uint32_t number = 0;
    enum error error = OK;
    if (argument_0(frame))
        error = copy_to_user(argument_0(frame), &number, sizeof(number));
    if (!error && argument_1(frame))
        error = copy_to_user(argument_1(frame), &number, sizeof(number));
    return syscall_result(error);
}

/* The result is the size of the mask. */
int64_t syscall_sched_getaffinity(struct trap_frame *frame)
{
    const uint64_t mask = PROCESSORS;
    uint64_t size = argument_1(frame);
    if (size < sizeof(mask) || size % sizeof(mask))
        return syscall_result(ERROR_INVALID);
    if (!thread_of((int)argument_0(frame)))
        return syscall_result(ERROR_NO_PROCESS);
    enum error error = copy_to_user(argument_2(frame), &mask, sizeof(mask));
    return error ? syscall_result(error) : (int64_t)sizeof(mask);
}

/* May the running process change how others are scheduled? */
static bool may_change(const struct process *process)
{
    const struct process *self = process_current();
    return is_privileged() || self->euid == process->euid || self->euid == process->uid;
}

int64_t syscall_sched_setaffinity(struct trap_frame *frame)
{
    uint64_t mask = 0;
    size_t size = MIN(argument_1(frame), sizeof(mask));
    if (copy_from_user(&mask, argument_2(frame), size))
        return syscall_result(ERROR_BAD_ADDRESS);
    const struct user_thread *thread = thread_of((int)argument_0(frame));
    if (!thread)
        return syscall_result(ERROR_NO_PROCESS);
    if (!may_change(thread->process))
        return syscall_result(ERROR_NOT_PERMITTED);
    return syscall_result(mask & PROCESSORS ? OK : ERROR_INVALID);
}

int64_t syscall_sched_yield(struct trap_frame *frame)
{
    (void)frame;
    thread_yield();
    return 0;
}

/* --- Niceness -------------------------------------------------------------------------------- */

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

/* Is the process one of those that a call names by `which` and `who`? */
static bool is_meant(const struct process *process, int which, int who)
{
    const struct process *self = process_current();
    if (which == PRIO_PROCESS)
        return process == (who ? process_of_number(who) : self);
    if (process->state != PROCESS_LIVE)
        return false;
    if (which == PRIO_PGRP)
        return process->group == (who ? who : self->group);
    return process->uid == (who ? (uint32_t)who : self->uid);
}

static enum error set_niceness(struct process *process, int niceness)
{
    if (!may_change(process))
        return ERROR_NOT_PERMITTED;
    if (!is_privileged() && niceness < process->niceness)
        return ERROR_ACCESS;
    ASSERT(niceness >= NICENESS_LEAST && niceness <= NICENESS_MOST);
    process->niceness = niceness;
    return OK;
}

/* Changes all processes that may be changed, and tells of one that may not. */
int64_t syscall_setpriority(struct trap_frame *frame)
{
    int which = (int)argument_0(frame), who = (int)argument_1(frame);
    int niceness = MIN(MAX((int)argument_2(frame), NICENESS_LEAST), NICENESS_MOST);
    if (which < PRIO_PROCESS || which > PRIO_USER)
        return syscall_result(ERROR_INVALID);
    enum error error = ERROR_NO_PROCESS;
    for_each_process(process) {
        if (!is_meant(process, which, who))
            continue;
        enum error own = set_niceness(process, niceness);
        if (own || error == ERROR_NO_PROCESS)
            error = own;
    }
    return syscall_result(error);
}

/* The result is not negative: 40 for the least nice, 1 for the nicest. */
int64_t syscall_getpriority(struct trap_frame *frame)
{
    int which = (int)argument_0(frame), who = (int)argument_1(frame);
    if (which < PRIO_PROCESS || which > PRIO_USER)
        return syscall_result(ERROR_INVALID);
    const struct process *least = NULL;
    for_each_process(process) {
        if (is_meant(process, which, who) && (!least || process->niceness < least->niceness))
            least = process;
    }
    return least ? 20 - least->niceness : syscall_result(ERROR_NO_PROCESS);
}

/* --- Policies -------------------------------------------------------------------------------- */

/* A thread's policy changes nothing. A policy with a priority of its own is refused. */
enum { SCHED_OTHER = 0, SCHED_FIFO = 1, SCHED_RR = 2, SCHED_BATCH = 3, SCHED_IDLE = 5 };
enum { RESET_ON_FORK = 0x40000000, KEEP = -1 };

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_policy(int policy)
{
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ||
           is_real_time(policy);
}

static enum error check_thread(int id)
{
    if (id < 0)
        return ERROR_INVALID;
    return thread_of(id) ? OK : ERROR_NO_PROCESS;
}

int64_t syscall_sched_getscheduler(struct trap_frame *frame)
{
    int id = (int)argument_0(frame);
    enum error error = check_thread(id);
    if (error)
        return syscall_result(error);
    const struct user_thread *thread = thread_of(id);
    return thread->policy | (thread->reset_on_fork ? RESET_ON_FORK : 0);
}

int64_t syscall_sched_getparam(struct trap_frame *frame)
{
    const int32_t priority = 0;
    enum error error = check_thread((int)argument_0(frame));
    if (!error)
        error = copy_to_user(argument_1(frame), &priority, sizeof(priority));
    return syscall_result(error);
}

/* `policy` may contain RESET_ON_FORK; with KEEP the thread keeps its policy. */
static enum error set_policy(int id, int policy, virt_addr_t parameter)
{
    int32_t priority;
    if (!parameter || id < 0)
        return ERROR_INVALID;
    enum error error = copy_from_user(&priority, parameter, sizeof(priority));
    if (!error)
        error = check_thread(id);
    if (error)
        return error;
    struct user_thread *thread = thread_of(id);
    if (policy == KEEP)
        return priority ? ERROR_INVALID : OK;
    bool reset_on_fork = policy & RESET_ON_FORK;
    policy &= ~RESET_ON_FORK;
    if (!is_policy(policy) || (priority != 0) != is_real_time(policy))
        return ERROR_INVALID;
    if (is_real_time(policy) || !may_change(thread->process))
        return ERROR_NOT_PERMITTED;
    thread->policy = (uint8_t)policy;
    thread->reset_on_fork = reset_on_fork;
    return OK;
}

int64_t syscall_sched_setscheduler(struct trap_frame *frame)
{
    int policy = (int)argument_1(frame);
    if (policy < 0)
        return syscall_result(ERROR_INVALID);
    return syscall_result(set_policy((int)argument_0(frame), policy, argument_2(frame)));
}

int64_t syscall_sched_setparam(struct trap_frame *frame)
{
    return syscall_result(set_policy((int)argument_0(frame), KEEP, argument_1(frame)));
}

int64_t syscall_sched_get_priority_max(struct trap_frame *frame)
{
    enum { HIGHEST = 99 };
    int policy = (int)argument_0(frame);
    if (!is_policy(policy))
        return syscall_result(ERROR_INVALID);
    return is_real_time(policy) ? HIGHEST : 0;
}

int64_t syscall_sched_get_priority_min(struct trap_frame *frame)
{
    int policy = (int)argument_0(frame);
    return is_policy(policy) ? is_real_time(policy) : syscall_result(ERROR_INVALID);
}

/* A slice ends at the second tick in it (user_threads_tick()), so it is a tick long or more. */
int64_t syscall_sched_rr_get_interval(struct trap_frame *frame)
{
    const struct time_spec slice = time_to_spec(NANOSECONDS_PER_MILLISECOND);
    enum error error = check_thread((int)argument_0(frame));
    if (!error)
        error = copy_to_user(argument_1(frame), &slice, sizeof(slice));
    return syscall_result(error);
}

/* --- Disks ----------------------------------------------------------------------------------- */

/* The priority of a thread's requests to disks (ioprio_set(2)): a class, and a level from 0, the
 * highest, on. It has no effect, but programs can read what they have set. */
enum { IO_CLASS_SHIFT = 13, IO_LEVELS = 8 };
enum { IO_CLASS_NONE, IO_CLASS_REAL_TIME, IO_CLASS_BEST_EFFORT, IO_CLASS_IDLE };
enum { IO_OF_THREAD = 1, IO_OF_GROUP, IO_OF_USER };

static enum error check_io_priority(int priority)
{
    int class = priority >> IO_CLASS_SHIFT, level = priority & ((1 << IO_CLASS_SHIFT) - 1);
    if (class < IO_CLASS_NONE || class > IO_CLASS_IDLE)
        return ERROR_INVALID;
    if (class == IO_CLASS_NONE)
        return level ? ERROR_INVALID : OK;
    if (class == IO_CLASS_REAL_TIME && !is_privileged())
        return ERROR_NOT_PERMITTED;
    return class != IO_CLASS_IDLE && level >= IO_LEVELS ? ERROR_INVALID : OK;
}

static enum error set_io_priority(struct user_thread *thread, int priority)
{
    if (!may_change(thread->process))
        return ERROR_NOT_PERMITTED;
    thread->io_priority = (uint16_t)priority;
    return OK;
}

int64_t syscall_ioprio_set(struct trap_frame *frame)
{
    int which = (int)argument_0(frame), who = (int)argument_1(frame);
    int priority = (int)argument_2(frame);
    enum error error = check_io_priority(priority);
    if (error || which < IO_OF_THREAD || which > IO_OF_USER)
        return syscall_result(error ? error : ERROR_INVALID);
    error = ERROR_NO_PROCESS;
    if (which == IO_OF_THREAD)
        return syscall_result(thread_of(who) ? set_io_priority(thread_of(who), priority) : error);
    for_each_process(process) {
        if (!is_meant(process, which - IO_OF_THREAD, who))
            continue;
        for_each_thread(thread, process) {
            if (error == ERROR_NO_PROCESS || !error)
                error = set_io_priority(thread, priority);
        }
    }
    return syscall_result(error);
}

/* The highest priority among the process's threads. A thread that has none of its own has one by
 * its niceness. */
static int first_io_priority(const struct process *process)
{
    int first = INT32_MAX, by_niceness = (process->niceness + 20) / 5;
    ASSERT(by_niceness >= 0 && by_niceness < IO_LEVELS);
    for_each_thread(thread, process) {
        int own = thread->io_priority ? thread->io_priority
                                      : IO_CLASS_BEST_EFFORT << IO_CLASS_SHIFT | by_niceness;
        first = MIN(first, own);
    }
    return first;
}

int64_t syscall_ioprio_get(struct trap_frame *frame)
{
    int which = (int)argument_0(frame), who = (int)argument_1(frame), first = INT32_MAX;
    if (which < IO_OF_THREAD || which > IO_OF_USER)
        return syscall_result(ERROR_INVALID);
    if (which == IO_OF_THREAD)
        return thread_of(who) ? thread_of(who)->io_priority : syscall_result(ERROR_NO_PROCESS);
    for_each_process(process) {
        if (is_meant(process, which - IO_OF_THREAD, who))
            first = MIN(first, first_io_priority(process));
    }
    return first < INT32_MAX ? first : syscall_result(ERROR_NO_PROCESS);
}
