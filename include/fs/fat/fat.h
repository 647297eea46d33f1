/*
 * FAT 12, 16 and 32, for the files of fs/fat/. What is on the disk: "Microsoft Extensible Firmware
 * Initiative FAT32 File System Specification", 1.03. All numbers there are little-endian, and are
 * checked: they come from outside. The locks, outer ones first:
 *
 *     filesystem.names    lookups that read directories, and changes of names
 *     inode.mutex         a file's content and size
 *     fat.changes         the table, and the entries of files
 */
#ifndef FS_FAT_FAT_H
#define FS_FAT_FAT_H

#include <assert.h>
#include <fs/block_cache.h>
#include <fs/filesystem.h>
#include <fs/inode.h>
#include <fs/page_cache.h>
#include <kernel/log/log.h>
#include <lib/bytes.h>

enum {
    FAT_MODE_ALL = 0755, /* of all files; w is missing from those that are read-only */
    FAT_MODE_WRITE = 0222,
    FAT_FIRST_CLUSTER = 2,               /* numbers of clusters begin with it */
    FAT_NAME_UNITS = 255,                /* of 16 bits, in a long name */
    FAT_NAME_MAX = 3 * 255,              /* bytes of such a name in UTF-8 */
    FAT_SLOT = 32,                       /* bytes of a slot in a directory */
    FAT_SHORT = 11,                      /* characters of a short name, without its dot */
    FAT_SHORT_SHOWN = 1 + 3 * FAT_SHORT, /* bytes of one in UTF-8, with it */
};

/* What follows a cluster in its file: another one, or one of these. */
enum fat_next { FAT_FREE = 0, FAT_END = 0xfffffff /* and 7 more numbers below */ };

/* The order in which changed blocks are written: no entry leads to a cluster that is free. */
enum fat_stage { STAGE_TABLE, STAGE_DIRECTORIES };

/* What the files of a file system do, by their kinds. */
struct fat_operations {
    const struct inode_operations *directory, *file;
    const struct file_operations *directory_files, *regular_files;
    const struct page_cache_operations *pages;
};

struct fat {
    struct filesystem filesystem;
    const struct fat_operations *operations;
    struct block_cache cache; /* of sectors */
    struct mutex changes;
    uint32_t sector, cluster;              /* sizes in bytes */
    unsigned bits;                         /* of a number in the table: 12, 16 or 32 */
    uint32_t table, table_sectors, tables; /* the first one's sector, each one's size, how many */
    uint32_t root, root_sectors;           /* of 12 and 16 bits: where the root is */
    uint32_t root_cluster;                 /* of 32 bits: likewise */
    uint32_t information;                  /* of 32 bits: the sector with the counters; 0: none */
    uint32_t data;                         /* sector of the first cluster */
    uint32_t clusters;
    uint32_t free;      /* clusters */
    uint32_t next_free; /* where to look first */
    bool is_counted;    /* `free` is right */
    bool unflushed;     /* the device may still hold back what was written to it */
    bool has_failed;    /* a write to the disk: nothing more is written */
    bool was_dirty;     /* when it was mounted: the mark stays */
    struct list dirty;  /* nodes whose entries on the disk are older */
};

/* The slots of a file's name and entry, which follow each other in its directory. */
struct fat_slots {
    uint64_t place;    /* of the last one, in bytes from the disk's start; 0: there are none */
    uint64_t position; /* of the first one in the directory */
    uint32_t count;
};

struct fat_node {
    struct inode inode;
    struct fat *fat;
    struct page_cache cache; /* of a regular file */
    struct fat_slots slots;  /* the root has none, nor has a file without a name */
    uint32_t *chain;         /* its clusters in order, once it was looked through */
    uint32_t length, room;   /* clusters in the chain, and the memory's size */
    uint32_t first;          /* cluster; 0: it has none */
    bool has_chain;
    bool is_root;
    struct list_node dirty; /* a dirty node has a reference to itself */
};

