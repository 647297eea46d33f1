/*
 * Leaving one stack and going on with another.
 */
#ifndef KERNEL_CPU_CONTEXT_SWITCH_H
#define KERNEL_CPU_CONTEXT_SWITCH_H

#include <types.h>

/* Where code that has left its stack goes on: the stack pointer, below which nothing of value lies
 * and above which the registers lie that the ABI has a called function preserve (System V ABI,
 * AMD64, 3.2.1). */
typedef virt_addr_t stack_context;

/* A context in which `function` is called for the first time, on the stack that ends at `top`, a
 * multiple of 16. The function never returns. The stack's uppermost 64 bytes are written. */
stack_context context_init(virt_addr_t top, void (*function)(void));

/* Leaves the current stack, stores where to go on with it to `left`, and goes on with `next`, which
 * context_init() or an earlier switch has made and which is used up by this. Returns when another
 * switch goes on with what was stored. Interrupts stay as they are, enabled or masked. Not in an
 * interrupt handler. */
void context_switch(stack_context *left, stack_context next);

#endif
