/*
 * Threads of the kernel's own, for work in direct style that waits for devices.
 */
#ifndef MM_KERNEL_THREADS_H
#define MM_KERNEL_THREADS_H

#include <error.h>
#include <kernel/task/executor.h>

/* Calls function(argument) in a thread of high priority with a stack of its own, which is over when
 * the function returns. `name` stays. ERROR_OUT_OF_FRAMES; nothing is called then. In tasks and
 * set-up code. */
enum error kernel_thread_spawn(struct executor *executor, const char *name,
                               void (*function)(void *argument), void *argument);

#endif
