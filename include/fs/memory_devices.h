/*
 * Devices without hardware behind them.
 */
#ifndef FS_MEMORY_DEVICES_H
#define FS_MEMORY_DEVICES_H

/* Adds them. Once, in set-up code. */
void memory_devices_add(void);

#endif
