/*
 * The time since the start, in nanoseconds. It never goes back.
 */
#ifndef KERNEL_TASK_CLOCK_H
#define KERNEL_TASK_CLOCK_H

#include <kernel/task/clock_page.h>
#include <types.h>

#define NANOSECONDS_PER_SECOND      UINT64_C(1000000000)
#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)

/* A counter of a known rate that counts on whether software reads it or not. */
struct clock_reference {
    const char *name;
    uint64_t (*read)(void); /* called with interrupts masked */
    uint64_t mask;          /* the bits that it has, from bit 0 on */
    uint64_t frequency;     /* in Hz, from 1 MHz to 10 GHz */
};

/* Starts the clock at 0, with ticks of `tick` > 0 nanoseconds; if the clock runs already, it keeps
 * its time. `reference` is copied; NULL: there is none. `constant_tsc`: the time stamp counter
 * always runs at the same rate. During set-up, with interrupts masked. */
void clock_start(uint64_t tick, const struct clock_reference *reference, bool constant_tsc);

/* Advances the clock and returns the time. For the timer's interrupt handler, once a tick. */
uint64_t clock_tick(void);

/* Makes the next tick compare the clock with the reference. For the timer's interrupt handler,
 * every few milliseconds. */
void clock_check(void);

/* Nanoseconds since the clock was started; 0 before. Any context. */
uint64_t clock_now(void);

/* Converts `ticks` of the time stamp counter to nanoseconds, by its last measured rate; 0 until it
 * has been measured. Any context. */
uint64_t clock_from_tsc(uint64_t ticks);

/* The time of day: nanoseconds since the start of 1970, UTC. Before clock_set_real() it counts from
 * 0. It jumps when it is set. Any context. */
int64_t clock_real_now(void);

/* The time of day at the last tick: up to a tick behind, and cheaper. Any context. */
int64_t clock_real_at_tick(void);

/* Sets the time of day. In tasks and set-up code. */
void clock_set_real(int64_t real);

/* Makes the clock keep `page`, which is all zeros, up to date from now on, for programs to read. In
 * tasks and set-up code. */
void clock_share(struct clock_page *page);

#endif
