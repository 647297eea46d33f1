/*
 * The watchdog: reports a task whose poll takes too long.
 */
#ifndef KERNEL_TASK_WATCHDOG_H
#define KERNEL_TASK_WATCHDOG_H

#include <kernel/task/clock.h>
#include <kernel/task/executor.h>

#define WATCHDOG_LIMIT NANOSECONDS_PER_SECOND /* that a poll may take */

/* Looks at the task that this processor is polling at `time`, in nanoseconds; `rip` is the address
 * that was interrupted. Logs a poll that takes longer than the limit, once, with the place of
 * `rip`. Returns true while such a poll runs: meanwhile no other task is polled, not even the
 * log's. For the timer's interrupt handler, several times a second. */
bool watchdog_look(uint64_t time, virt_addr_t rip);

#endif
