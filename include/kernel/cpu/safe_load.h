/*
 * Reading memory that may not be there. Code that may fault says, in a table that the linker
 * collects, where it goes on when it does; the exception is then no panic.
 */
#ifndef KERNEL_CPU_SAFE_LOAD_H
#define KERNEL_CPU_SAFE_LOAD_H

#include <types.h>

struct trap_frame;

/* Reads the byte at `address`, whatever the address is; false, and *byte as it was, when that is a
 * page fault, or a general protection fault because it is not canonical. What lies there has to
 * stand being read: a device's memory may not. From trap_init() on, in any context but a machine
 * check's or a double fault's. */
bool safe_load(virt_addr_t address, uint8_t *byte);

/* The same for the 32 bits at an address that is a multiple of 4, in one access, as the registers
 * of devices want to be read. */
bool safe_load_word(virt_addr_t address, uint32_t *word);

/* For the handler of exceptions: if `frame` is such a fault of code that expects it, has the frame
 * go on where that code wants to, and returns true. */
bool safe_load_fix_up(struct trap_frame *frame);

#endif
