/*
 * The stack protector.
 */
#ifndef KERNEL_CPU_CANARY_H
#define KERNEL_CPU_CANARY_H

#include <types.h>

/* Gives this processor's canary a value that cannot be guessed. Called by a function that does not
 * return, before any other: a function that is running meanwhile would find its canary changed. */
void canary_init(void);

/* The compiler's: called by a function that finds its canary overwritten. In kernel/log/panic.c. */
NORETURN void __stack_chk_fail(void);

#endif
