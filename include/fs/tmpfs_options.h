/*
 * The options of tmpfs.
 */
#ifndef FS_TMPFS_OPTIONS_H
#define FS_TMPFS_OPTIONS_H

#include <error.h>
#include <types.h>

struct tmpfs_options {
    uint64_t page_limit, inode_limit;
    uint32_t mode; /* of the root */
    uint32_t uid, gid;
};

/* Reads options such as "size=64m,mode=755" into what is there already. `total` is the number of
 * the machine's frames. ERROR_INVALID: an option that is not known, or a value that is none. Any
 * context. */
enum error tmpfs_options_parse(const char *text, uint64_t total, struct tmpfs_options *options);

#endif
