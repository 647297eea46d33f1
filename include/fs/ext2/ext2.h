/*
 * ext2, for the files of fs/ext2/. The locks, outer ones first:
 *
 *     filesystem.names    lookups that read directories, and changes of names
 *     inode.mutex         a file's content and size
 *     ext2.changes        all that is on the disk besides the content of files
 *
 * Functions that change something are called with ext2.changes locked, except those whose comment
 * says that they lock it. All may wait.
 */
#ifndef FS_EXT2_EXT2_H
#define FS_EXT2_EXT2_H

#include <fs/block_cache.h>
#include <fs/ext2/format.h>
#include <fs/file.h>
#include <fs/filesystem.h>
#include <fs/inode.h>
#include <fs/name_index.h>
#include <fs/page_cache.h>
#include <kernel/log/log.h>

enum { EXT2_BUCKETS = 256 };

struct ext2;

/* The order in which changed blocks are written: see commit.c. */
enum ext2_stage { STAGE_NEW, STAGE_INODES, STAGE_NAMES, STAGE_TABLES };

/* What the files of a file system do: the same for all, and set by super.c, so that inode.c need
 * not name the files that use it. */
struct ext2_kinds {
    const struct inode_operations *file, *directory, *link;
    const struct file_operations *regular_files, *directory_files;
    const struct page_cache_operations *pages;
    enum error (*make_room)(struct ext2 *ext2); /* a commit, after which more may be free */
};

/* A group's descriptor. */
struct ext2_group {
    uint32_t block_bitmap, inode_bitmap, inode_table; /* blocks; not checked */
    int32_t free_blocks, free_inodes, directories;
    bool is_dirty;
};

struct ext2 {
    struct filesystem filesystem;
    struct ext2_group *group; /* `groups` of them */
    const struct ext2_kinds *kinds;
    struct block_cache cache;
    struct mutex changes;
    phys_addr_t zeros; /* a frame full of them */
    uint32_t block_size;
    uint32_t blocks, first_block, blocks_per_group;
    uint32_t inodes, inodes_per_group, inode_size, groups;
    uint32_t first_inode;              /* that is not reserved */
    uint32_t free_blocks, free_inodes; /* the sums of the groups' counters */
    uint32_t reserved;                 /* so many of the free blocks only root may take */
    uint32_t read_only_features;
    bool has_types; /* directory entries tell what the file is */
    bool is_revision_0;
    bool must_stay_read_only; /* it is not clean, or has features that writers have to know */
    bool has_failed;          /* a write to the disk: nothing more is written */
    enum error content_error; /* of a write of a file's content, not yet told by sync() */
    bool unflushed;           /* the device may still hold back what was written to it */
    struct list nodes[EXT2_BUCKETS]; /* the inodes in memory, by number */
    size_t node_count;
    struct list dirty;       /* nodes that are newer than the disk */
    struct list due, stored; /* in a commit: those that it stores, and those that it has stored */
    struct list removed;     /* names that only the disk has (struct ext2_removal) */
    struct list freed;       /* blocks and inodes that the disk still uses (struct ext2_freed) */
};

struct ext2_node {
    struct inode inode;
    struct ext2 *ext2;
    struct page_cache cache; /* of a regular file */
    uint32_t numbers[EXT2_BLOCKS];
    uint32_t flags;
    uint32_t attributes;     /* its block of extended attributes; 0: it has none */
    uint32_t removals;       /* names of it that only the disk has */
    uint32_t removals_below; /* names in this directory that only the disk has */
    struct list replaced;    /* those of them that lead to another file in memory */
    uint32_t parent;         /* of a directory that the disk does not have: its parent's number */
    uint32_t goal;           /* where to look for the next block */
    bool is_new;             /* the disk has another inode's bytes in its place */
    bool is_on_disk;         /* the disk has it with links, so it has a name there */
    bool is_freed;           /* there is nothing more of it on the disk */
    bool dies_first;         /* its last name leads to another file with the next commit */
    bool was_replaced;       /* the next commit has to keep it until the other file has its name */
    bool is_waiting;         /* the disk has files that are deleted, and have no name but in it */
    char *target;            /* of a symbolic link, once it was read */
    struct name_index index; /* of a directory, once it was looked through */
    bool has_index;          /* it is complete */
    uint64_t room;           /* in a directory: no block before this byte has room for a name */
    struct list_node node;   /* in its bucket */
    struct list_node dirty;  /* a dirty node has a reference to itself */
    struct list_node stored; /* in a commit */
};

