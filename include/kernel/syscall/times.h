/*
 * Times and clocks in the form in which programs give them.
 */
#ifndef KERNEL_SYSCALL_TIMES_H
#define KERNEL_SYSCALL_TIMES_H

#include <error.h>
#include <kernel/process/timers.h>
#include <types.h>

/* Linux's struct timespec, and its struct itimerspec, the setting of a timer. */
struct time_spec {
    int64_t seconds, nanoseconds;
};
struct timer_spec {
    struct time_spec period, value;
};

enum { TIMER_ABSTIME = 1 };

/* Nanoseconds as a struct timespec. Any context. */
struct time_spec time_to_spec(uint64_t nanoseconds);

/* *time becomes seconds and a rest in units of `unit` nanoseconds, as nanoseconds. A time that does
 * not fit becomes INT64_MAX, 292 years. ERROR_INVALID: a part is negative, or the rest is a second
 * or more. Any context. */
enum error time_from_parts(int64_t seconds, int64_t rest, uint64_t unit, uint64_t *time);

/* Reads a program's struct timespec, as nanoseconds. ERROR_INVALID, ERROR_BAD_ADDRESS. In threads
 * of programs; may wait. So do the next two. */
enum error time_from_user(virt_addr_t from, uint64_t *time);

/* Read and write a timer's setting, in nanoseconds. ERROR_INVALID, ERROR_BAD_ADDRESS, also for
 * address 0.
 */
enum error timer_from_user(virt_addr_t from, uint64_t *value, uint64_t *period);
enum error timer_to_user(virt_addr_t to, uint64_t value, uint64_t period);

/* Linux's numbers of clocks (include/uapi/linux/time.h). */
enum {
    CLOCK_REALTIME,
    CLOCK_MONOTONIC,
    CLOCK_PROCESS_CPUTIME,
    CLOCK_THREAD_CPUTIME,
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_BOOTTIME,
    CLOCK_TAI = 11,
};

/* A clock that a program has named. */
struct program_clock {
    enum timer_clock kind;
    bool may_sleep;                /* programs can sleep by it */
    const struct process *process; /* of processor time: the process that it belongs to */
};

/* Finds the clock of that number. ERROR_INVALID: there is none. In threads of programs, like all
 * that follow. */
enum error program_clock_find(int id, struct program_clock *clock);

/* The clock's time in nanoseconds. */
uint64_t program_clock_now(const struct program_clock *clock);

/* A time by that clock: `value` itself if it `is_absolute`, else `value` from now on. */
uint64_t program_clock_time(const struct program_clock *clock, bool is_absolute, uint64_t value);

#endif
