/*
 * The timer's interrupt, a thousand times a second: it advances the clock and lets timers fire.
 */
#ifndef KERNEL_TICKS_H
#define KERNEL_TICKS_H

#include <types.h>

struct trap_frame;

/* Starts the clock, and makes the PIT raise a first tick; further ones come after ticks_come().
 * About every 16 ms a tick calls `work`, with the time in nanoseconds and the interrupted state, in
 * the interrupt handler. During set-up, after interrupts_start(), with interrupts masked. */
void ticks_start(void (*work)(uint64_t time, const struct trap_frame *frame));

/* Checks that the first tick has come, or waits for it, and makes the PIT tick. If none comes, the
 * HPET is made to give back the PIT's interrupt line. If that does not help, the local APIC's timer
 * is started instead, if the clock has a reference to measure it by. Waits up to half a second for
 * the PIT and up to five seconds for the local APIC's timer, usually not at all. During set-up,
 * with interrupts enabled. Returns false, and logs it, if nothing ticks. */
bool ticks_come(void);

#endif
