/*
 * Where the parts of a new program go: its stack, its mappings, its heap, and the program itself if
 * it may be loaded anywhere. The places are random, so that an attacker cannot know addresses,
 * unless `norandmaps` on the kernel's command line or personality(2) say that they are not.
 */
#ifndef KERNEL_PROCESS_PLACEMENT_H
#define KERNEL_PROCESS_PLACEMENT_H

#include <types.h>

/* No program is loaded below: a NULL with an offset has to fault. And none from the second address
 * on, where the stack may be. */
#define LOWEST_PROGRAM UINT64_C(0x10000)
#define PROGRAMS_END   (USER_END - GIB(32))

enum { PLACEMENT_SECRET = 16 };

struct placement {
    virt_addr_t stack_top;            /* the end of the stack's area */
    virt_addr_t stack_gap;            /* bytes below it that are left out, less than a page */
    virt_addr_t gaps_end;             /* mappings without an address go below */
    virt_addr_t program;              /* where a program goes that may go anywhere */
    uint64_t heap_gap;                /* between the program's end and the heap; whole pages */
    uint8_t secret[PLACEMENT_SECRET]; /* random bytes for the program (AT_RANDOM), always */
};

/* `stack_limit` is RLIMIT_STACK. In threads. */
void placement_choose(struct placement *placement, bool random, uint64_t stack_limit);

/* From now on nothing is random: norandmaps. In set-up code. */
void placement_forbid_random(void);

#endif
