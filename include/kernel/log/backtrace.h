/*
 * Who called whom, from the chain of frame pointers that -fno-omit-frame-pointer leaves on the
 * stack.
 */
#ifndef KERNEL_LOG_BACKTRACE_H
#define KERNEL_LOG_BACKTRACE_H

#include <types.h>

/* Prints one line for `rip` and for each caller on the chain that begins at `rbp`, as
 * `symbol+0x1f`, on the console. Follows only addresses that lie on a known stack, upwards, and
 * stops at 32 frames: a broken chain ends the trace, not the system. Any context in which the
 * console may be written. */
void backtrace_print(virt_addr_t rip, virt_addr_t rbp);

#endif
