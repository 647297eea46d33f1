/*
 * Reads the loader's Multiboot2 information.
 */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include <boot/boot_info.h>

/* Reads the `size` bytes at `information` (8-byte aligned) into `info`, which is all zeros except
 * for `reserved`. Their physical address is `physical`. That range and those of modules, symbol and
 * string tables and pixels are added to `reserved`. Tags that run over the end or make no sense are
 * left out. Any context. */
void multiboot2_read(struct boot_info *info, const void *information, size_t size,
                     phys_addr_t physical);

#endif
