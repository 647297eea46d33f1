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

/* How long the file is, in bytes. Errors and context as above. */
enum error fw_cfg_file_size(const char *name, size_t *size);

/* Reads the file's first `size` bytes, no more than it has, into physical memory. After
 * fw_cfg_file_size() has found it; errors and context as above. */
enum error fw_cfg_read_memory(const char *name, phys_addr_t to, size_t size);

#endif
