/*
 * QEMU's isa-debug-exit device: ends QEMU with a status. It cannot be detected: the caller must
 * know that it exists.
 */
#ifndef DRIVERS_DEBUG_EXIT_H
#define DRIVERS_DEBUG_EXIT_H

/* QEMU's own exit status is twice the value plus one: 33 and 35. */
enum debug_exit_status { DEBUG_EXIT_SUCCESS = 0x10, DEBUG_EXIT_FAILURE = 0x11 };

/* Ends QEMU when the console has shown all text, if the device is there; returns otherwise. Any
 * context. */
void debug_exit(enum debug_exit_status status);

#endif
