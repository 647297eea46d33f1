/*
 * devfs: the directory of devices.
 */
#ifndef FS_DEVFS_H
#define FS_DEVFS_H

#include <fs/filesystem.h>

extern struct filesystem_type devfs_type;

#endif
