/*
 * ISO 9660, for the files of fs/iso9660/. What is on the disk: ECMA-119 (the standard itself), and
 * IEEE P1281 and P1282 (System Use Sharing and Rock Ridge). All numbers there come from outside and
 * are checked.
 */
#ifndef FS_ISO9660_ISO9660_H
#define FS_ISO9660_ISO9660_H

#include <fs/block_cache.h>
#include <fs/filesystem.h>
#include <fs/inode.h>
#include <fs/page_cache.h>
#include <lib/bytes.h>

enum { ISO_SECTOR = 2048, ISO_NAME_MAX = 255 };

struct iso {
    struct filesystem filesystem;
    struct block_cache cache;
    uint32_t sectors;
    bool has_rock_ridge;
    uint32_t skip; /* bytes before the first entry of each system use area */
};

struct iso_node {
    struct inode inode; /* its number is the place of its record on the disk, in bytes */
    struct iso *iso;
    uint32_t first;          /* sector of its content */
    struct page_cache cache; /* of a regular file */
    char *target;            /* of a symbolic link, once it was read */
};

/* What a directory's record tells of a file. */
struct iso_record {
    uint64_t
        place; /* of the record, or of a directory's first one; in bytes from the disk's start */
    uint32_t first, size;
    uint32_t mode, links, uid, gid, rdev;
    int64_t accessed, modified, changed; /* nanoseconds since 1970 */
    char name[ISO_NAME_MAX + 1];
    size_t name_length;
    uint64_t next; /* place of the next record in the directory */
    bool is_there; /* else this is no record: the rest of the sector is empty */
};

/* The whole that a file system or an inode is part of. */
static inline struct iso *iso_of(struct filesystem *filesystem)
{
    return CONTAINER_OF(filesystem, struct iso, filesystem);
}

/* Likewise. */
static inline struct iso_node *iso_node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct iso_node, inode);
}

/* Reads the record at `place`, a number of bytes from the disk's start. ERROR_DEVICE: the disk has
 * an error, or contradicts itself, which is logged. ERROR_OUT_OF_FRAMES. May wait. */
enum error iso_read_record(struct iso *iso, uint64_t place, struct iso_record *record);

/* Looks at the root's first record, whether the disk has Rock Ridge. Errors as above; may wait. */
enum error iso_find_rock_ridge(struct iso *iso, uint32_t root);

/* The target of the symbolic link with the record at `place`, without a NUL; *length is at most
 * `size`. Errors as above, ERROR_TOO_LONG; may wait. */
enum error iso_read_target(struct iso *iso, uint64_t place, char *target, size_t size,
                           size_t *length);

/* The file of a record, with a reference. ERROR_OUT_OF_FRAMES. */
enum error iso_get_inode(struct iso *iso, const struct iso_record *record, struct inode **inode);

/* Logs that something on the disk cannot be, and returns ERROR_DEVICE. */
enum error iso_damaged(const struct iso *iso, const char *what);

#endif
