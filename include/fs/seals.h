/*
 * Seals: what nobody may do any more to a file in memory that programs share, fcntl(2). Only files
 * of memfd_create() have ever less than SEAL_SEAL.
 */
#ifndef FS_SEALS_H
#define FS_SEALS_H

#include <fs/file.h>

enum {
    SEAL_SEAL = 1,          /* add further seals */
    SEAL_SHRINK = 2,        /* make it shorter */
    SEAL_GROW = 4,          /* make it longer */
    SEAL_WRITE = 8,         /* change its content */
    SEAL_FUTURE_WRITE = 16, /* the same, but by mappings that are there already */
};

/* The file's seals. ERROR_INVALID: it is of no kind that has any. In threads. */
enum error seals_get(const struct file *file, unsigned *seals);

/* Adds some. ERROR_NOT_PERMITTED: the file is not open for writing, or has SEAL_SEAL; ERROR_BUSY:
 * SEAL_WRITE, and it is mapped for writing; ERROR_INVALID. In threads. */
enum error seals_add(struct file *file, uint64_t seals);

/* May the file be mapped, shared, through a file that is open for writing? ERROR_NOT_PERMITTED. OK:
 * *later tells whether the mapping may become writable later. In threads. */
enum error seals_check_map(const struct file *file, bool writable, bool *later);

#endif
