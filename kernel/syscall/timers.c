/*
 * The timers that send signals: alarm(), setitimer(), timer_create() and its kin.
 */
#include <assert.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <mm/user_copy.h>

static void start_or_clear(struct process_timer *timer, uint64_t time, bool is_set, uint64_t period)
{
    if (is_set)
        process_timer_set(timer, time, period);
    else
        process_timer_clear(timer);
}

/* --- setitimer ------------------------------------------------------------------------------- */

static const struct {
    enum timer_clock clock;
    int id, signal;
} interval_timers[] = {
    {TIMER_SINCE_START, TIMER_REAL, SIGALRM},
    {TIMER_USER_TIME, TIMER_VIRTUAL, SIGVTALRM},
    {TIMER_PROCESS_TIME, TIMER_PROFILE, SIGPROF},
};

/* The timer's settings; zeros if the process has never set it. */
static void get_interval_timer(size_t which, uint64_t *left, uint64_t *period)
{
    const struct process_timer *timer =
        process_timer_find(process_current(), interval_timers[which].id);
    *left = *period = 0;
    if (timer)
        process_timer_get(timer, left, period);
}

static enum error set_interval_timer(size_t which, uint64_t delay, uint64_t period)
{
    struct process *process = process_current();
    struct process_timer *timer = process_timer_find(process, interval_timers[which].id);
    enum timer_clock clock = interval_timers[which].clock;
    if (!timer) {
        if (!delay)
            return OK;
        enum error error = process_timer_create(process, interval_timers[which].id, clock, &timer);
        if (error)
            return error;
        timer->signal = interval_timers[which].signal;
    }
    start_or_clear(timer, process_timer_now(process, clock) + delay, delay, period);
    return OK;
}

/* Linux's struct itimerval. */
struct interval_value {
    int64_t period_seconds, period_microseconds, seconds, microseconds;
};

static enum error give_interval_timer(virt_addr_t to, uint64_t left, uint64_t period)
{
    struct time_spec value = time_to_spec(left), again = time_to_spec(period);
    const struct interval_value result = {again.seconds, again.nanoseconds / 1000, value.seconds,
                                          value.nanoseconds / 1000};
    return copy_to_user(to, &result, sizeof(result));
}

int64_t syscall_getitimer(struct trap_frame *frame)
{
    uint64_t which = (uint32_t)argument_0(frame), left, period;
    if (which >= ARRAY_SIZE(interval_timers))
        return syscall_result(ERROR_INVALID);
    get_interval_timer(which, &left, &period);
    return syscall_result(give_interval_timer(argument_1(frame), left, period));
}

int64_t syscall_setitimer(struct trap_frame *frame)
{
    uint64_t which = (uint32_t)argument_0(frame), delay = 0, period = 0, old_left, old_period;
    struct interval_value new = {0};
    enum error error = OK;
    if (argument_1(frame))
        error = copy_from_user(&new, argument_1(frame), sizeof(new));
    if (!error)
        error = time_from_parts(new.seconds, new.microseconds, 1000, &delay);
    if (!error)
        error = time_from_parts(new.period_seconds, new.period_microseconds, 1000, &period);
    if (!error && which >= ARRAY_SIZE(interval_timers))
        error = ERROR_INVALID;
    if (error)
        return syscall_result(error);
    get_interval_timer(which, &old_left, &old_period);
    error = set_interval_timer(which, delay, period);
    if (!error && argument_2(frame))
        error = give_interval_timer(argument_2(frame), old_left, old_period);
    return syscall_result(error);
}

/* The result is the old alarm in seconds, rounded, but not to 0. */
int64_t syscall_alarm(struct trap_frame *frame)
{
    uint64_t left, period, seconds = (uint32_t)argument_0(frame);
    get_interval_timer(0, &left, &period);
    enum error error = set_interval_timer(0, seconds * NANOSECONDS_PER_SECOND, 0);
    if (error)
        return syscall_result(error);
    uint64_t rounded = (left + NANOSECONDS_PER_SECOND / 2) / NANOSECONDS_PER_SECOND;
    return (int64_t)(left ? MAX(rounded, UINT64_C(1)) : 0);
}

/* --- timer_create ---------------------------------------------------------------------------- */

/* How a program is to learn of a timer (include/uapi/asm-generic/siginfo.h). */
enum { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID = 4 };

/* Linux's struct sigevent. */
struct event {
    int64_t value;
    int32_t signal, notify, thread;
    uint8_t rest[44];
};
_Static_assert(sizeof(struct event) == 64, "Linux: include/uapi/asm-generic/siginfo.h");

