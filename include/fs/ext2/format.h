/*
 * ext2 as it is on the disk (D. Poirier, "The Second Extended File System"). All numbers are
 * little-endian, and are checked: they come from outside.
 */
#ifndef FS_EXT2_FORMAT_H
#define FS_EXT2_FORMAT_H

#include <lib/bytes.h>
#include <types.h>

enum {
    EXT2_SUPERBLOCK = 1024, /* where it is, and its size */
    EXT2_MAGIC = 0xef53,
    EXT2_STATE_CLEAN = 1,
    EXT2_STATE_ERRORS = 2,
    EXT2_INODE_BYTES = 128, /* of an inode, that every revision has */
    EXT2_DESCRIPTOR_BYTES = 32,
    EXT2_ENTRY_BYTES = 8, /* of a directory's entry, before its name */
    EXT2_ROOT = 2,
    EXT2_FIRST_INODE = 11, /* of revision 0: the first one that is not reserved */
    EXT2_BLOCKS = 15, /* numbers in an inode: direct ones, and those of three tables of numbers */
    EXT2_DIRECT = 12,
    EXT2_NAME_MAX = 255,
    EXT2_LINKS_MAX = 32000,
    EXT2_SECTOR = 512, /* the unit of an inode's count of blocks */
};

/* Offsets in the superblock. */
enum ext2_superblock {
    SUPER_INODES = 0,
    SUPER_BLOCKS = 4,
    SUPER_RESERVED = 8, /* blocks that only root may take */
    SUPER_FREE_BLOCKS = 12,
    SUPER_FREE_INODES = 16,
    SUPER_FIRST_BLOCK = 20,
    SUPER_BLOCK_SHIFT = 24,
    SUPER_BLOCKS_PER_GROUP = 32,
    SUPER_INODES_PER_GROUP = 40,
    SUPER_WRITE_TIME = 48,
    SUPER_MAGIC = 56,
    SUPER_STATE = 58,
    SUPER_REVISION = 76,
    SUPER_FIRST_INODE = 84,
    SUPER_INODE_SIZE = 88,
    SUPER_INCOMPATIBLE = 96,
    SUPER_READ_ONLY_COMPATIBLE = 100,
};

enum ext2_feature {
    INCOMPATIBLE_TYPES = 2,
    READ_ONLY_SPARSE = 1,
    READ_ONLY_LARGE_FILES = 2,
};

/* Offsets in a group's descriptor. */
enum ext2_descriptor {
    GROUP_BLOCK_BITMAP = 0,
    GROUP_INODE_BITMAP = 4,
    GROUP_INODE_TABLE = 8,
    GROUP_FREE_BLOCKS = 12,
    GROUP_FREE_INODES = 14,
    GROUP_DIRECTORIES = 16,
};

/* Offsets in an inode. */
enum ext2_inode {
    INODE_MODE = 0,
    INODE_UID = 2,
    INODE_SIZE = 4,
    INODE_ACCESSED = 8,
    INODE_CHANGED = 12,
    INODE_MODIFIED = 16,
    INODE_DELETED = 20,
    INODE_GID = 24,
    INODE_LINKS = 26,
    INODE_SECTORS = 28,
    INODE_FLAGS = 32,
    INODE_NUMBERS = 40,
    INODE_ATTRIBUTES = 104, /* the block of extended attributes */
    INODE_SIZE_HIGH = 108,
    INODE_UID_HIGH = 120,
    INODE_GID_HIGH = 122,
};

enum { FLAG_HASHED = 0x1000 /* the directory has a tree of hashes beside its entries */ };

/* Offsets in a directory's entry. */
enum ext2_entry { ENTRY_INODE = 0, ENTRY_LENGTH = 4, ENTRY_NAME_LENGTH = 6, ENTRY_TYPE = 7 };

#endif
