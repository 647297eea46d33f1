/*
 * The real-time timer of a process, which sends SIGALRM: alarm() and setitimer(ITIMER_REAL).
 */
#ifndef KERNEL_PROCESS_ALARM_H
#define KERNEL_PROCESS_ALARM_H

#include <kernel/process/process.h>

/* Alarms run on executor `of`. In set-up code. */
void alarms_start(struct executor *of);

/* Sets the alarm for `delay` nanoseconds from now, and from then on for each `period`, unless that
 * is 0. A delay of 0 turns it off. ERROR_OUT_OF_FRAMES. In threads. */
enum error alarm_set(struct process *process, uint64_t delay, uint64_t period);

/* How long it is until the alarm, at least 1 if it is set, and its period; in nanoseconds. */
void alarm_get(const struct process *process, uint64_t *delay, uint64_t *period);

#endif
