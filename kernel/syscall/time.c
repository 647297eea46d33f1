#include <kernel/process/alarm.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

enum {
    CLOCK_REALTIME = 0,
    CLOCK_MONOTONIC = 1,
    CLOCK_PROCESS_CPUTIME = 2,
    CLOCK_THREAD_CPUTIME = 3,
    CLOCK_MONOTONIC_RAW = 4,
    CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6,
    CLOCK_BOOTTIME = 7,
    TIMER_ABSTIME = 1,
};

/* Linux's struct timespec and struct timeval. */
struct time_spec {
    int64_t seconds, nanoseconds;
};
struct time_value {
    int64_t seconds, microseconds;
};

static struct time_spec to_spec(uint64_t time)
{
    return (struct time_spec){(int64_t)(time / NANOSECONDS_PER_SECOND),
                              (int64_t)(time % NANOSECONDS_PER_SECOND)};
}

static struct time_value to_value(uint64_t time)
{
    return (struct time_value){(int64_t)(time / NANOSECONDS_PER_SECOND),
                               (int64_t)(time % NANOSECONDS_PER_SECOND / 1000)};
}

/* Nanoseconds; what does not fit is for ever. */
static enum error from_parts(int64_t seconds, int64_t rest, uint64_t unit, uint64_t *time)
{
    if (seconds < 0 || rest < 0 || (uint64_t)rest >= NANOSECONDS_PER_SECOND / unit)
        return ERROR_INVALID;
    *time = (uint64_t)seconds >= INT64_MAX / NANOSECONDS_PER_SECOND
                ? INT64_MAX
                : (uint64_t)seconds * NANOSECONDS_PER_SECOND + (uint64_t)rest * unit;
    return OK;
}

enum error time_from_user(virt_addr_t from, uint64_t *time)
{
    struct time_spec spec;
    enum error error = copy_from_user(&spec, from, sizeof(spec));
    return error ? error : from_parts(spec.seconds, spec.nanoseconds, 1, time);
}

static enum error time_value_from_user(virt_addr_t from, uint64_t *time)
{
    struct time_value value;
    enum error error = copy_from_user(&value, from, sizeof(value));
    return error ? error : from_parts(value.seconds, value.microseconds, 1000, time);
}

/* --- Clocks ---------------------------------------------------------------------------------- */

static enum error read_clock(int clock, uint64_t *time)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        *time = (uint64_t)clock_real_now();
        return OK;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *time = clock_now();
        return OK;
    case CLOCK_PROCESS_CPUTIME:
    case CLOCK_THREAD_CPUTIME:
        *time = clock_from_tsc(user_thread_current()->thread.task.time);
        return OK;
    default:
        return ERROR_INVALID;
    }
}

int64_t syscall_clock_gettime(struct trap_frame *frame)
{
    uint64_t time;
    enum error error = read_clock((int)argument_0(frame), &time);
    if (error)
        return syscall_result(error);
    struct time_spec spec = to_spec(time);
    return syscall_result(copy_to_user(argument_1(frame), &spec, sizeof(spec)));
}

int64_t syscall_clock_getres(struct trap_frame *frame)
{
    uint64_t time;
    struct time_spec spec = {0, 1};
    enum error error = read_clock((int)argument_0(frame), &time);
    if (!error && argument_1(frame))
        error = copy_to_user(argument_1(frame), &spec, sizeof(spec));
    return syscall_result(error);
}

static enum error set_time(enum error error, uint64_t time)
{
    if (!error && process_current()->euid)
        error = ERROR_NOT_PERMITTED;
    if (!error)
        clock_set_real((int64_t)time);
    return error;
}

int64_t syscall_clock_settime(struct trap_frame *frame)
{
    uint64_t time = 0;
    if ((int)argument_0(frame) != CLOCK_REALTIME)
        return syscall_result(ERROR_INVALID);
    enum error error = time_from_user(argument_1(frame), &time);
    return syscall_result(set_time(error, time));
}

int64_t syscall_gettimeofday(struct trap_frame *frame)
{
    struct time_value value = to_value((uint64_t)clock_real_now());
    static const int32_t zone[2]; /* UTC */
    enum error error = OK;
    if (argument_0(frame))
        error = copy_to_user(argument_0(frame), &value, sizeof(value));
    if (!error && argument_1(frame))
        error = copy_to_user(argument_1(frame), zone, sizeof(zone));
    return syscall_result(error);
}

int64_t syscall_settimeofday(struct trap_frame *frame)
{
    uint64_t time = 0;
    if (!argument_0(frame)) /* the time zone alone, which is UTC */
        return 0;
    enum error error = time_value_from_user(argument_0(frame), &time);
    return syscall_result(set_time(error, time));
}

int64_t syscall_time(struct trap_frame *frame)
{
    int64_t seconds = clock_real_now() / (int64_t)NANOSECONDS_PER_SECOND;
    if (argument_0(frame) && copy_to_user(argument_0(frame), &seconds, sizeof(seconds)))
        return syscall_result(ERROR_BAD_ADDRESS);
    return seconds;
}

