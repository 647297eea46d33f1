/*
 * What /sys tells of the machine.
 */
#ifndef KERNEL_SYSFS_SOURCES_H
#define KERNEL_SYSFS_SOURCES_H

/* Has /sys show the PCI functions, the USB devices, the disks and the processor. In set-up code. */
void sysfs_sources_add(void);

#endif
