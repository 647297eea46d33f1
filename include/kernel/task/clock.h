/*
 * Time since the start: nanoseconds that never step back.
 */
#ifndef KERNEL_TASK_CLOCK_H
#define KERNEL_TASK_CLOCK_H

#include <types.h>

#define NANOSECONDS_PER_SECOND      UINT64_C(1000000000)
#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)

/* A counter of a known rate that counts on whether it is read or not. */
struct clock_reference {
    const char *name;
    uint64_t (*read)(void); /* called with interrupts masked */
    uint64_t mask;          /* the bits that it has, from bit 0 on */
    uint64_t frequency;     /* in Hz, from 1 MHz to 10 GHz */
};

/* Starts the clock at 0, or lets a running one run on, with ticks of `tick` > 0 nanoseconds.
 * `reference` is copied; NULL: there is none, and only the ticks are known. `constant_tsc`: the
 * time stamp counter always runs at the same rate. During set-up, with interrupts masked. */
void clock_start(uint64_t tick, const struct clock_reference *reference, bool constant_tsc);

/* Moves the clock on and returns the time. For the timer's interrupt handler. */
uint64_t clock_tick(void);

/* Asks for the next tick to be compared with the reference. To be called every few milliseconds, by
 * the timer's interrupt handler. */
void clock_check(void);

/* Nanoseconds since the clock was started; 0 before. Any context. */
uint64_t clock_now(void);

/* How many nanoseconds are `ticks` of the time stamp counter, as well as is known; 0 while nothing
 * is. Any context. */
uint64_t clock_from_tsc(uint64_t ticks);

#endif
