/*
 * The end of a thread, and of a process.
 */
#ifndef KERNEL_PROCESS_EXIT_H
#define KERNEL_PROCESS_EXIT_H

#include <kernel/process/process.h>

/* A callback for the end of the first process, with its status; does not return. Set in set-up
 * code.
 */
extern void (*process_first_ended)(int status);

/* A callback for the end of a session's first process, in a thread of that; NULL: none. Set in
 * set-up code. */
extern void (*process_session_ended)(int session);

/* Ends the running process with a status as wait4() gives it; if it ends already, that status
 * stays. In threads of programs. */
NORETURN void process_exit(int status);

/* Ends the running thread. If it is the last one, its process ends with its status. In threads of
 * programs. */
NORETURN void thread_exit(int status);

/* Ends all threads of the process but the running one, which then has the process's number. Returns
 * false if the process ends, or another thread has begun to do the same. In threads of programs;
 * may wait. */
bool process_end_other_threads(void);

/* Gives back the running process's memory, at its end or on exec. A caller of vfork that waits for
 * that goes on. In threads of programs; may wait. */
void process_give_back_space(struct process *process);

#endif