/* The whole that a file system or an inode is part of. */
static inline struct ext2 *ext2_of(struct filesystem *filesystem)
{
    return CONTAINER_OF(filesystem, struct ext2, filesystem);
}
static inline struct ext2_node *ext2_node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct ext2_node, inode);
}

/* Logs that something on the disk cannot be, and returns ERROR_DEVICE. */
static inline enum error ext2_damaged(const struct ext2 *ext2, const char *what)
{
    log_warn("ext2: %s: %s", ext2->cache.device->name, what);
    return ERROR_DEVICE;
}

/* May the file system's blocks have that number? */
static inline bool ext2_is_block(const struct ext2 *ext2, uint32_t block)
{
    return block >= ext2->first_block && block < ext2->blocks;
}

/* --- lock.c ---------------------------------------------------------------------------------- */

/* Lock all that is on the disk, and unlock it. */
void ext2_lock(struct ext2 *ext2);
void ext2_unlock(struct ext2 *ext2);

/* Has the running thread locked it, or is there no thread? For assertions. */
bool ext2_is_locked(const struct ext2 *ext2);

/* --- inode.c: inodes in memory --------------------------------------------------------------- */

/* The inode of that number, with a reference. ERROR_DEVICE: the disk has an error, or contradicts
 * itself, which is logged. ERROR_OUT_OF_FRAMES. Locks nothing. */
enum error ext2_get_inode(struct ext2 *ext2, uint32_t number, struct inode **inode);

/* A new inode without a name, for a file in `directory`, with a reference. ERROR_FULL,
 * ERROR_OUT_OF_FRAMES, ERROR_DEVICE. */
enum error ext2_make_inode(struct ext2_node *directory, uint32_t mode, uint32_t rdev,
                           struct ext2_node **made);

/* Notes that the node is newer than the disk. Does not wait, and needs no lock. */
void ext2_mark_dirty(struct ext2_node *node);

/* Notes that the file was read. Likewise. */
void ext2_note_read(struct file *file);

/* The inode of that number, if it is in memory; else NULL. Without a reference. */
struct ext2_node *ext2_find_node(struct ext2 *ext2, uint32_t number);

/* Writes a node into its table of inodes, in memory, as a change of that stage. A node without
 * links is free for the disk. ERROR_DEVICE, ERROR_OUT_OF_FRAMES. */
enum error ext2_store_inode(struct ext2_node *node, enum ext2_stage stage);

/* --- blocks.c, truncate.c: the blocks of a file ---------------------------------------------- */

/* The disk's block that holds the file's block `index`; 0: a hole. ERROR_DEVICE,
 * ERROR_OUT_OF_FRAMES. Locks nothing. */
enum error ext2_map(struct ext2_node *node, uint64_t index, uint32_t *block);

/* The same, but puts a new block there if it is a hole, which *is_new tells. ERROR_FULL,
 * ERROR_FILE_TOO_BIG. */
enum error ext2_map_new(struct ext2_node *node, uint64_t index, uint32_t *block, bool *is_new);

/* Frees the file's blocks from `first` on. An error: a part was freed. */
enum error ext2_truncate(struct ext2_node *node, uint64_t first);

/* Is the target of a symbolic link, or a device's number, where others have numbers of blocks? */
bool ext2_has_no_blocks(const struct ext2_node *node);

/* --- allocate.c: free blocks and inodes ------------------------------------------------------ */

/* Read the groups' descriptors and count what is free, and put the counters into the blocks again.
 * ERROR_DEVICE, ERROR_OUT_OF_FRAMES. */
enum error ext2_load_groups(struct ext2 *ext2);
enum error ext2_store_groups(struct ext2 *ext2);

/* Takes a free block, near `goal` if possible. ERROR_FULL, ERROR_DEVICE, ERROR_OUT_OF_FRAMES. */
enum error ext2_take_block(struct ext2 *ext2, uint32_t goal, uint32_t *block);

