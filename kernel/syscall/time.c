#include <kernel/process/cpu_time.h>
#include <kernel/process/credentials.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <kernel/task/deadline.h>
#include <lib/string.h>
#include <mm/user_copy.h>

/* Linux's struct timeval. */
struct time_value {
    int64_t seconds, microseconds;
};

static struct time_value to_value(uint64_t time)
{
    return (struct time_value){(int64_t)(time / NANOSECONDS_PER_SECOND),
                               (int64_t)(time % NANOSECONDS_PER_SECOND / 1000)};
}

/* --- Reading --------------------------------------------------------------------------------- */

int64_t syscall_clock_gettime(struct trap_frame *frame)
{
    struct program_clock clock;
    enum error error = program_clock_find((int)argument_0(frame), &clock);
    if (error)
        return syscall_result(error);
    struct time_spec spec = time_to_spec(program_clock_now(&clock));
    return syscall_result(copy_to_user(argument_1(frame), &spec, sizeof(spec)));
}

int64_t syscall_clock_getres(struct trap_frame *frame)
{
    struct program_clock clock;
    const struct time_spec spec = {0, 1};
    enum error error = program_clock_find((int)argument_0(frame), &clock);
    if (!error && argument_1(frame))
        error = copy_to_user(argument_1(frame), &spec, sizeof(spec));
    return syscall_result(error);
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
    struct cpu_time own = process_cpu_time(process), children = process_children_time(process);
    const uint64_t times[4] = {cpu_time_user(own) / TICK, cpu_time_system(own) / TICK,
                               cpu_time_user(children) / TICK, cpu_time_system(children) / TICK};
    if (argument_0(frame) && copy_to_user(argument_0(frame), times, sizeof(times)))
        return syscall_result(ERROR_BAD_ADDRESS);
    return (int64_t)(clock_now() / TICK);
}

/* --- Setting --------------------------------------------------------------------------------- */

/* The clock has to be able to go on for thirty years (Linux: TIME_SETTOD_SEC_MAX). */
static enum error set_time(uint64_t time)
{
    const uint64_t thirty_years = UINT64_C(30) * 365 * 86400 * NANOSECONDS_PER_SECOND;
    if (time >= INT64_MAX - thirty_years)
        return ERROR_INVALID;
    if (!is_privileged())
        return ERROR_NOT_PERMITTED;
    deadline_set_time_of_day((int64_t)time);
    return OK;
}

int64_t syscall_clock_settime(struct trap_frame *frame)
{
    uint64_t time = 0;
    if ((int)argument_0(frame) != CLOCK_REALTIME)
        return syscall_result(ERROR_INVALID);
    enum error error = time_from_user(argument_1(frame), &time);
    return syscall_result(error ? error : set_time(time));
}

int64_t syscall_settimeofday(struct trap_frame *frame)
{
    struct time_value value;
    uint64_t time = 0;
    if (!argument_0(frame)) /* only a time zone, which is ignored */
        return 0;
    enum error error = copy_from_user(&value, argument_0(frame), sizeof(value));
    if (!error)
        error = time_from_parts(value.seconds, value.microseconds, 1000, &time);
    return syscall_result(error ? error : set_time(time));
}

/* Linux's struct timex, with names for the fields that programs read. */
struct clock_state {
    uint32_t modes; /* what is to be changed */
    int64_t offset, frequency, largest_error, estimated_error;
    int32_t status;
    int64_t constant, precision, tolerance;
    struct time_value time;
    int64_t tick; /* microseconds */
    uint8_t rest[112];
};
_Static_assert(sizeof(struct clock_state) == 208, "Linux: include/uapi/linux/timex.h");

/* Reports, in Linux's way, that no time server adjusts the clock. The call cannot change the clock.
 */
int64_t syscall_adjtimex(struct trap_frame *frame)
{
    enum { UNSYNCHRONISED = 0x40, TIME_ERROR = 5, LARGEST_ERROR = 16000000, TICK = 10000 };
    struct clock_state state;
    if (copy_from_user(&state, argument_0(frame), sizeof(state)))
        return syscall_result(ERROR_BAD_ADDRESS);
    if (state.modes)
        return syscall_result(ERROR_NOT_PERMITTED);
    memset(&state, 0, sizeof(state));
    state.largest_error = state.estimated_error = LARGEST_ERROR;
    state.status = UNSYNCHRONISED;
    state.precision = 1;
    state.tick = TICK;
    state.time = to_value((uint64_t)clock_real_now());
    if (copy_to_user(argument_0(frame), &state, sizeof(state)))
        return syscall_result(ERROR_BAD_ADDRESS);
    return TIME_ERROR;
}
