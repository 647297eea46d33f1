/*
 * Threads of the kernel's own, for work in direct style that waits for devices.
 */
#ifndef MM_KERNEL_THREADS_H
#define MM_KERNEL_THREADS_H

#include <error.h>
#include <kernel/task/executor.h>

/* Calls function(argument) in a new thread of high priority, with a stack of its own. The thread
 * ends when the function returns. `name` stays valid until then. ERROR_OUT_OF_FRAMES; then nothing
 * is called. In tasks and set-up code. */
enum error kernel_thread_spawn(struct executor *executor, const char *name,
                               void (*function)(void *argument), void *argument);

#endif
