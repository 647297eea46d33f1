/*
 * Memory that several programs share and that belongs to no file. It holds zeros at first, and is
 * freed with the last area that maps it. Only for mm/address_space.c. Not in interrupt handlers.
 */
#ifndef MM_SHARED_MEMORY_H
#define MM_SHARED_MEMORY_H

#include <mm/vm_object.h>

/* Makes such an object, with one reference. A page is allocated when it is asked for; there is no
 * last page. NULL when memory is out. */
struct vm_object *shared_memory_create(void);

#endif
