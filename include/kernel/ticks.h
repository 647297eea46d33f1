/*
 * The timer's interrupt, a thousand times a second: it advances the clock and lets timers fire.
 */
#ifndef KERNEL_TICKS_H
#define KERNEL_TICKS_H

#include <types.h>

struct trap_frame;

/* Starts the clock, and the PIT's ticks. About every 16 ms a tick calls `work`, with the time in
 * nanoseconds and the interrupted state, in the interrupt handler. During set-up, after
 * interrupts_start(), with interrupts masked. */
void ticks_start(void (*work)(uint64_t time, const struct trap_frame *frame));

/* Checks that ticks come. If the PIT raises none, the local APIC's timer is started instead, if the
 * clock has a reference to measure it by. With `accept_counting`, a PIT that counts is enough, so
 * that the check takes no time. Otherwise, or if it does not count, it waits for a tick: up to half
 * a second for the PIT's, up to five seconds for the local APIC's. After set-up, with interrupts
 * enabled. Returns false, and logs it, if nothing ticks. */
bool ticks_come(bool accept_counting);

#endif
