/*
 * Names for code addresses, from the kernel's own symbol table as the loader put it into memory.
 */
#ifndef KERNEL_LOG_SYMBOLS_H
#define KERNEL_LOG_SYMBOLS_H

#include <boot/boot_info.h>

/* Remembers where the tables are. Without a call, or when the loader gave none, no address has a
 * name. The tables must stay reachable through the direct map. */
void symbols_init(const struct boot_info *info);

/* The function that holds `address` and the offset into it, or NULL. Any context; takes time in
 * proportion to the number of symbols. */
const char *symbol_find(virt_addr_t address, uint64_t *offset);

#endif
