/*
 * A timer that expires again before its signal is taken sends no second signal. It counts, and the
 * signal gets the count when it is taken. POSIX leaves open when exactly a timer starts again, and
 * only in this the timers differ from Linux's.
 */
#include <assert.h>
#include <kernel/process/cpu_time.h>
#include <kernel/process/timers.h>
#include <kernel/task/clock.h>
#include <mm/heap.h>

static bool goes_by_processor_time(const struct process_timer *timer)
{
    return timer->clock >= TIMER_PROCESS_TIME;
}

static bool is_pending(const struct process_timer *timer, const struct user_thread *thread)
{
    uint64_t pending = timer->process->signals.pending.set | (thread ? thread->pending.set : 0);
    return pending & signal_bit(timer->signal);
}

/* The signals of setitimer()'s timers do not name the timer, as on Linux. */
static void send(struct process_timer *timer, uint64_t count)
{
    ASSERT(count > 0);
    struct signal_info info = {.number = timer->signal, .code = SI_KERNEL};
    bool was_sent = timer->expired > 0;
    const struct id *number = timer->thread ? id_find(timer->thread) : NULL;
    struct user_thread *thread = number ? number->thread : NULL;
    timer->expired += count;
    if (!timer->signal || (was_sent && is_pending(timer, thread)))
        return;
    if (timer->id >= 0) {
        info.code = SI_TIMER;
        info.process = timer->id;
        info.value = timer->value;
    }
    if (!timer->thread)
        (void)signal_send(timer->process, timer->signal, &info);
    else if (thread && thread->process == timer->process)
        (void)signal_send_thread(thread, timer->signal, &info);
}

void process_timer_signal_taken(struct process *process, struct signal_info *info)
{
    struct process_timer *timer = process_timer_find(process, info->process);
    if (info->code != SI_TIMER || info->process < 0 || !timer)
        return;
    uint64_t overrun = timer->expired ? timer->expired - 1 : 0;
    timer->expired = 0;
    timer->last_overrun = (int)MIN(overrun, (uint64_t)INT32_MAX);
    info->user = (uint32_t)timer->last_overrun;
}

static void expired(struct alarm *alarm, uint64_t count)
{
    send(CONTAINER_OF(alarm, struct process_timer, alarm), count);
}

static void release(struct task *task)
{
    kfree(CONTAINER_OF(task, struct process_timer, alarm.task));
}

/* --- Making and finding ---------------------------------------------------------------------- */

enum error process_timer_create(struct process *process, int id, enum timer_clock clock,
                                struct process_timer **timer)
{
    struct process_timer *new = kzalloc(sizeof(*new));
    if (!new)
        return ERROR_OUT_OF_FRAMES;
    ASSERT(!process_timer_find(process, id));
    new->process = process;
    new->id = id;
    new->clock = clock;
    new->counted = user_thread_current()->id;
    if (goes_by_processor_time(new))
        process->has_cpu_timers = true;
    else
        alarm_init(&new->alarm, "timer", expired, release);
    list_push_back(&process->timers, &new->node);
    *timer = new;
    return OK;
}

struct process_timer *process_timer_find(const struct process *process, int id)
{
    list_for_each(node, &process->timers) {
        struct process_timer *timer = CONTAINER_OF(node, struct process_timer, node);
        if (timer->id == id)
            return timer;
    }
    return NULL;
}

int process_timer_next_id(const struct process *process)
{
    int last = -1;
    size_t count = 0;
    list_for_each(node, &process->timers) {
        last = MAX(last, CONTAINER_OF(node, struct process_timer, node)->id);
        count++;
    }
    return count < PROCESS_TIMERS_MAX && last < INT32_MAX ? last + 1 : -1;
}

void process_timer_delete(struct process_timer *timer)
{
    list_remove(&timer->node);
    if (goes_by_processor_time(timer))
        kfree(timer);
    else
        alarm_drop(&timer->alarm);
}

void process_timers_delete(struct process *process, bool all)
{
    struct list_node *next, *node = process->timers.head.next;
    for (; node != &process->timers.head; node = next) {
        struct process_timer *timer = CONTAINER_OF(node, struct process_timer, node);
        next = node->next;
        if (all || timer->id >= 0)
            process_timer_delete(timer);
    }
}

/* --- Setting --------------------------------------------------------------------------------- */

uint64_t process_timer_now(const struct process *process, enum timer_clock clock)
{
    switch (clock) {
    case TIMER_SINCE_START:
    case TIMER_TIME_OF_DAY:
        return deadline_clock(clock == TIMER_TIME_OF_DAY);
    case TIMER_THREAD_TIME:
        return clock_from_tsc(thread_cpu_time(user_thread_current()).total);
    case TIMER_USER_TIME:
        return cpu_time_user(process_cpu_time(process));
    default:
        return clock_from_tsc(process_cpu_time(process).total);
    }
}

void process_timer_set(struct process_timer *timer, uint64_t time, uint64_t period)
{
    timer->expired = 0;
    timer->last_overrun = 0;
    if (!goes_by_processor_time(timer)) {
        alarm_set(&timer->alarm, timer->clock == TIMER_TIME_OF_DAY, time, period);
        return;
    }
    timer->deadline = MAX(time, UINT64_C(1));
    timer->period = period;
}

void process_timer_clear(struct process_timer *timer)
{
    timer->expired = 0;
    timer->last_overrun = 0;
    timer->deadline = timer->period = timer->alarm.period = 0;
    if (!goes_by_processor_time(timer))
        alarm_clear(&timer->alarm);
}

void process_timer_get(const struct process_timer *timer, uint64_t *left, uint64_t *period)
{
    if (!goes_by_processor_time(timer)) {
        *left = alarm_left(&timer->alarm);
        *period = timer->alarm.period;
        return;
    }
    uint64_t now = process_timer_now(timer->process, timer->clock);
    *left = !timer->deadline ? 0 : timer->deadline > now ? timer->deadline - now : 1;
    *period = timer->period;
}

static void check(struct process_timer *timer)
{
    bool is_of_other =
        timer->clock == TIMER_THREAD_TIME && timer->counted != user_thread_current()->id;
    if (!timer->deadline || is_of_other)
        return;
    uint64_t now = process_timer_now(timer->process, timer->clock), count = 1;
    if (now < timer->deadline)
        return;
    if (timer->period) {
        count += (now - timer->deadline) / timer->period;
        timer->deadline += count * timer->period;
    } else {
        timer->deadline = 0;
    }
    send(timer, count);
}

/* RLIMIT_CPU: SIGXCPU at the soft limit and each second from there on, SIGKILL at the hard one. */
static void check_limit(struct process *process)
{
    struct limit *limit = &process->limits[RLIMIT_CPU];
    if (limit->soft == LIMIT_NONE)
        return;
    uint64_t seconds = clock_from_tsc(process_cpu_time(process).total) / NANOSECONDS_PER_SECOND;
    if (seconds >= limit->hard) {
        (void)signal_send(process, SIGKILL, NULL);
    } else if (seconds >= limit->soft) {
        (void)signal_send(process, SIGXCPU, NULL);
        limit->soft = seconds + 1;
    }
}

void process_timers_check(struct process *process)
{
    if (!process->has_cpu_timers)
        return;
    check_limit(process);
    list_for_each(node, &process->timers) {
        struct process_timer *timer = CONTAINER_OF(node, struct process_timer, node);
        if (goes_by_processor_time(timer))
            check(timer);
    }
}
