/*
 * Faults on purpose: a stack that overflows, a frame that is too large, an array that is overrun.
 */
#include <kernel/cpu/control.h>
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>
#include <lib/string.h>

/* The addition after the call keeps the compiler from turning the recursion into a loop. */
/* NOLINTNEXTLINE(misc-no-recursion): the fault is a recursion */
static AS_WRITTEN uint64_t recurse(uint64_t depth)
{
    volatile uint64_t here = depth;
    return here == 0 ? 0 : recurse(here + 1) + here;
}

FAULT(stack_overflow, "stack-overflow", "recurse for ever")
{
    recurse(1);
}

/* The frame is larger than the guard page. With -fstack-clash-protection the function touches each
 * of its pages one by one, so it hits the guard page. */
FAULT(big_frame, "big-frame", "call a function with a frame of 64 KiB")
{
    volatile uint8_t frame[KIB(64)];
    __asm__ volatile("" : : "r"(frame) : "memory"); /* keeps the whole array */
    frame[0] = 1;                                   /* the far end */
    console_printf("fault: a frame of %lu bytes found room\n", sizeof(frame) * frame[0]);
}

/* Not inlined, or the compiler would see the overrun. */
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