static enum error check_event(const struct event *event)
{
    bool has_signal = event->signal >= 1 && event->signal <= SIGNAL_COUNT;
    const struct user_thread *thread;
    switch (event->notify) {
    case SIGEV_NONE:
        return OK;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
        return has_signal ? OK : ERROR_INVALID;
    case SIGEV_THREAD_ID:
        thread = user_thread_find(event->thread);
        return has_signal && thread && thread->process == process_current() ? OK : ERROR_INVALID;
    default:
        return ERROR_INVALID;
    }
}

/* What the program asks for; without a struct, SIGALRM. */
static enum error get_event(virt_addr_t from, struct event *event)
{
    *event = (struct event){.signal = SIGALRM, .notify = SIGEV_SIGNAL};
    if (!from)
        return OK;
    enum error error = copy_from_user(event, from, sizeof(*event));
    return error ? error : check_event(event);
}

/* Makes the timer; without a struct from the program, its signal comes with its number. */
static enum error create_timer(const struct program_clock *clock, const struct event *event,
                               bool has_value, int *id)
{
    struct process *process = process_current();
    struct process_timer *timer;
    *id = process_timer_next_id(process);
    if (*id < 0)
        return ERROR_AGAIN;
    enum error error = process_timer_create(process, *id, clock->kind, &timer);
    if (error)
        return error;
    ASSERT(!timer->deadline); /* it is not set yet */
    timer->signal = event->notify == SIGEV_NONE ? 0 : event->signal;
    timer->thread = event->notify & SIGEV_THREAD_ID ? event->thread : 0;
    timer->value = has_value ? event->value : *id;
    return OK;
}

int64_t syscall_timer_create(struct trap_frame *frame)
{
    struct program_clock clock;
    struct event event;
    int id = -1;
    enum error error = program_clock_find((int)argument_0(frame), &clock);
    if (!error && !clock.may_sleep && clock.kind < TIMER_PROCESS_TIME)
        error = ERROR_UNSUPPORTED;
    if (!error && clock.process != process_current())
        error = ERROR_INVALID;
    if (!error)
        error = get_event(argument_1(frame), &event);
    if (!error)
        error = create_timer(&clock, &event, argument_1(frame), &id);
    if (error)
        return syscall_result(error);
    error = copy_to_user(argument_2(frame), &id, sizeof(id));
    struct process_timer *timer = process_timer_find(process_current(), id);
    if (error && timer)
        process_timer_delete(timer);
    return syscall_result(error);
}

/* The running process's timer of that number, or NULL. */
static struct process_timer *find_timer(uint64_t id)
{
    return (int)id < 0 ? NULL : process_timer_find(process_current(), (int)id);
}

int64_t syscall_timer_settime(struct trap_frame *frame)
{
    uint64_t value = 0, period = 0, old_left, old_period;
    if (!argument_2(frame))
        return syscall_result(ERROR_INVALID);
    enum error error = timer_from_user(argument_2(frame), &value, &period);
    struct process_timer *timer = find_timer(argument_0(frame));
    if (!error && !timer)
        error = ERROR_INVALID;
    if (error)
        return syscall_result(error);
    const struct program_clock clock = {timer->clock, true, process_current()};
    bool is_absolute = argument_1(frame) & TIMER_ABSTIME;
    process_timer_get(timer, &old_left, &old_period);
    start_or_clear(timer, program_clock_time(&clock, is_absolute, value), value, period);
    if (argument_3(frame))
        error = timer_to_user(argument_3(frame), old_left, old_period);
    return syscall_result(error);
}

int64_t syscall_timer_gettime(struct trap_frame *frame)
{
    const struct process_timer *timer = find_timer(argument_0(frame));
    uint64_t left, period;
    if (!timer)
        return syscall_result(ERROR_INVALID);
    process_timer_get(timer, &left, &period);
    return syscall_result(timer_to_user(argument_1(frame), left, period));
}

int64_t syscall_timer_getoverrun(struct trap_frame *frame)
{
    const struct process_timer *timer = find_timer(argument_0(frame));
    return timer ? timer->last_overrun : syscall_result(ERROR_INVALID);
}

int64_t syscall_timer_delete(struct trap_frame *frame)
{
    struct process_timer *timer = find_timer(argument_0(frame));
    if (!timer)
        return syscall_result(ERROR_INVALID);
    process_timer_delete(timer);
    return 0;
}
