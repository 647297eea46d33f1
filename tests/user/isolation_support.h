/*
 * What the tests of isolation share: addresses, segments and flags that a program must not reach.
 */
#ifndef TESTS_USER_ISOLATION_SUPPORT_H
#define TESTS_USER_ISOLATION_SUPPORT_H

#include <ucontext.h>

#include "support.h"

/* A page that a program may write and run. */
static inline unsigned char *code_page(void)
{
    static unsigned char *page;
    if (!page)
        page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0);
    return page;
}

/* Kernel code and data on both systems, with any privilege that is asked for; a null one; some
 * that are not there. */
static const uint16_t selectors[] = {0x08, 0x0b, 0x10, 0x13, 0x18, 0x1b,   0x38,
                                     0x3b, 0x40, 0x43, 0,    0x1f, 0x1000, 0xffff};
enum { SELECTORS = sizeof(selectors) / sizeof(selectors[0]) };

/* Bits of RFLAGS: interrupts are on (IF), ports are forbidden (IOPL). */
enum { CARRY = 1, STEPS = 0x100, INTERRUPTS = 0x200, PORTS = 0x3000, NESTED = 0x4000 };
enum { RESUME = 0x10000, VIRTUAL_8086 = 0x20000, ALIGNMENT = 0x40000, DIRECTION = 0x400 };

static inline uint64_t read_flags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags));
    return flags;
}

/* Where no stack can be. */
static const uint64_t stack_pointers[] = {
    0,
    1,
    8,
    0x00007fffffffff00,
    0x0000800000000000,
    0xffff800000000008,
    0xffffc00000000100,
    0xffffffff80100000,
    0xfffffffffffffff8,
};
enum { STACK_POINTERS = sizeof(stack_pointers) / sizeof(stack_pointers[0]) };

#endif
