/*
 * The first files: a cpio archive becomes the content of the root.
 */
#ifndef FS_INITRAMFS_H
#define FS_INITRAMFS_H

#include <error.h>
#include <types.h>

/* Makes the archive's files below the root. ERROR_INVALID for a broken archive,
 * ERROR_OUT_OF_FRAMES, ERROR_FULL; one line in the log says so, and what came before stays. In
 * threads, may wait; and in set-up code. */
enum error initramfs_unpack(const void *archive, size_t size);

#endif
