/*
 * How busy the processor is: the load averages, and its time by user, system and idle. Shown in
 * /proc/loadavg, /proc/stat and /proc/vmstat.
 */
#ifndef KERNEL_PROCESS_LOAD_H
#define KERNEL_PROCESS_LOAD_H

#include <kernel/task/executor.h>

/* Spawns the task that computes the averages, and adds the files to /proc. In set-up code. */
void load_start(struct executor *executor);

/* Counts that a program's thread has got the processor. On the executor's stack. */
void load_note_switch(void);

#endif
