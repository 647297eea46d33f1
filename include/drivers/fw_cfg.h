/*
 * QEMU's firmware configuration device: named files from the host's command line.
 */
#ifndef DRIVERS_FW_CFG_H
#define DRIVERS_FW_CFG_H

#include <error.h>
#include <types.h>

/* Is this QEMU: does the device answer with its signature? Any context. */
bool fw_cfg_present(void);

/* Reads the file `name` (at most 55 characters) into `text` and adds a NUL. `text` has `room`
 * bytes, at least one, and is part of the kernel image. Returns OK, ERROR_FULL if the file did not
 * fit and was cut, ERROR_NO_DEVICE (no such device or file), ERROR_DEVICE or ERROR_TIMEOUT (the
 * device failed); with the last three the text is empty. Not in an interrupt handler. */
enum error fw_cfg_read_file(const char *name, char *text, size_t room);

#endif
