/*
 * The end of the system in order: the reason, the registers where there are any, and a backtrace,
 * on every console sink; then a halt, or the end of QEMU under a test. Any context; never returns.
 */
#ifndef KERNEL_LOG_PANIC_H
#define KERNEL_LOG_PANIC_H

#include <types.h>

struct trap_frame;

/* Prints `PANIC: reason (file:line)` and the backtrace of the caller. */
#define PANIC(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

NORETURN void panic_at(const char *file, int line, const char *format, ...) PRINTF(3, 4);

/* Prints `PANIC: reason`, the registers at the trap, and the backtrace of the code that was
 * interrupted. */
NORETURN void panic_trap(const struct trap_frame *frame, const char *format, ...) PRINTF(2, 3);

/* Has `end` called when all is said, instead of halting; it may return, then the system halts.
 * During set-up. */
void panic_set_end(void (*end)(void));

#endif
