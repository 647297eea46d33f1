#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

struct time_spec time_to_spec(uint64_t nanoseconds)
{
    return (struct time_spec){(int64_t)(nanoseconds / NANOSECONDS_PER_SECOND),
                              (int64_t)(nanoseconds % NANOSECONDS_PER_SECOND)};
}

enum error time_from_parts(int64_t seconds, int64_t rest, uint64_t unit, uint64_t *time)
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
    return error ? error : time_from_parts(spec.seconds, spec.nanoseconds, 1, time);
}

enum error timer_from_user(virt_addr_t from, uint64_t *value, uint64_t *period)
{
    struct timer_spec spec;
    enum error error = copy_from_user(&spec, from, sizeof(spec));
    if (!error)
        error = time_from_parts(spec.value.seconds, spec.value.nanoseconds, 1, value);
    if (!error)
        error = time_from_parts(spec.period.seconds, spec.period.nanoseconds, 1, period);
    return error;
}

enum error timer_to_user(virt_addr_t to, uint64_t value, uint64_t period)
{
    const struct timer_spec spec = {time_to_spec(period), time_to_spec(value)};
    return copy_to_user(to, &spec, sizeof(spec));
}

/* --- Clocks ---------------------------------------------------------------------------------- */

/* The processor time of a given process or thread is a clock with a negative number. That is made
 * of the complement of the process's number, and of the kind of time
 * (include/linux/posix-timers.h). */
enum { COUNTED = 3, COUNTS_USER_TIME = 1, COUNTS_DEVICE = 3, OF_THREAD = 4, ID_SHIFT = 3 };

static enum error find_processor_clock(int id, struct program_clock *clock)
{
    int number = ~id >> ID_SHIFT;
    bool of_thread = id & OF_THREAD;
    clock->may_sleep = false;
    clock->process = number ? process_find(number) : process_current();
    if ((id & COUNTED) == COUNTS_DEVICE || !clock->process)
        return ERROR_INVALID;
    clock->kind = (id & COUNTED) == COUNTS_USER_TIME ? TIMER_USER_TIME : TIMER_PROCESS_TIME;
    if (of_thread && clock->process != process_current())
        return ERROR_INVALID;
    if (of_thread)
        clock->kind = TIMER_THREAD_TIME;
    return OK;
}

enum error program_clock_find(int id, struct program_clock *clock)
{
    static const struct program_clock clocks[] = {
        [CLOCK_REALTIME] = {TIMER_TIME_OF_DAY, true, NULL},
        [CLOCK_MONOTONIC] = {TIMER_SINCE_START, true, NULL},
        [CLOCK_PROCESS_CPUTIME] = {TIMER_PROCESS_TIME, false, NULL},
        [CLOCK_THREAD_CPUTIME] = {TIMER_THREAD_TIME, false, NULL},
        [CLOCK_MONOTONIC_RAW] = {TIMER_SINCE_START, false, NULL},
        [CLOCK_REALTIME_COARSE] = {TIMER_TIME_OF_DAY, false, NULL},
        [CLOCK_MONOTONIC_COARSE] = {TIMER_SINCE_START, false, NULL},
        [CLOCK_BOOTTIME] = {TIMER_SINCE_START, true, NULL}, /* Cairn never sleeps */
    };
    *clock = (struct program_clock){TIMER_TIME_OF_DAY, true, process_current()};
    if (id == CLOCK_TAI)
        return OK;
    if (id < 0)
        return find_processor_clock(id, clock);
    if ((size_t)id >= ARRAY_SIZE(clocks))
        return ERROR_INVALID;
    clock->kind = clocks[id].kind;
    clock->may_sleep = clocks[id].may_sleep;
    return OK;
}

uint64_t program_clock_now(const struct program_clock *clock)
{
    return process_timer_now(clock->process, clock->kind);
}

uint64_t program_clock_time(const struct program_clock *clock, bool is_absolute, uint64_t value)
{
    return is_absolute ? value : program_clock_now(clock) + value;
}
