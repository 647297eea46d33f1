/*
 * The monitor: the task that reads lines and runs commands, and the tasks that feed it.
 */
#ifndef KERNEL_MONITOR_MONITOR_H
#define KERNEL_MONITOR_MONITOR_H

#include <kernel/task/stream.h>

/* Spawns the monitor, which shows the prompt at its first poll, and a task that shows log lines
 * from interrupt handlers. */
void monitor_start(struct executor *executor);

/* Has lines that interrupt handlers have logged shown soon. For the timer's interrupt handler: a
 * handler that logs may have interrupted anything, the executor's queue included, so it cannot wake
 * the log task itself. */
void monitor_tick(void);

/* Spawns the task that decodes `scancodes` and types them. */
void monitor_read_keyboard(struct executor *executor, struct byte_stream *scancodes);

/* Spawns the task that types the bytes of a serial line, where CR, LF or CR LF ends a line. */
void monitor_read_serial(struct executor *executor, struct byte_stream *bytes);

#endif
