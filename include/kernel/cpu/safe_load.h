/*
 * Reads memory that may not be mapped. An instruction that may fault has an entry in a table that
 * the linker collects: the address at which to go on when it does. Its fault is then no panic.
 */
#ifndef KERNEL_CPU_SAFE_LOAD_H
#define KERNEL_CPU_SAFE_LOAD_H

#include <types.h>

struct trap_frame;

/* Reads the byte at any address. Returns false, and leaves *byte as it was, when the address is not
 * mapped or not canonical. Not for a device's registers, which a read may change. After
 * trap_init(), in any context but a machine check's or a double fault's. */
bool safe_load(virt_addr_t address, uint8_t *byte);

/* The same for the 32 bits at an address that is a multiple of 4, in one access, as the registers
 * of devices want to be read. */
bool safe_load_word(virt_addr_t address, uint32_t *word);

/* If `frame` is the fault of an instruction in the table, makes the frame go on at that entry's
 * address and returns true. For the handler of exceptions. */
bool safe_load_fix_up(struct trap_frame *frame);

#endif
