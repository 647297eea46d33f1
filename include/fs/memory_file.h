/*
 * Files in memory that have no place in the tree of names: memfd_create(2).
 */
#ifndef FS_MEMORY_FILE_H
#define FS_MEMORY_FILE_H

#include <fs/file.h>

/* Makes an empty one that is open for reading and writing, and to which seals may be added
 * (seals.h) if `may_be_sealed`. `name` is for /proc alone. ERROR_OUT_OF_FRAMES. In threads. */
enum error memory_file_create(const char *name, bool may_be_sealed, struct file **file);

#endif
