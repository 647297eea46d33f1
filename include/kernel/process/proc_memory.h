/*
 * The files of /proc/PID that are about memory: the operations of their entries.
 */
#ifndef KERNEL_PROCESS_PROC_MEMORY_H
#define KERNEL_PROCESS_PROC_MEMORY_H

#include <fs/proc.h>

/* Write the content of these files. ERROR_NO_PROCESS. In threads. */
enum error proc_write_maps(struct text *text, int id);
enum error proc_write_smaps(struct text *text, int id);
enum error proc_write_statm(struct text *text, int id);
enum error proc_write_oom_score(struct text *text, int id);
enum error proc_write_oom_adjust(struct text *text, int id);

/* Takes a number from OOM_ADJUST_MIN to OOM_ADJUST_MAX. Only root goes below what root
 * has set. */
enum error proc_store_oom_adjust(const char *text, int id);

#endif
