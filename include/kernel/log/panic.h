/*
 * The end of the system in order: the reason, the registers where there are any, and a backtrace,
 * on every console sink; then a halt, or what panic_set_end() says. Any context, and nothing but
 * the console and the stack is needed; never returns.
 */
#ifndef KERNEL_LOG_PANIC_H
#define KERNEL_LOG_PANIC_H

#include <types.h>

struct trap_frame;

/* Prints `PANIC: reason (file:line)` and the backtrace of the caller. */
#define PANIC(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)
NORETURN void panic_at(const char *file, int line, const char *format, ...) PRINTF(3, 4);

/* Prints `PANIC: `, what `describe` has to say, registers, and the backtrace of the code that was
 * interrupted. `describe` prints the reason, in whole lines, on the console; what fails in it is a
 * second panic, not an endless loop. */
NORETURN void panic_trap(const struct trap_frame *frame,
                         void (*describe)(const struct trap_frame *frame));

/* Has `end` called when all is said, instead of halting; it may return, then the system halts.
 * During set-up. */
void panic_set_end(void (*end)(void));

#endif
