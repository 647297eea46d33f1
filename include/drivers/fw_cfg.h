/*
 * QEMU's firmware configuration device: named files from the host's command line.
 */
#ifndef DRIVERS_FW_CFG_H
#define DRIVERS_FW_CFG_H

#include <error.h>
#include <types.h>

/* Does the device answer with its signature? Then this is QEMU. */
bool fw_cfg_present(void);

/* Reads the file `name` (at most 55 characters) into `room` bytes and ends it with a NUL; what does
 * not fit is left out. Returns OK, ERROR_NO_DEVICE (no such device or file), or ERROR_FULL when the
 * file was cut. Not in an interrupt handler. */
enum error fw_cfg_read_file(const char *name, char *text, size_t room);

#endif
