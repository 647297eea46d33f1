/*
 * How large a program may make files: RLIMIT_FSIZE. A program that exceeds the limit gets SIGXFSZ.
 */
#ifndef KERNEL_PROCESS_FILE_LIMITS_H
#define KERNEL_PROCESS_FILE_LIMITS_H

/* Registers the callbacks by which fs/ learns of a program's limit. To be called when the first
 * such limit is set: until then no write has to look for one. In threads. */
void file_limits_start(void);

#endif