/* The whole that a file system or an inode is part of. */
static inline struct fat *fat_of(struct filesystem *filesystem)
{
    return CONTAINER_OF(filesystem, struct fat, filesystem);
}
static inline struct fat_node *fat_node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct fat_node, inode);
}

/* Logs that something on the disk cannot be, and returns ERROR_DEVICE. */
static inline enum error fat_damaged(const struct fat *fat, const char *what)
{
    log_warn("vfat: %s: %s", fat->cache.device->name, what);
    return ERROR_DEVICE;
}

/* --- lock.c ---------------------------------------------------------------------------------- */

/* Lock all that is on the disk besides the content of files, which may wait; and unlock it. */
void fat_lock(struct fat *fat);
void fat_unlock(struct fat *fat);

/* Has the running thread locked it, or is there no thread? For assertions; does not wait. */
bool fat_is_locked(const struct fat *fat);

/* --- table.c: clusters. All may wait, and return ERROR_DEVICE or ERROR_OUT_OF_FRAMES. -------- */

/* Counts the free clusters, unless that was done. */
enum error fat_count_free(struct fat *fat);

/* Reads the whole chain of a file or directory into memory, unless that was done. */
enum error fat_load_chain(struct fat_node *node);

/* Makes the chain as long as that. What is added contains whatever was there before. ERROR_FULL;
 * then it is as it was. With the changes locked. */
enum error fat_set_length(struct fat_node *node, uint32_t length);

/* The sector where a cluster begins. */
static inline uint64_t fat_sector_of(const struct fat *fat, uint32_t cluster)
{
    ASSERT(cluster >= FAT_FIRST_CLUSTER && cluster - FAT_FIRST_CLUSTER < fat->clusters);
    return fat->data + (uint64_t)(cluster - FAT_FIRST_CLUSTER) * (fat->cluster / fat->sector);
}

/* --- names.c: what names look like on the disk. Nothing waits. ------------------------------- */

/* A long name, in units of UTF-16. False: it cannot be a name here. */
bool fat_name_to_units(const char *name, size_t length, uint16_t units[FAT_NAME_UNITS],
                       size_t *count);

/* Back to UTF-8, without a NUL; returns the length. */
size_t fat_name_from_units(const uint16_t *units, size_t count, char name[FAT_NAME_MAX]);

/* Is it the same name? Large and small letters are the same, as far as they are Latin. */
bool fat_names_equal(const char *a, size_t a_length, const char *b, size_t b_length);

/* What a short name looks like, "name.ext", without a NUL; returns the length. `cases`: the entry's
 * flags for small letters. */
size_t fat_show_short(const uint8_t short_name[FAT_SHORT], uint8_t cases,
                      char name[FAT_SHORT_SHOWN]);

/* The short name for a name. False: it cannot be one as it is, even with those flags; then it is
 * the `number`th one that resembles it. */
bool fat_make_short(const char *name, size_t length, unsigned number, uint8_t short_name[FAT_SHORT],
                    uint8_t *cases);

/* The sum of a short name that stands in each slot of its long name. */
uint8_t fat_short_sum(const uint8_t short_name[FAT_SHORT]);

/* --- entries.c: what stands in directories. All may wait, and return ERROR_DEVICE or
 * ERROR_OUT_OF_FRAMES. With the names locked. ----------------------------------------------------
 */

enum fat_attribute {
    FAT_READ_ONLY = 1,
    FAT_LABEL = 8, /* the disk's own name */
    FAT_DIRECTORY = 16,
    FAT_CHANGED = 32, /* since the last backup */
    FAT_LONG_NAME = 15,
};

/* Offsets in an entry. */
enum fat_field {
    FAT_ATTRIBUTES = 11,
    FAT_CASES = 12,
    FAT_MADE = 14,      /* time, and two bytes later the date; for the next two likewise */
    FAT_READ_DATE = 18, /* a date alone */
    FAT_FIRST_HIGH = 20,
    FAT_WRITTEN = 22,
    FAT_FIRST_LOW = 26,
    FAT_SIZE = 28,
};

