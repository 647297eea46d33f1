/*
 * The stack protector.
 */
#ifndef KERNEL_CPU_CANARY_H
#define KERNEL_CPU_CANARY_H

#include <types.h>

/* Gives this processor's canary a value that cannot be guessed. A function that calls this and then
 * returns would find its canary changed: so kernel_main(), which never returns, calls it first. */
void canary_init(void);

/* The compiler inserts calls of this: a function makes one when it finds its canary overwritten. In
 * kernel/log/panic.c. */
NORETURN void __stack_chk_fail(void);

#endif