int64_t syscall_times(struct trap_frame *frame)
{
    enum { TICK = 10000000 }; /* nanoseconds */
    const struct process *process = process_current();
    int64_t own = (int64_t)(clock_from_tsc(process_time(process)) / TICK);
    int64_t children = (int64_t)(clock_from_tsc(process->children_time) / TICK);
    const int64_t times[4] = {own, 0, children, 0};
    if (argument_0(frame) && copy_to_user(argument_0(frame), times, sizeof(times)))
        return syscall_result(ERROR_BAD_ADDRESS);
    return (int64_t)(clock_now() / TICK);
}

/* --- Sleeping -------------------------------------------------------------------------------- */

struct nap {
    struct future future;
    struct sleep sleep;
};

static enum poll_result poll_nap(struct future *future, struct task *task)
{
    return sleep_poll(&CONTAINER_OF(future, struct nap, future)->sleep, task);
}

static void cancel_nap(struct future *future)
{
    sleep_cancel(&CONTAINER_OF(future, struct nap, future)->sleep);
}

/* Sleeps until the deadline that the thread has noted down. If a handler ends the sleep, the rest
 * is stored; if none does, the sleep goes on. */
static int64_t sleep_on(struct user_thread *thread)
{
    struct nap nap = {.future = {.poll = poll_nap, .cancel = cancel_nap}};
    sleep_until(&nap.sleep, thread->sleep_deadline);
    if (await_interruptible(&nap.future) == OK)
        return 0;
    uint64_t now = clock_now();
    struct time_spec rest =
        to_spec(thread->sleep_deadline > now ? thread->sleep_deadline - now : 0);
    if (thread->sleep_remaining && copy_to_user(thread->sleep_remaining, &rest, sizeof(rest)) != OK)
        return syscall_result(ERROR_BAD_ADDRESS);
    return RESTART_SLEEP;
}

static int64_t restart_sleep(struct trap_frame *frame)
{
    (void)frame;
    return sleep_on(user_thread_current());
}

static int64_t begin_sleep(uint64_t deadline, virt_addr_t remaining)
{
    struct user_thread *thread = user_thread_current();
    thread->restart = restart_sleep;
    thread->sleep_deadline = deadline;
    thread->sleep_remaining = remaining;
    return sleep_on(thread);
}

int64_t syscall_nanosleep(struct trap_frame *frame)
{
    uint64_t time;
    enum error error = time_from_user(argument_0(frame), &time);
    if (error)
        return syscall_result(error);
    return begin_sleep(clock_now() + time, argument_1(frame));
}

int64_t syscall_clock_nanosleep(struct trap_frame *frame)
{
    int clock = (int)argument_0(frame);
    bool absolute = argument_1(frame) & TIMER_ABSTIME;
    uint64_t time = 0, now;
    enum error error = read_clock(clock, &now);
    if (!error && (clock == CLOCK_THREAD_CPUTIME || clock == CLOCK_PROCESS_CPUTIME))
        error = ERROR_UNSUPPORTED;
    if (!error)
        error = time_from_user(argument_2(frame), &time);
    if (error)
        return syscall_result(error);
    if (absolute)
        time = time > now ? time - now : 0;
    return begin_sleep(clock_now() + time, absolute ? 0 : argument_3(frame));
}

/* EINTR, as Linux says when no call was interrupted. */
enum { NOTHING_TO_RESTART = -4 };

int64_t syscall_restart_syscall(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    return thread->restart ? thread->restart(frame) : NOTHING_TO_RESTART;
}

/* --- Alarms ---------------------------------------------------------------------------------- */

enum { ITIMER_REAL = 0 };

struct timer_value {
    struct time_value period, delay;
};

static struct timer_value current_timer(void)
{
    uint64_t delay, period;
    alarm_get(process_current(), &delay, &period);
    return (struct timer_value){to_value(period), to_value(delay)};
}

int64_t syscall_getitimer(struct trap_frame *frame)
{
    struct timer_value value = current_timer();
    if (argument_0(frame) != ITIMER_REAL)
        return syscall_result(ERROR_INVALID);
    return syscall_result(copy_to_user(argument_1(frame), &value, sizeof(value)));
}

int64_t syscall_setitimer(struct trap_frame *frame)
{
    struct timer_value old = current_timer(), new = {{0, 0}, {0, 0}};
    uint64_t delay = 0, period = 0;
    enum error error = OK;
    if (argument_0(frame) != ITIMER_REAL)
        return syscall_result(ERROR_INVALID);
    if (argument_1(frame))
        error = copy_from_user(&new, argument_1(frame), sizeof(new));
    if (!error)
        error = from_parts(new.delay.seconds, new.delay.microseconds, 1000, &delay);
    if (!error)
        error = from_parts(new.period.seconds, new.period.microseconds, 1000, &period);
    if (!error)
        error = alarm_set(process_current(), delay, period);
    if (!error && argument_2(frame))
        error = copy_to_user(argument_2(frame), &old, sizeof(old));
    return syscall_result(error);
}

/* The result is the old alarm in seconds, rounded, but not to 0. */
int64_t syscall_alarm(struct trap_frame *frame)
{
    uint64_t delay, period, seconds = (uint32_t)argument_0(frame);
    alarm_get(process_current(), &delay, &period);
    enum error error = alarm_set(process_current(), seconds * NANOSECONDS_PER_SECOND, 0);
    if (error)
        return syscall_result(error);
    uint64_t rounded = (delay + NANOSECONDS_PER_SECOND / 2) / NANOSECONDS_PER_SECOND;
    return (int64_t)(delay ? MAX(rounded, UINT64_C(1)) : 0);
}