/* A file's entry, with its name. */
struct fat_entry {
    bool is_there;           /* else the directory ends here */
    bool is_shown;           /* a path can have its name */
    uint64_t position, next; /* of its first slot in the directory, and of what follows */
    uint64_t place;          /* of its last slot, in bytes from the disk's start */
    uint8_t bytes[FAT_SLOT]; /* that slot */
    char name[FAT_NAME_MAX];
    size_t name_length;
};

/* Reads the first entry from `position` on, where a slot begins. */
enum error fat_read_entry(struct fat_node *directory, uint64_t position, struct fat_entry *entry);

/* Finds an entry by its long or its short name. ERROR_NO_ENTRY. */
enum error fat_find_entry(struct fat_node *directory, const char *name, size_t length,
                          struct fat_entry *entry);

/* Adds an entry of that name with `bytes`, but for the short name and the cases. There is none of
 * that name. The node gets its place. ERROR_FULL, ERROR_INVALID: no file can have that name here.
 * With the changes locked. */
enum error fat_add_entry(struct fat_node *directory, const char *name, size_t length,
                         const uint8_t bytes[FAT_SLOT], struct fat_node *node);

/* Frees the slots of an entry. With the changes locked. */
enum error fat_remove_entry(struct fat_node *directory, const struct fat_slots *slots);

/* Makes a directory's new clusters, from the one at `from` on, empty. With the changes locked. */
enum error fat_clear_clusters(struct fat_node *directory, uint32_t from);

/* --- inode.c --------------------------------------------------------------------------------- */

/* The file of an entry, with a reference. ERROR_OUT_OF_FRAMES, ERROR_DEVICE. */
enum error fat_get_inode(struct fat *fat, const struct fat_entry *entry, struct inode **inode);

/* A new node without an entry, with a reference. NULL: memory is out. */
struct fat_node *fat_make_node(struct fat *fat, uint32_t mode);

/* Notes that the node is newer than its entry. Does not wait, and needs no lock. */
void fat_mark_dirty(struct fat_node *node);

/* Gives the slots of another node to this one, and writes there what it says of it, but for the
 * name: that stays. With an error nothing has changed. With the changes locked; ERROR_DEVICE,
 * ERROR_OUT_OF_FRAMES. May wait. */
enum error fat_take_slots(struct fat_node *node, struct fat_node *other);

/* What a node's entry says of it, but for the name. */
void fat_fill_entry(const struct fat_node *node, uint8_t bytes[FAT_SLOT]);

/* Puts the nodes that are dirty into their entries, in memory; files without a name and without a
 * user go. With the changes locked; ERROR_DEVICE, ERROR_OUT_OF_FRAMES. May wait. */
enum error fat_store_nodes(struct fat *fat);

/* --- directory.c, regular.c ------------------------------------------------------------------ */

extern const struct inode_operations fat_directory_operations, fat_file_operations;
extern const struct file_operations fat_directory_files, fat_regular_files;
extern const struct page_cache_operations fat_pages;

/* --- commit.c -------------------------------------------------------------------------------- */

/* Writes all that was changed, and flushes the device. ERROR_DEVICE: now or before; the file system
 * is read-only then. Locks; may wait. */
enum error fat_commit(struct fat *fat);

/* In the first sector: where a byte says that the file system is in use. */
enum fat_state { FAT_STATE_16 = 37, FAT_STATE_32 = 65, FAT_STATE_DIRTY = 1 };

/* Marks the file system as in use, and makes it writable. ERROR_DEVICE, ERROR_OUT_OF_FRAMES; may
 * wait. */
enum error fat_begin_writing(struct fat *fat);

/* Commits, takes the mark back unless it was there before, and makes it read-only. Errors as above;
 * may wait. */
enum error fat_end_writing(struct fat *fat);

#endif
