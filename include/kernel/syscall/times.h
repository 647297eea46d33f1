/*
 * Times as programs give them.
 */
#ifndef KERNEL_SYSCALL_TIMES_H
#define KERNEL_SYSCALL_TIMES_H

#include <error.h>
#include <types.h>

/* Reads a program's struct timespec, as nanoseconds; what does not fit is for ever. ERROR_INVALID,
 * ERROR_BAD_ADDRESS. In threads of programs; may wait. */
enum error time_from_user(virt_addr_t from, uint64_t *time);

#endif
