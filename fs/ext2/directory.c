/*
 * Lookups and listings. A name that was looked up is kept as a dentry, so the next walk asks
 * nobody.
 */
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <fs/file.h>
#include <lib/string.h>

/* --- Lookups and listings -------------------------------------------------------------------- */

/* A name that a path could not have is not shown. */
static bool is_shown(const struct ext2_entry_copy *entry)
{
    return entry->inode && entry->name_length && strlen(entry->name) == entry->name_length &&
           !strchr(entry->name, '/');
}

/* Is that one of the directories above? Then the tree would have no end. */
static bool is_above(const struct dentry *directory, const struct inode *inode)
{
    while (directory->inode != inode && directory->parent != directory)
        directory = directory->parent;
    return directory->inode == inode;
}

static enum error make_dentry(struct dentry *directory, const struct ext2_entry_copy *entry,
                              struct dentry **found)
{
    struct inode *inode;
    struct ext2 *ext2 = ext2_node_of(directory->inode)->ext2;
    enum error error = ext2_get_inode(ext2, entry->inode, &inode);
    if (error)
        return error;
    if (is_above(directory, inode)) {
        inode_release(inode);
        return ext2_damaged(ext2, "a directory is in itself");
    }
    return dentry_add(directory, entry->name, entry->name_length, inode, found);
}

enum error ext2_lookup(struct dentry *directory, const char *name, size_t length,
                       struct dentry **found)
{
    struct ext2_entry_copy entry;
    uint64_t position = 0;
    enum error error =
        ext2_find_entry(ext2_node_of(directory->inode), name, length, &position, &entry);
    return error ? error : make_dentry(directory, &entry, found);
}

static uint32_t type_of(uint8_t type)
{
    static const uint32_t types[] = {0,       S_IFREG, S_IFDIR,  S_IFCHR,
                                     S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK};
    return type < ARRAY_SIZE(types) ? types[type] : 0;
}

/* An entry that was there when the listing last ended may be gone, and its bytes be the middle of
 * another one: so a listing begins at its block's start, and shows what comes from `from` on. */
static enum error list_from(struct ext2_node *node, uint64_t from, struct file *file,
                            struct entry_sink *sink)
{
    struct ext2_entry_copy entry;
    uint64_t at = from - from % node->ext2->block_size;
    for (; at < node->inode.size; at = entry.next) {
        enum error error = ext2_read_entry(node, at, &entry);
        if (error)
            return error;
        uint32_t hash = dentry_hash(entry.name, entry.name_length);
        bool is_there = is_shown(&entry) && name_index_has(&node->index, hash, at);
        if (at >= from && is_there &&
            !sink->emit(sink, entry.name, entry.name_length, entry.inode, type_of(entry.type),
                        entry.next))
            return OK;
        if (at >= from)
            file->position = entry.next;
    }
    return OK;
}

static enum error list(struct file *file, struct entry_sink *sink)
{
    struct ext2_node *node = ext2_node_of(file->inode);
    struct filesystem *filesystem = node->inode.filesystem;
    struct ext2_entry_copy entry;
    uint64_t position = 0;
    if (file->position >= node->inode.size)
        return OK;
    bool locked = filesystem_lock_names(filesystem);
    enum error error = node->has_index ? OK : ext2_find_entry(node, ".", 1, &position, &entry);
    if (!error || error == ERROR_NO_ENTRY)
        error = list_from(node, file->position, file, sink);
    filesystem_unlock_names(filesystem, locked);
    ext2_note_read(file);
    return error;
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)buffer, (void)position;
    return ERROR_IS_DIRECTORY;
}

static enum error sync(struct file *file)
{
    return ext2_commit(ext2_node_of(file->inode)->ext2, false);
}

const struct file_operations ext2_directory_files = {
    .has_position = true, .read = read, .list = list, .sync = sync};
