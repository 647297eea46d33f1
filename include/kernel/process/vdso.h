/*
 * The shared object user/vdso/, through which programs read the clock without a system call, and
 * the clock's page, which it reads. All programs map the same frames.
 */
#ifndef KERNEL_PROCESS_VDSO_H
#define KERNEL_PROCESS_VDSO_H

#include <mm/address_space.h>

/* Maps both into a program that is being loaded; *header is the address of the object.
 * ERROR_OUT_OF_FRAMES. In threads. */
enum error vdso_map(struct address_space *space, virt_addr_t *header);

/* The name in /proc/PID/maps for an area that shows one of the two; NULL for other areas. In
 * threads.
 */
const char *vdso_area_name(const struct vm_area *area);

#endif
