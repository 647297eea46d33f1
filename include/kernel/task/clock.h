/*
 * Time since the start: nanoseconds that never step back. The timer's interrupt moves the clock on
 * tick by tick. Where the processor's time stamp counter runs at a constant rate, it is measured
 * against a second's worth of ticks while the system is already at work, and from then on the clock
 * is as fine as the counter.
 */
#ifndef KERNEL_TASK_CLOCK_H
#define KERNEL_TASK_CLOCK_H

#include <types.h>

#define NANOSECONDS_PER_SECOND      UINT64_C(1000000000)
#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)

/* Starts the clock at 0, or lets a running one run on, with ticks of `tick` > 0 nanoseconds.
 * `constant_tsc`: the time stamp counter may be used. During set-up, with interrupts masked. */
void clock_start(uint64_t tick, bool constant_tsc);

/* Moves the clock on and returns the time. For the timer's interrupt handler. */
uint64_t clock_tick(void);

/* The same for a tick whose length was measured. */
uint64_t clock_tick_after(uint64_t nanoseconds);

/* Has the time stamp counter measured, for clock_from_tsc(); a constant one drives the clock when a
 * whole second has been measured, and then this has no effect any more. For the timer's interrupt
 * handler, right after clock_tick(), several times a second. */
void clock_calibrate(void);

/* Nanoseconds since the clock was started; 0 before. Any context. */
uint64_t clock_now(void);

/* How many nanoseconds are `ticks` of the time stamp counter, as well as is known; 0 while nothing
 * is. Any context. */
uint64_t clock_from_tsc(uint64_t ticks);

#endif
