/*
 * Dentries: names in directories. A known name costs one look into a hash table, however many names
 * there are.
 *
 * A dentry holds its parent and its inode. A file system whose names are in memory alone (tmpfs)
 * keeps all its dentries: each has a reference of its own, so the directory's children are its
 * entries. A file system that makes its names up (procfs) gives its dentries no such reference, and
 * they are in no table: each lookup makes one, which goes with its last reference.
 *
 * A mount covers a dentry (mount.h), which counts the mounts that do so: so a walk looks for them
 * only where there are some.
 */
#ifndef FS_DENTRY_H
#define FS_DENTRY_H

#include <error.h>
#include <fs/inode.h>
#include <lib/list.h>

enum { DENTRY_SHORT_NAME = 32 };

struct dentry {
    size_t references;
    struct inode *inode;   /* NULL only while the file is being made */
    struct dentry *parent; /* itself for the root of a file system and for a file without a name */
    char *name;            /* with a NUL; short_name, or on the heap */
    uint32_t hash;         /* of the name */
    uint16_t name_length;
    bool is_kept;    /* in the table and among the parent's children, with a reference of its own */
    bool is_deleted; /* was kept */
    struct dentry *next_in_bucket;
    struct list children;     /* those that are kept, by `sibling`, in the order of `offset` */
    struct list_node sibling; /* not linked unless it is kept */
    uint64_t offset;          /* in the directory: what a listing goes on from; never used again */
    uint64_t next_offset;     /* of a directory: for the next entry */
    uint64_t removals;        /* of a directory: how many entries have gone */
    unsigned mounts;          /* that cover it, in any mount of the file system */
    char short_name[DENTRY_SHORT_NAME];
};

/* The hash of a name takes up one byte after the other (FNV-1a). */
#define DENTRY_HASH_START UINT32_C(0x811c9dc5)
static inline uint32_t dentry_hash_step(uint32_t hash, char byte)
{
    return (hash ^ (uint8_t)byte) * UINT32_C(0x01000193);
}

/* The hash of a whole name. Any context. */
static inline uint32_t dentry_hash(const char *name, size_t length)
{
    uint32_t hash = DENTRY_HASH_START;
    for (size_t i = 0; i < length; i++)
        hash = dentry_hash_step(hash, name[i]);
    return hash;
}

/* Frees a dentry that has no references any more; with its inode, that may wait. */
void dentry_free(struct dentry *dentry);

/* One more reference; and one less. */
static inline void dentry_reference(struct dentry *dentry)
{
    dentry->references++;
}
static inline void dentry_release(struct dentry *dentry)
{
    ASSERT(dentry->references > 0);
    if (--dentry->references == 0)
        dentry_free(dentry);
}

/* A new dentry with one reference, for `inode`, whose reference it takes over if there is one. Not
 * kept. `parent` NULL: a root, or a file without a name. NULL when memory is out; the inode's
 * reference is the caller's still. */
struct dentry *dentry_create(struct dentry *parent, const char *name, size_t length,
                             struct inode *inode);

/* The entry that is kept, with `hash` of its name; NULL when there is none. Not referenced. */
struct dentry *dentry_find(const struct dentry *parent, const char *name, size_t length,
                           uint32_t hash);

/* Keeps a dentry that has an inode, as the last entry of its parent. There is none of its name. */
void dentry_keep(struct dentry *dentry);

/* Makes a dentry and keeps it, for a lookup(): *added has a reference for the caller. The inode's
 * reference is taken over, also with an error: ERROR_OUT_OF_FRAMES. May wait then. */
enum error dentry_add(struct dentry *parent, const char *name, size_t length, struct inode *inode,
                      struct dentry **added);

/* Ends that: the name is gone, the dentry stays while it is referenced. */
void dentry_delete(struct dentry *dentry);

/* Gives a kept dentry another name or parent. If there is an entry of that name, the caller deletes
 * it at once. ERROR_OUT_OF_FRAMES. */
enum error dentry_move(struct dentry *dentry, struct dentry *parent, const char *name,
                       size_t length);

/* The same for a file system that can look names up again: where memory is out, it forgets the
 * dentry and those below it that nobody uses, and the next lookup finds the new name. */
void dentry_move_or_forget(struct dentry *dentry, struct dentry *parent, const char *name,
                           size_t length);

/* Gives two kept dentries each other's names and parents. */
void dentry_exchange(struct dentry *a, struct dentry *b);

/* The first kept entry of the directory whose offset is `offset` or more; NULL when there is none.
 */
struct dentry *dentry_next_child(const struct dentry *directory, uint64_t offset);

/* The entry behind a kept one in its directory; NULL at the end. */
struct dentry *dentry_after(const struct dentry *entry);

/* Deletes all entries of a tree, and what they hold, and drops the reference to its root. Nobody
 * else uses them. */
void dentry_drop_tree(struct dentry *root);

/* Deletes up to `wanted` entries below the root that nobody uses, and returns how many. For file
 * systems that can look them up again. */
size_t dentry_forget(struct dentry *root, size_t wanted);

/* Is `ancestor` the same as `dentry`, or a directory above it in the same file system? */
bool dentry_is_below(const struct dentry *dentry, const struct dentry *ancestor);

#endif
