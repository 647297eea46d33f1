/*
 * The files' set-up.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include <error.h>

/* Makes an empty root with /dev, /proc and /sys, and mounts devfs, procfs and sysfs there.
 * Once, after heap_init(), in set-up code. ERROR_OUT_OF_FRAMES. */
enum error fs_start(void);

#endif
