/*
 * The content of /sys.
 */
#ifndef KERNEL_SYSFS_SOURCES_H
#define KERNEL_SYSFS_SOURCES_H

/* Adds the PCI functions, the USB devices, the disks and the processor to /sys. In set-up code. */
void sysfs_sources_add(void);

#endif
