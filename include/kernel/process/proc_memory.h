/*
 * The files of /proc/PID that show memory: the operations of struct proc_entry.
 */
#ifndef KERNEL_PROCESS_PROC_MEMORY_H
#define KERNEL_PROCESS_PROC_MEMORY_H

#include <fs/proc.h>

/* Write the content of maps, smaps, statm, oom_score and oom_score_adj of process or thread `id`.
 * ERROR_NO_PROCESS. In threads. */
enum error proc_write_maps(struct text *text, int id);
enum error proc_write_smaps(struct text *text, int id);
enum error proc_write_statm(struct text *text, int id);
enum error proc_write_oom_score(struct text *text, int id);
enum error proc_write_oom_adjust(struct text *text, int id);

/* Sets oom_score_adj to the number in `text`, OOM_ADJUST_MIN to OOM_ADJUST_MAX. ERROR_ACCESS: a
 * user other than root goes below what root has set. ERROR_INVALID, ERROR_NO_PROCESS. In threads.
 */
enum error proc_store_oom_adjust(const char *text, int id);

#endif
