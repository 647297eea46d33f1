/*
 * Finds the names of addresses in the kernel image, in the kernel's own symbol table, which the
 * loader has put into memory.
 */
#ifndef KERNEL_LOG_SYMBOLS_H
#define KERNEL_LOG_SYMBOLS_H

#include <boot/boot_info.h>

/* Notes where the tables are. Before the call, and if the loader gave none, no address has a name.
 * The tables must stay in the direct map. Called once. */
void symbols_init(const struct boot_info *info);

/* The name of the function or object that holds an address, or NULL, and how far from where that
 * begins the address is. Some hundred instructions. Any context. */
const char *symbol_find(virt_addr_t address, uint64_t *offset);

/* The part of the kernel image that holds `address`, ".rodata", or NULL. Any context. */
const char *symbol_section(virt_addr_t address);

/* "name+0x1f"; the address itself where it has no name. Longer names are cut. */
struct symbol_place {
    char text[64];
};

/* The place of an address in code, to be printed at once: `symbol_place(address).text`. Any
 * context. */
struct symbol_place symbol_place(virt_addr_t address);

#endif
