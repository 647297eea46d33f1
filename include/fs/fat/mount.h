/*
 * FAT, as a type of file system.
 */
#ifndef FS_FAT_MOUNT_H
#define FS_FAT_MOUNT_H

#include <fs/filesystem.h>

extern struct filesystem_type fat_type;

#endif
