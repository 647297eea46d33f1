/*
 * Reads the loader's Multiboot2 information.
 */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include <boot/boot_info.h>

/* Copies the information at physical address `information` (8-byte aligned, below 4 GiB, from GRUB)
 * into the one struct boot_info and returns it; it lives for ever. Tags that run over the end,
 * repeat, or make no sense are left out. Called once, from boot/entry.asm, before anything else in
 * C. */
const struct boot_info *multiboot2_parse(uint32_t information);

/* The same over any memory, for tests: reads `size` bytes at `information` (8-byte aligned), as a
 * loader would have placed them at physical address `physical`, and fills `info`. */
void multiboot2_read(struct boot_info *info, const void *information, size_t size,
                     phys_addr_t physical);

#endif
