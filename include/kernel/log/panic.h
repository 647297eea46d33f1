/*
 * The end of the system in order: PANIC says why and where, on every log sink, and never returns.
 */
#ifndef KERNEL_LOG_PANIC_H
#define KERNEL_LOG_PANIC_H

#include <types.h>

/* Prints `PANIC: reason`, the place and a backtrace, then halts, or ends QEMU under a test. Any
 * context. */
#define PANIC(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

NORETURN PRINTF(3, 4) void panic_at(const char *file, int line, const char *format, ...);

#endif
