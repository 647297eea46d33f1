/*
 * cpio archives of the format "newc" (cpio(5): New ASCII Format), read in place: no length or
 * offset of the archive is trusted. Any context.
 */
#ifndef FS_CPIO_H
#define FS_CPIO_H

#include <error.h>
#include <types.h>

struct cpio {
    const uint8_t *bytes;
    size_t size;
    size_t offset; /* of the next entry; set it to 0 */
};

struct cpio_entry {
    const char *name; /* ends in NUL; without slashes at its start */
    const uint8_t *content;
    uint32_t size; /* of the content */
    uint32_t inode, mode, uid, gid, links, modified, rdev_major, rdev_minor;
};

/* Reads the next entry. ERROR_NO_ENTRY at the end; ERROR_INVALID where the archive is broken. */
enum error cpio_next(struct cpio *archive, struct cpio_entry *entry);

#endif
