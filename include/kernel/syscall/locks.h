/*
 * fcntl()'s commands for locks.
 */
#ifndef KERNEL_SYSCALL_LOCKS_H
#define KERNEL_SYSCALL_LOCKS_H

#include <error.h>
#include <fs/file.h>

enum {
    F_GETLK = 5,
    F_SETLK = 6,
    F_SETLKW = 7,
    F_OFD_GETLK = 36,
    F_OFD_SETLK = 37,
    F_OFD_SETLKW = 38,
};

/* Carries out the command; the program's struct flock is at `argument`. The errors are those of
 * fcntl(2). In threads of programs; may wait. */
enum error record_lock_control(struct file *file, int command, virt_addr_t argument);

#endif
