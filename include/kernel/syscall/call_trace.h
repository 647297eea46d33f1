/*
 * Watching the calls of programs, in words: in the log, as strace(1) shows them, or in a history of
 * each thread's last ones. While neither is wanted, no call costs more.
 */
#ifndef KERNEL_SYSCALL_CALL_TRACE_H
#define KERNEL_SYSCALL_CALL_TRACE_H

#include <kernel/process/user_thread.h>

/* Logs the calls of programs with that name, or of all with NULL, from now on. */
void call_trace_log(const char *program);

/* Keeps a history of each thread from now on. */
void call_trace_keep(void);

/* Calls `show` with each call in the thread's history, the oldest first; without a history with the
 * last one, if that is known. In tasks and threads, for another thread; `show` does not wait. */
void call_trace_for_each(const struct user_thread *thread, void (*show)(const char *text));

#endif
