/*
 * The watchdog: names a task that keeps the processor for itself.
 */
#ifndef KERNEL_TASK_WATCHDOG_H
#define KERNEL_TASK_WATCHDOG_H

#include <kernel/task/clock.h>
#include <kernel/task/executor.h>

#define WATCHDOG_LIMIT NANOSECONDS_PER_SECOND /* that a poll may take */

/* Looks at the task that this processor is polling at `time`, in nanoseconds; `rip` is the address
 * that was interrupted. A poll that is found at work for longer than the limit is logged, once, as
 * is where it is then. Returns whether there is such a poll: no other task is polled now,
 * the log's neither. For the timer's interrupt handler, several times a second. */
bool watchdog_look(uint64_t time, virt_addr_t rip);

#endif
