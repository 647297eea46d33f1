/*
 * procfs as a file system; fs/proc.h is for those that add to it.
 */
#ifndef FS_PROCFS_H
#define FS_PROCFS_H

#include <fs/filesystem.h>

extern struct filesystem_type procfs_type;

#endif