/* Notes that the block is not used any more, and forgets what was changed in it. It is taken again
 * only once the disk knows that. ERROR_DEVICE: it is no block of the disk. ERROR_OUT_OF_FRAMES.
 * With an error nothing happens. Does not wait. */
enum error ext2_give_block(struct ext2 *ext2, uint32_t block);

/* The same for inodes. `near`: an inode of the group in which to look first. */
enum error ext2_take_inode(struct ext2 *ext2, uint32_t near, bool is_directory, uint32_t *number);
enum error ext2_give_inode(struct ext2 *ext2, uint32_t number, bool is_directory);

/* The disk uses none of what was given back any more: it is free from now on. */
enum error ext2_free_given(struct ext2 *ext2);

/* Forgets what was given back. */
void ext2_forget_given(struct ext2 *ext2);

/* Where the inode stands on the disk, in bytes. ERROR_DEVICE, ERROR_OUT_OF_FRAMES. */
enum error ext2_find_inode(struct ext2 *ext2, uint32_t number, uint64_t *place);

/* --- directory.c, entries.c: names on the disk ----------------------------------------------- */

/* An entry, and where the next one begins in the directory. */
struct ext2_entry_copy {
    uint32_t inode; /* 0: it is free */
    uint8_t type;   /* 0: not known */
    uint8_t name_length;
    char name[EXT2_NAME_MAX + 1];
    uint64_t next;
};

/* Reads the entry at `position`, which is within the directory. Of a hole, all is a free entry.
 * ERROR_DEVICE, ERROR_OUT_OF_FRAMES. Locks nothing. */
enum error ext2_read_entry(struct ext2_node *node, uint64_t position,
                           struct ext2_entry_copy *entry);

/* Finds an entry by its name. ERROR_NO_ENTRY. With the names locked. */
enum error ext2_find_entry(struct ext2_node *directory, const char *name, size_t length,
                           uint64_t *position, struct ext2_entry_copy *entry);

/* Adds an entry for a file. There is none of that name. ERROR_FULL, ERROR_DEVICE,
 * ERROR_OUT_OF_FRAMES. With the names locked, as all that follow. */
enum error ext2_add_entry(struct ext2_node *directory, const char *name, size_t length,
                          const struct ext2_node *node);

/* Adds an entry that only the disk has: no lookup finds it. *position is where. Likewise. */
enum error ext2_add_hidden_entry(struct ext2_node *directory, const char *name, size_t length,
                                 const struct ext2_node *node, uint64_t *position);

/* Makes an entry lead to another file. With the names and the changes locked. */
enum error ext2_change_entry(struct ext2_node *directory, uint64_t position,
                             const struct ext2_node *node);

/* Gives the entry of a file another name, which the directory does not have, if its block has room
 * for that: the disk gets both changes in one write. *done says so. */
enum error ext2_rename_entry(struct ext2_node *directory, uint64_t position, uint32_t hash,
                             const char *name, size_t length, const struct ext2_node *node,
                             bool *done);

/* Makes an entry lead to another file, in its block alone. With ext2.changes locked alone. */
enum error ext2_point_entry(struct ext2_node *directory, uint64_t position,
                            const struct ext2_node *node);

/* Removes an entry from its block. Likewise. */
enum error ext2_clear_entry(struct ext2_node *directory, uint64_t position);

/* As inode_operations. With the names locked. */
enum error ext2_lookup(struct dentry *directory, const char *name, size_t length,
                       struct dentry **found);

/* Gives a new directory its entries . and .. */
enum error ext2_fill_directory(struct ext2_node *directory, const struct ext2_node *parent);

/* --- removals.c: names that only the disk has ------------------------------------------------ */

struct ext2_removal {
    struct ext2_node *directory; /* referenced; NULL: the next write of its block ends the name */
    uint64_t position;
    uint32_t hash;                 /* of the name */
    struct ext2_node *node;        /* to which it leads on the disk; referenced */
    struct ext2_node *replacement; /* to which it leads in memory; referenced. NULL: to nothing */
    struct list_node link, in_directory;
};

