/*
 * Write-back: what is newer in memory than on a disk goes there after some seconds, by a thread of
 * the kernel's own.
 */
#ifndef FS_WRITE_BACK_H
#define FS_WRITE_BACK_H

/* Starts write-back. Once, in set-up code. */
void write_back_start(void);

#endif
