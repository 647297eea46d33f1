/*
 * How large a program may make files: RLIMIT_FSIZE. One that asks for more gets SIGXFSZ.
 */
#ifndef KERNEL_PROCESS_FILE_LIMITS_H
#define KERNEL_PROCESS_FILE_LIMITS_H

/* From now on programs' limits hold. For the first one that is set: until then no write asks for
 * any. In threads. */
void file_limits_start(void);

#endif
