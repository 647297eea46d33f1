/*
 * Names for addresses in the kernel image, from the kernel's own symbol table as the loader put it
 * into memory.
 */
#ifndef KERNEL_LOG_SYMBOLS_H
#define KERNEL_LOG_SYMBOLS_H

#include <boot/boot_info.h>

/* Remembers where the tables are. Without a call, or when the loader gave none, no address has a
 * name. The tables must stay reachable through the direct map. */
void symbols_init(const struct boot_info *info);

enum { SYMBOL_QUERIES = 32 }; /* at a time, at most */

/* An address, and what is found out about it. */
struct symbol_query {
    virt_addr_t address;
    const char *name; /* of the function or object that holds it, or NULL */
    uint64_t offset;  /* from where that begins */
};

/* Answers all queries in one pass through the table, and leaves them sorted by address. Any
 * context; takes time in proportion to the number of symbols, less than twice as much for ten
 * queries as for one. */
void symbols_find(struct symbol_query *queries, size_t count);

/* The same for a single address: its name or NULL. */
const char *symbol_find(virt_addr_t address, uint64_t *offset);

/* The part of the kernel image that holds `address`, ".rodata", or NULL. Any context. */
const char *symbol_section(virt_addr_t address);

/* "name+0x1f"; the address itself where it has no name. Longer names are cut. */
struct symbol_place {
    char text[64];
};

/* The place of an address in code, to be printed at once: `symbol_place(address).text`. Any
 * context; as slow as symbol_find(). */
struct symbol_place symbol_place(virt_addr_t address);

#endif
