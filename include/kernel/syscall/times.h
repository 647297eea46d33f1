/*
 * Times and clocks as programs give them.
 */
#ifndef KERNEL_SYSCALL_TIMES_H
#define KERNEL_SYSCALL_TIMES_H

#include <error.h>
#include <kernel/process/timers.h>
#include <types.h>

/* Linux's struct timespec, and its struct itimerspec: all timers' settings. */
struct time_spec {
    int64_t seconds, nanoseconds;
};
struct timer_spec {
    struct time_spec period, value;
};

enum { TIMER_ABSTIME = 1 };

/* Nanoseconds as a struct timespec. */
struct time_spec time_to_spec(uint64_t nanoseconds);

/* Nanoseconds from seconds and a rest in units of `unit` nanoseconds; what does not fit is for
 * ever. ERROR_INVALID: negative, or the rest is a second or more. */
enum error time_from_parts(int64_t seconds, int64_t rest, uint64_t unit, uint64_t *time);

/* Reads a program's struct timespec, as nanoseconds. ERROR_INVALID, ERROR_BAD_ADDRESS. In threads
 * of programs; may wait. So do the next two. */
enum error time_from_user(virt_addr_t from, uint64_t *time);

/* Read and write a timer's settings. An address of 0 is ERROR_BAD_ADDRESS. */
enum error timer_from_user(virt_addr_t from, uint64_t *value, uint64_t *period);
enum error timer_to_user(virt_addr_t to, uint64_t value, uint64_t period);

/* A clock that a program has named. */
struct program_clock {
    enum timer_clock kind;
    bool may_sleep;                /* programs can sleep by it, and set timers */
    const struct process *process; /* whose processor time it is */
};

/* ERROR_INVALID: there is no such clock. */
enum error program_clock_find(int id, struct program_clock *clock);

/* The clock's time in nanoseconds. */
uint64_t program_clock_now(const struct program_clock *clock);

/* `value` from now on as a time by that clock, unless it is one already. */
uint64_t program_clock_time(const struct program_clock *clock, bool is_absolute, uint64_t value);

#endif
