/* The root on a disk, for the first program. */
#ifndef USER_LIB_ROOT_DISK_H
#define USER_LIB_ROOT_DISK_H

#include <types.h>

/* Makes the disk that `root=` names in the environment the root, read-write unless `ro` is there;
 * /dev, /proc and /sys go along. Returns whether that was so; after an error, which is printed, and
 * without `root=`, all is as before. May wait ten seconds for the disk. */
bool root_disk_enter(const char *const environment[]);

#endif
