/*
 * A panic ends the system in an orderly way: it shows the reason, registers if there are any, and a
 * backtrace on every console sink. Then it calls the function that panic_set_end() has registered,
 * or halts. It needs nothing but the console and the stack, and never returns. Any context.
 */
#ifndef KERNEL_LOG_PANIC_H
#define KERNEL_LOG_PANIC_H

#include <types.h>

struct trap_frame;

/* Prints `PANIC: reason (file:line)` and the backtrace of the caller. */
#define PANIC(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)
NORETURN void panic_at(const char *file, int line, const char *format, ...) PRINTF(3, 4);

/* Prints `PANIC: `, the reason, registers, and the backtrace of the interrupted code. `describe`
 * prints the reason on the console, in whole lines. A fault in it is a second panic, not an endless
 * loop. */
NORETURN void panic_trap(const struct trap_frame *frame,
                         void (*describe)(const struct trap_frame *frame));

/* Registers `describe`, which says in a few words which task or process runs; NULL while none does.
 * Each report then has a line with them. `describe` has to be safe in any context. During set-up.
 */
void panic_set_running(const char *(*describe)(void));

/* Registers `end`, which is called after the report. If it returns, the system halts. During
 * set-up. */
void panic_set_end(void (*end)(void));

#endif
