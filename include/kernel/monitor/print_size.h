/*
 * Prints sizes in units that are easy to read.
 */
#ifndef KERNEL_MONITOR_PRINT_SIZE_H
#define KERNEL_MONITOR_PRINT_SIZE_H

#include <types.h>

/* Prints a number of bytes in whole bytes, KiB or MiB. In tasks. */
void print_size(uint64_t size);

#endif
