/*
 * The places of a new program's parts: its stack, its mappings, its heap, and the program itself if
 * it may be loaded anywhere. They are random, so that an attacker cannot know addresses, unless
 * `norandmaps` on the kernel's command line or personality(2) forbids that.
 */
#ifndef KERNEL_PROCESS_PLACEMENT_H
#define KERNEL_PROCESS_PLACEMENT_H

#include <types.h>

/* Programs are loaded from the first address on, since a null pointer with an offset has to fault,
 * and below the second one, since the stack may be above. */
#define LOWEST_PROGRAM UINT64_C(0x10000)
#define PROGRAMS_END   (USER_END - GIB(32))

enum { PLACEMENT_SECRET = 16 };

struct placement {
    virt_addr_t stack_top;            /* the end of the stack's area */
    virt_addr_t stack_gap;            /* bytes that stay unused in the stack; less than a page */
    virt_addr_t gaps_end;             /* mappings for which no address is asked go below */
    virt_addr_t program;              /* the start of a program that may be loaded anywhere */
    uint64_t heap_gap;                /* between the program's end and the heap; whole pages */
    uint8_t secret[PLACEMENT_SECRET]; /* random bytes for the program (AT_RANDOM), always */
};

/* Chooses the places; `stack_limit` is RLIMIT_STACK. In threads. */
void placement_choose(struct placement *placement, bool random, uint64_t stack_limit);

/* Makes all places the same for each program from now on: norandmaps. In set-up code. */
void placement_forbid_random(void);

#endif
