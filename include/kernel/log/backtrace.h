/*
 * Prints the chain of calls. It follows the frame pointers, which are on the stack because the
 * kernel is compiled with -fno-omit-frame-pointer.
 */
#ifndef KERNEL_LOG_BACKTRACE_H
#define KERNEL_LOG_BACKTRACE_H

#include <types.h>

struct trap_frame;

/* Prints on the console, as `symbol+0x1f`, a line for `return_address` and one for each caller on
 * the chain of frames that begins at `rbp`. `return_address` is in the function whose frame that
 * is. The chain goes on through interrupts and exceptions into the code that they interrupted. It
 * follows only addresses on a known stack, upwards, and stops after 32 lines: a broken chain ends
 * the trace, not the system. For a panic, in any context. */
void backtrace_print(virt_addr_t return_address, virt_addr_t rbp);

/* The same for the code that a trap has interrupted. If that has not set up its frame yet, or has
 * jumped to an address without code, the caller is the return address on its stack. */
void backtrace_print_trap(const struct trap_frame *frame);

#endif
