/*
 * Time since the start, moved on by the timer interrupt.
 */
#ifndef KERNEL_TASK_CLOCK_H
#define KERNEL_TASK_CLOCK_H

#include <types.h>

#define NANOSECONDS_PER_SECOND UINT64_C(1000000000)

/* Moves the clock on. For the timer's interrupt handler. */
void clock_advance(uint64_t nanoseconds);

/* Nanoseconds since the timer was started; 0 before. Never steps back; as fine as the timer's tick.
 * Any context. */
uint64_t clock_now(void);

#endif
