/*
 * Memory that several programs share and that belongs to no file: it holds zeros in the beginning
 * and goes with the last area that shows it. Only for mm/address_space.c. Not in interrupt
 * handlers.
 */
#ifndef MM_SHARED_MEMORY_H
#define MM_SHARED_MEMORY_H

#include <mm/vm_object.h>

/* Makes such an object, with one reference. Its pages come when they are asked for, and there is no
 * last one. NULL when memory is out. */
struct vm_object *shared_memory_create(void);

#endif
