/*
 * Which address a general protection fault was about. Nothing here touches the machine.
 */
#ifndef KERNEL_FAULT_NONCANONICAL_H
#define KERNEL_FAULT_NONCANONICAL_H

#include <types.h>

struct trap_frame;

/* Does the instruction use an address that is not canonical? Then this is the first such. Looks at
 * memory operands, at targets of indirect jumps and calls, and at the pointers of string
 * instructions; other instructions give false. `length` bytes of code can be read; they need not be
 * an instruction. Any context. */
bool fault_find_noncanonical(const uint8_t *code, size_t length, const struct trap_frame *frame,
                             virt_addr_t *address);

#endif
