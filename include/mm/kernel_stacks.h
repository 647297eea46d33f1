/*
 * Stacks for threads, from a window of the kernel's addresses (see <layout.h>). Each lies between
 * guard pages, so that an overflow faults instead of damaging a neighbour. Not in interrupt
 * handlers.
 */
#ifndef MM_KERNEL_STACKS_H
#define MM_KERNEL_STACKS_H

#include <error.h>
#include <kernel/cpu/stacks.h>

enum { KERNEL_STACK_SIZE = 16384 };

/* Allocates a stack and fills in all but its name. ERROR_OUT_OF_FRAMES; then nothing is taken. */
enum error kernel_stack_alloc(struct stack *stack);

/* Gives a stack back. It is not the one in use. */
void kernel_stack_free(const struct stack *stack);

#endif
