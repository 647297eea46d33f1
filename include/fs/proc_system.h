/*
 * The files of /proc that tell of the whole system.
 */
#ifndef FS_PROC_SYSTEM_H
#define FS_PROC_SYSTEM_H

/* Adds them. Once, in set-up code. */
void proc_system_add(void);

#endif