/* Notes that a name, which is not in the index any more, leads to `node` on the disk; in memory
 * from kzalloc(), which it takes over. `directory` NULL: its entry leads to another file already.
 */
void ext2_note_removal(struct ext2_removal *removal, struct ext2_node *directory, uint64_t position,
                       uint32_t hash, struct ext2_node *node);

/* Gives a name that is still in the index to another file, but not on the disk; likewise. */
void ext2_note_replacement(struct ext2_removal *removal, struct ext2_node *directory,
                           uint64_t position, uint32_t hash, struct ext2_node *node,
                           struct ext2_node *replacement);

/* What was noted of a name that leads to another file on the disk; NULL: nothing. Does not wait. */
static inline struct ext2_removal *ext2_find_replacement(const struct ext2_node *directory,
                                                         uint64_t position)
{
    list_for_each(link, &directory->replaced) {
        struct ext2_removal *removal = CONTAINER_OF(link, struct ext2_removal, in_directory);
        if (removal->position == position)
            return removal;
    }
    return NULL;
}

/* Has such a name lead to yet another file; NULL: it is removed. */
void ext2_replace_again(struct ext2_removal *removal, struct ext2_node *replacement);

/* If a name stands there that only the disk has, makes that entry lead to `node`, and puts it into
 * the index. *done says so. May commit. ERROR_DEVICE, ERROR_OUT_OF_FRAMES. With the names and the
 * changes locked. */
enum error ext2_reuse_removed(struct ext2_node *directory, const char *name, size_t length,
                              struct ext2_node *node, bool *done);

/* May the disk lose the file before anything else is written? */
bool ext2_may_die_first(const struct ext2_node *node);

/* Gives a file that loses its last name another one, which only the disk has, in the directory. If
 * that name is in use, or there is no room for it, nothing happens: a loss of power at the wrong
 * moment is then for a person with e2fsck. ERROR_DEVICE, ERROR_OUT_OF_FRAMES. With the names and
 * the changes locked. */
enum error ext2_keep_until_replaced(struct ext2_node *node, struct ext2_node *directory);

/* For commits: the names that lead to another file in memory do so in their blocks, too; and names
 * that only the disk has go from their blocks. With the changes locked. */
enum error ext2_replace_names(struct ext2 *ext2);
enum error ext2_remove_names(struct ext2 *ext2);

/* Forgets all such names: after that, or at the end. */
void ext2_forget_removals(struct ext2 *ext2);

/* --- commit.c: what is written when ---------------------------------------------------------- */

/* Writes all that was changed, and flushes the device. `whole`: also what e2fsck could find out by
 * itself. ERROR_DEVICE: now or before; the file system is read-only then. Locks. */
enum error ext2_commit(struct ext2 *ext2, bool whole);

/* The same. With the changes locked. */
enum error ext2_commit_locked(struct ext2 *ext2, bool whole);

/* Makes the superblock say that the file system is clean, after a commit; unless files are open
 * that are deleted. ERROR_DEVICE, ERROR_OUT_OF_FRAMES. */
enum error ext2_store_clean(struct ext2 *ext2);

/* Forgets all that was changed. */
void ext2_discard(struct ext2 *ext2);

/* --- attributes.c ---------------------------------------------------------------------------- */

/* Sets the target of a new symbolic link; it is shorter than a block. ERROR_FULL, ERROR_DEVICE,
 * ERROR_OUT_OF_FRAMES. */
enum error ext2_store_target(struct ext2_node *node, const char *target, size_t length);

/* As inode_operations. Locks. */
enum error ext2_set(struct inode *inode, const struct inode_attributes *attributes);

/* --- state.c ---------------------------------------------------------------------------------- */

/* Puts the counters and the state into the superblock, in memory. ERROR_DEVICE,
 * ERROR_OUT_OF_FRAMES. */
enum error ext2_store_superblock(struct ext2 *ext2, bool is_clean);

extern const struct inode_operations ext2_directory_operations, ext2_file_operations,
    ext2_link_operations;
extern const struct file_operations ext2_directory_files, ext2_regular_files;
extern const struct page_cache_operations ext2_pages;

#endif
