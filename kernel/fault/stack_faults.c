/*
 * Faults on purpose: stacks that are used up, jumped over or smashed.
 */
#include <kernel/cpu/control.h>
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>
#include <lib/string.h>

/* The additions keep the compiler from making a loop of it. */
/* NOLINTNEXTLINE(misc-no-recursion): it is what this fault is about */
static AS_WRITTEN uint64_t recurse(uint64_t depth)
{
    volatile uint64_t here = depth;
    return here == 0 ? 0 : recurse(here + 1) + here;
}

FAULT(stack_overflow, "stack-overflow", "recurse for ever")
{
    recurse(1);
}

/* Its frame reaches far beyond the guard page. -fstack-clash-protection has it touch every page on
 * the way. */
FAULT(big_frame, "big-frame", "call a function with a frame of 64 KiB")
{
    volatile uint8_t frame[KIB(64)];
    __asm__ volatile("" : : "r"(frame) : "memory"); /* all of it is wanted */
    frame[0] = 1;                                   /* the far end */
    console_printf("fault: a frame of %lu bytes found room\n", sizeof(frame) * frame[0]);
}

/* Not inlined: the compiler would see the overrun. */
static __attribute__((noinline)) void fill(char *buffer, size_t size)
{
    memset(buffer, 'A', size);
}

FAULT(stack_smash, "stack-smash", "write past the end of an array on the stack")
{
    char name[16];
    fill(name, sizeof(name) + sizeof(uint64_t));
    __asm__ volatile("" : : "r"(name) : "memory");
}
