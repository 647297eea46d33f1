/*
 * What the calls on memory share. Only for kernel/syscall/.
 */
#ifndef KERNEL_SYSCALL_MEMORY_CALL_H
#define KERNEL_SYSCALL_MEMORY_CALL_H

#include <error.h>
#include <types.h>

/* May the running process lock so many pages more? ERROR_NOT_PERMITTED: it may lock none, so not
 * even 0; `too_many`: it would exceed RLIMIT_MEMLOCK. Root may lock any. In threads of programs. */
enum error memory_call_check_lock(uint64_t pages, enum error too_many);

#endif
