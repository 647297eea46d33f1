/*
 * The files of /proc/PID and /proc/PID/task/TID.
 */
#ifndef KERNEL_PROCESS_PROC_FILES_H
#define KERNEL_PROCESS_PROC_FILES_H

struct process;

/* The state of the process's first thread as a letter, as in /proc/PID/stat: R, S or T. Z: there is
 * no such thread, although others may go on. In tasks and threads. */
char process_state_letter(const struct process *process);

/* Registers these files and the list of processes with procfs. In set-up code, after fs_start(). */
void proc_files_start(void);

#endif
