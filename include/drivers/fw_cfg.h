/*
 * QEMU's firmware configuration device: named files from the host's command line.
 */
#ifndef DRIVERS_FW_CFG_H
#define DRIVERS_FW_CFG_H

#include <error.h>
#include <types.h>

/* Does the device answer with its signature? Then this is QEMU. Any context. */
bool fw_cfg_present(void);

/* Reads the file `name` (at most 55 characters) into `room` bytes, which are part of the kernel
 * image, and ends it with a NUL; what does not fit is left out. Returns OK, ERROR_FULL when the
 * file was cut, ERROR_NO_DEVICE (no such device or file), ERROR_DEVICE or ERROR_TIMEOUT (the device
 * failed); with the last three the text is empty. Not in an interrupt handler. */
enum error fw_cfg_read_file(const char *name, char *text, size_t room);

#endif
