/*
 * The timer's interrupt, a thousand times a second: it moves the clock on and lets timers fire.
 */
#ifndef KERNEL_TICKS_H
#define KERNEL_TICKS_H

#include <types.h>

struct trap_frame;

/* Starts the clock and has the PIT tick. `look_around` is called at a tick every 16 ms or so, with
 * the time in nanoseconds and what was interrupted. During set-up, after interrupts_start(). */
void ticks_start(void (*look_around)(uint64_t time, const struct trap_frame *frame));

/* Do ticks come? If the PIT's do not, the local APIC's timer is made to tick, if there is a clock
 * to measure it by. With `counting_will_do`, nobody waits for a tick by now: that the PIT counts is
 * proof enough, and costs no time. Without, or if it does not count, up to half a second is waited
 * for a tick. After the set-up, with interrupts enabled. False when there is no tick to be had,
 * which is logged. */
bool ticks_come(bool counting_will_do);

#endif
