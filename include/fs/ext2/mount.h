/*
 * ext2, as a type of file system.
 */
#ifndef FS_EXT2_MOUNT_H
#define FS_EXT2_MOUNT_H

#include <fs/filesystem.h>

extern struct filesystem_type ext2_type;

#endif
