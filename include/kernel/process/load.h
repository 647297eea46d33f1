/*
 * How busy the processor is: the load averages, and what it has spent its time with. /proc/loadavg,
 * /proc/stat and /proc/vmstat show it.
 */
#ifndef KERNEL_PROCESS_LOAD_H
#define KERNEL_PROCESS_LOAD_H

#include <kernel/task/executor.h>

/* Begins to count, in a task of `executor`, and adds the files to /proc. In set-up code. */
void load_start(struct executor *executor);

/* A thread that runs a program has got the processor. */
void load_note_switch(void);

#endif
