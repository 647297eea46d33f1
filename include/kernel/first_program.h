/*
 * The first program: filling the root file system for it, and starting it.
 */
#ifndef KERNEL_FIRST_PROGRAM_H
#define KERNEL_FIRST_PROGRAM_H

#include <boot/boot_info.h>
#include <kernel/task/executor.h>

/* Registers the handlers of system calls and of programs' exceptions, and makes `executor` that of
 * programs' threads. In set-up code, before kernel_space_seal(). */
void first_program_prepare(struct executor *executor);

/* Will there be a first program? There is none with `init=monitor`, or without an initramfs from
 * the loader or QEMU. After options_init(). */
bool first_program_is_wanted(const struct boot_info *info);

/* Frees the memory of the loader's initramfs, once it is not needed any more. In set-up code and
 * threads. */
void first_program_free_initramfs(const struct boot_info *info);

/* Starts a thread on `executor` that fills the root and starts the program. When the program has
 * ended, `ended` is called in a thread with its status as wait4() gives it, and does not return. In
 * set-up code. */
void first_program_start(struct executor *executor, const struct boot_info *info,
                         void (*ended)(int status));

#endif
