/*
 * The debug console of emulators at port 0xe9: a console sink, for output only. QEMU has it with
 * -debugcon, Bochs with port_e9_hack.
 */
#ifndef DRIVERS_DEBUG_CONSOLE_H
#define DRIVERS_DEBUG_CONSOLE_H

#include <error.h>
#include <kernel/log/console.h>

/* Returns the console's sink in `*sink`. ERROR_NO_DEVICE: nothing answers like a debug console.
 * During set-up. */
enum error debug_console_init(struct console_sink **sink);

#endif
