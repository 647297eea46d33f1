/*
 * An index of a directory on a disk: from a name's hash (dentry_hash()) to the places of the
 * entries that have it. It makes a lookup cost the same however many entries there are; the disk
 * has only a list.
 *
 * All functions may be called in any context that may use the heap.
 */
#ifndef FS_NAME_INDEX_H
#define FS_NAME_INDEX_H

#include <error.h>
#include <types.h>

struct name_index_slot {
    uint32_t hash, place; /* bytes / 4 + 1 */
};

/* All zeros is an empty index. A table with open addressing, at most half full. */
struct name_index {
    struct name_index_slot *slots;
    size_t capacity;   /* a power of two, or 0 */
    size_t used, gone; /* slots with an entry, and with one that was removed */
};

/* Makes room for one more entry. ERROR_OUT_OF_FRAMES. */
enum error name_index_reserve(struct name_index *index);

/* Adds an entry, for which there is room. `position`: in bytes, a multiple of 4 below 16 GiB. */
void name_index_add(struct name_index *index, uint32_t hash, uint64_t position);

/* Removes an entry, if it is there. */
void name_index_remove(struct name_index *index, uint32_t hash, uint64_t position);

/* The next entry of that hash, from *cursor on, which begins as 0. False: there is none. */
bool name_index_next(const struct name_index *index, uint32_t hash, size_t *cursor,
                     uint64_t *position);

/* Is the entry there? */
bool name_index_has(const struct name_index *index, uint32_t hash, uint64_t position);

/* Frees it: it is empty. */
void name_index_end(struct name_index *index);

#endif
