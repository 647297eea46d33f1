/* The root on a disk, for the first program. */
#ifndef USER_LIB_ROOT_DISK_H
#define USER_LIB_ROOT_DISK_H

#include <types.h>

/* Makes the disk that `root=` names in the environment the root, read-write unless `ro` is there,
 * and moves /dev, /proc and /sys to it. True: it has done so. False: there is no `root=`, or an
 * error, which is printed; then the root is as before. Waits up to ten seconds for the disk. */
bool root_disk_enter(const char *const environment[]);

#endif
