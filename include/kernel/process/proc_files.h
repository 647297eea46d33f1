/*
 * What /proc says of processes: the files of /proc/PID.
 */
#ifndef KERNEL_PROCESS_PROC_FILES_H
#define KERNEL_PROCESS_PROC_FILES_H

struct process;

/* R, S, T or Z, as /proc/PID/stat has it. In tasks and threads. */
char process_state_letter(const struct process *process);

/* Tells procfs of processes. In set-up code, after fs_start(). */
void proc_files_start(void);

#endif
