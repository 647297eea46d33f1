/*
 * The shared object user/vdso/, by which programs read the clock without a system call, and the
 * page of the clock that it reads. Both are the same frames in all programs.
 */
#ifndef KERNEL_PROCESS_VDSO_H
#define KERNEL_PROCESS_VDSO_H

#include <mm/address_space.h>

/* Maps them into a program that is loaded; *header is where the object begins. ERROR_OUT_OF_FRAMES.
 * In threads. */
enum error vdso_map(struct address_space *space, virt_addr_t *header);

/* The name that /proc/PID/maps has for an area that shows them; NULL: it does not. In threads. */
const char *vdso_area_name(const struct vm_area *area);

#endif
