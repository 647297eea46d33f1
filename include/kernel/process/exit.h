/*
 * The end of a thread, and of a process.
 */
#ifndef KERNEL_PROCESS_EXIT_H
#define KERNEL_PROCESS_EXIT_H

#include <kernel/process/process.h>

/* Is called when the first process ends, with its status; does not return. Set in set-up code. */
extern void (*process_first_ended)(int status);

/* Is called in its thread when a session's first process ends, unless it is NULL. Set in set-up
 * code. */
extern void (*process_session_ended)(int session);

/* Ends the running process with a status as wait4() gives it, unless it ends already. In threads of
 * programs. */
NORETURN void process_exit(int status);

/* Ends the running thread. If it is the last one, its process ends with its status. In threads of
 * programs. */
NORETURN void thread_exit(int status);

/* Ends all threads of the process but the running one, which then has the process's number. False:
 * the process ends, or another thread has begun to do the same. In threads of programs; waits. */
bool process_end_other_threads(void);

/* The running process's memory goes, on its end or on exec: the parent that waits for its vfork
 * goes on. In threads of programs; may wait. */
void process_give_back_space(struct process *process);

#endif
