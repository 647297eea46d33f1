/*
 * ISO 9660, as a type of file system.
 */
#ifndef FS_ISO9660_MOUNT_H
#define FS_ISO9660_MOUNT_H

#include <fs/filesystem.h>

extern struct filesystem_type iso9660_type;

#endif
