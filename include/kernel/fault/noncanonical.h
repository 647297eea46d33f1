/*
 * Finds the address that caused a general protection fault. Pure: it reads only its arguments.
 */
#ifndef KERNEL_FAULT_NONCANONICAL_H
#define KERNEL_FAULT_NONCANONICAL_H

#include <types.h>

struct trap_frame;

/* Does the instruction use an address that is not canonical? If so, `*address` is the first one.
 * Examines memory operands, the targets of indirect jumps and calls, and the pointers of string
 * instructions; it returns false for all other instructions. `length` bytes of `code` can be read;
 * they may be any bytes. `frame` has the registers. Any context. */
bool fault_find_noncanonical(const uint8_t *code, size_t length, const struct trap_frame *frame,
                             virt_addr_t *address);

#endif
