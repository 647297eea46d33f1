/*
 * Page tables in made-up physical memory, and a checker that shares no code with mm/paging.c: it
 * walks the finished tables as the processor would.
 */
#ifndef TESTS_HOST_PAGE_TABLES_H
#define TESTS_HOST_PAGE_TABLES_H

#include <mm/paging.h>

#define DATA    (PAGE_WRITABLE | PAGE_NO_EXECUTE)
#define WINDOW  UINT64_C(0xffffc00000000000)
#define USER    UINT64_C(0x0000123440000000)
#define NOWHERE UINT64_C(0x800000000000)

extern struct page_tables space;

/* How often INVLPG was executed since tables_set_up(), for which address last, and how many frames
 * were free at that moment. */
extern unsigned invlpg_count;
extern virt_addr_t invlpg_last;
extern uint64_t invlpg_free_frames;

/* Makes `memory` bytes of memory, and in `space` a root with nothing in it. */
void tables_set_up(uint64_t memory);

/* Takes all frames but `leave`. */
void tables_leave_frames(uint64_t leave);

struct tables {
    uint64_t tables;   /* without the root */
    uint64_t pages[5]; /* by level, 1 to 4 */
    uint64_t bytes;    /* mapped */
    uint64_t bad; /* entries that must not be: a kernel page that is writable and executable, an
                     empty table, bits that are reserved */
};

/* What the tables of `space` hold. */
struct tables tables_look(void);

/* Where an address leads; UINT64_MAX for nowhere. */
phys_addr_t tables_translate(virt_addr_t address);

#endif
