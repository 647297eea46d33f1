/*
 * Who called whom, from the chain of frame pointers that -fno-omit-frame-pointer leaves on the
 * stack.
 */
#ifndef KERNEL_LOG_BACKTRACE_H
#define KERNEL_LOG_BACKTRACE_H

#include <types.h>

struct trap_frame;

/* Prints a line for each caller on the chain that begins at `rbp`, as `symbol+0x1f`, on the
 * console; before them one for `return_address`, of the function that rbp is the frame of. The
 * chain goes on through interrupts and exceptions into the code that they interrupted. Follows only
 * addresses that lie on a known stack, upwards, and stops after 32 lines: a broken chain ends the
 * trace, not the system. Any context in which the console may be written. */
void backtrace_print(virt_addr_t return_address, virt_addr_t rbp);

/* The same for the code that a trap has interrupted. If that has not set up its frame, or has
 * jumped to where no code is, the return address on the stack tells where it came from. */
void backtrace_print_trap(const struct trap_frame *frame);

#endif
