/*
 * The files of /proc that tell of the whole system.
 */
#ifndef FS_PROC_SYSTEM_H
#define FS_PROC_SYSTEM_H

#include <error.h>
#include <fs/text.h>

/* Adds them. Once, in set-up code. */
void proc_system_add(void);

/* Writes /proc/cpuinfo, of which there is one for all processes. In threads. */
enum error proc_write_cpuinfo(struct text *text, int process);

#endif
