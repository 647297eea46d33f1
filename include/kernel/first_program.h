/*
 * From a kernel that is ready to the first program: the root file system, what is in it, and
 * `init=`.
 */
#ifndef KERNEL_FIRST_PROGRAM_H
#define KERNEL_FIRST_PROGRAM_H

#include <boot/boot_info.h>
#include <kernel/task/executor.h>

/* Has system calls and programs' exceptions lead where they belong; programs will run on
 * `executor`. In set-up code, before what is
 * constant becomes read-only. */
void first_program_prepare(struct executor *executor);

/* Will there be a first program? Not with `init=monitor`, nor where neither the loader nor QEMU
 * gives an initramfs. After options_init(). */
bool first_program_is_wanted(const struct boot_info *info);

/* Gives the loader's archive back to the frames, when it is not needed any more. In set-up code and
 * threads. */
void first_program_free_initramfs(const struct boot_info *info);

/* Starts a thread on `executor` that fills the root, and starts the program. `ended` is called in a
 * thread when that has ended, with its status as wait4() gives it, and does not return. In set-up
 * code. */
void first_program_start(struct executor *executor, const struct boot_info *info,
                         void (*ended)(int status));

#endif
