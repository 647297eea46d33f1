/*
 * Stacks for threads, from a window of the kernel's addresses (see <layout.h>), each between guard
 * pages, so that an overflow faults and is not a neighbour's damage. Not in interrupt handlers.
 */
#ifndef MM_KERNEL_STACKS_H
#define MM_KERNEL_STACKS_H

#include <error.h>
#include <kernel/cpu/stacks.h>

enum { KERNEL_STACK_SIZE = 16384 };

/* Fills in a stack, but for its name. ERROR_OUT_OF_FRAMES; nothing is taken then. */
enum error kernel_stack_alloc(struct stack *stack);

/* Gives a stack back. It is not the one in use. */
void kernel_stack_free(const struct stack *stack);

#endif
