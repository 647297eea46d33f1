/*
 * The watchdog: names a task that keeps the processor for itself.
 */
#ifndef KERNEL_TASK_WATCHDOG_H
#define KERNEL_TASK_WATCHDOG_H

#include <kernel/task/executor.h>

#define WATCHDOG_LIMIT UINT64_C(1000000000) /* nanoseconds that a poll may take */

/* Looks at what `executor` is doing at `time`, in nanoseconds; `rip` is the address that was
 * interrupted. A poll that is found at work for longer than the limit is logged, once. For the
 * timer's interrupt handler, several times a second. */
void watchdog_look(const struct executor *executor, uint64_t time, virt_addr_t rip);

#endif
