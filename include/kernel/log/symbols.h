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

enum { SYMBOL_QUERIES = 32 }; /* the most at a time */

/* An address, and its name and offset once it is answered. */
struct symbol_query {
    virt_addr_t address;
    const char *name; /* of the function or object that holds it, or NULL */
    uint64_t offset;  /* from where that begins */
};

/* Answers up to SYMBOL_QUERIES queries in one pass through the table, and sorts them by address.
 * Its time is proportional to the number of symbols, and for ten queries less than twice that for
 * one. Any context. */
void symbols_find(struct symbol_query *queries, size_t count);

/* The name of a single address, or NULL. Any context. */
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
