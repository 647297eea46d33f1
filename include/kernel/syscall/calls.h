/*
 * The functions of the system calls, which table.def lists.
 */
#ifndef KERNEL_SYSCALL_CALLS_H
#define KERNEL_SYSCALL_CALLS_H

#include <kernel/syscall/syscall.h>

#define CALL(number, result, name, ...) syscall_function syscall_##name;
#include <kernel/syscall/table.def>

#endif
