/*
 * Describes an address in words.
 */
#ifndef KERNEL_FAULT_PLACE_H
#define KERNEL_FAULT_PLACE_H

#include <types.h>

/* Writes a description of `address`: `kernel .rodata, "message_table"+0x8`, `boot stack`, `direct
 * map of physical 0xb8000`. `size` includes the NUL; longer text is cut. Any context; takes as long
 * as symbol_find(). */
void fault_spell_place(virt_addr_t address, char *text, size_t size);

#endif
