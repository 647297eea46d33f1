/*
 * The stack protector.
 */
#ifndef KERNEL_CPU_CANARY_H
#define KERNEL_CPU_CANARY_H

#include <types.h>

/* Gives the stack protector a value that nobody knows. Called first of all, by a function that does
 * not return. */
void canary_init(void);

/* The compiler's: called by a function that finds its canary overwritten. In kernel/log/panic.c. */
NORETURN void __stack_chk_fail(void);

#endif
