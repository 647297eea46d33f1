/*
 * Directories: blocks of entries, each with the number of an inode, its own length, and a name. The
 * lengths lead from entry to entry and fill the block. An entry without an inode is free.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <fs/file.h>
#include <lib/string.h>

enum entry_field { INODE = 0, LENGTH = 4, NAME_LENGTH = 6, TYPE = 7, NAME = 8 };

/* An entry, and where the next one begins in the directory. */
struct entry {
    uint32_t inode;
    uint8_t type; /* 0: not known */
    uint8_t name_length;
    char name[EXT2_NAME_MAX + 1];
    uint64_t next;
};

/* Reads the entry at `position`, which is within the directory. Of a hole, all is a free entry. */
static enum error read_entry(struct ext2_node *node, uint64_t position, struct entry *entry)
{
    struct ext2 *ext2 = node->ext2;
    uint32_t block, within = (uint32_t)(position % ext2->block_size);
    struct cached_block *cached;
    enum error error = ext2_map(node, position / ext2->block_size, &block);
    *entry = (struct entry){.next = position - within + ext2->block_size};
    if (error || !block)
        return error;
    if (within % 4 || within + NAME > ext2->block_size)
        return ext2_damaged(ext2, "a directory's entry is in an impossible place");
    error = block_cache_get(&ext2->cache, block, &cached);
    if (error)
        return error;
    const uint8_t *bytes = cached->bytes + within;
    uint32_t length = ext2_get_16(bytes + LENGTH);
    entry->inode = ext2_get_32(bytes + INODE);
    entry->name_length = bytes[NAME_LENGTH];
    entry->type = ext2->has_types ? bytes[TYPE] : 0;
    entry->next = position + length;
    if (length % 4 || length < NAME + (uint32_t)(entry->inode ? entry->name_length : 0) ||
        length > ext2->block_size - within)
        error = ext2_damaged(ext2, "a directory's entry has an impossible length");
    else if (entry->inode)
        memcpy(entry->name, bytes + NAME, entry->name_length);
    block_cache_put(cached);
    return error;
}

/* A name that a path could not have is not shown. */
static bool is_shown(const struct entry *entry)
{
    return entry->inode && entry->name_length && strlen(entry->name) == entry->name_length &&
           !strchr(entry->name, '/');
}

static enum error make_dentry(struct dentry *directory, const struct entry *entry,
                              struct dentry **found)
{
    struct inode *inode;
    enum error error = ext2_get_inode(ext2_node_of(directory->inode)->ext2, entry->inode, &inode);
    if (error)
        return error;
    *found = dentry_create(directory, entry->name, entry->name_length, inode);
    if (!*found) {
        inode_release(inode);
        return ERROR_OUT_OF_FRAMES;
    }
    return OK;
}

static enum error lookup(struct dentry *directory, const char *name, size_t length,
                         struct dentry **found)
{
    struct ext2_node *node = ext2_node_of(directory->inode);
    struct entry entry;
    for (uint64_t at = 0; at < node->inode.size; at = entry.next) {
        enum error error = read_entry(node, at, &entry);
        if (error)
            return error;
        if (is_shown(&entry) && entry.name_length == length &&
            memcmp(entry.name, name, length) == 0)
            return make_dentry(directory, &entry, found);
    }
    return ERROR_NO_ENTRY;
}

const struct inode_operations ext2_directory = {.lookup = lookup};

static uint32_t type_of(uint8_t type)
{
    static const uint32_t types[] = {0,       S_IFREG, S_IFDIR,  S_IFCHR,
                                     S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK};
    return type < ARRAY_SIZE(types) ? types[type] : 0;
}

static enum error list(struct file *file, struct entry_sink *sink)
{
    struct ext2_node *node = ext2_node_of(file->inode);
    struct entry entry;
    file_note_read(file);
    while (file->position < node->inode.size) {
        enum error error = read_entry(node, file->position, &entry);
        if (error)
            return error;
        if (is_shown(&entry) && !sink->emit(sink, entry.name, entry.name_length, entry.inode,
                                            type_of(entry.type), entry.next))
            return OK;
        file->position = entry.next;
    }
    return OK;
}

const struct file_operations ext2_directory_files = {.has_position = true, .list = list};
