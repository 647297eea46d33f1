/*
 * Directories as fs/ sees them: lookups, listings, and changes of names. A file that was looked up
 * is kept as a dentry with the name that is on the disk. A name in other letters, large or small,
 * finds the same dentry.
 *
 * fs/ has locked the names.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/fat/fat.h>
#include <fs/file.h>
#include <lib/string.h>

static bool is_dots(const char *name, size_t length)
{
    return length > 0 && length <= 2 && name[0] == '.' && name[length - 1] == '.';
}

/* --- Lookups and listings -------------------------------------------------------------------- */

static enum error lookup(struct dentry *directory, const char *name, size_t length,
                         struct dentry **found)
{
    struct fat_node *node = fat_node_of(directory->inode);
    struct fat_entry entry;
    struct inode *inode;
    enum error error = fat_find_entry(node, name, length, &entry);
    if (error)
        return error;
    uint32_t hash = dentry_hash(entry.name, entry.name_length);
    *found = dentry_find(directory, entry.name, entry.name_length, hash);
    if (*found) {
        dentry_reference(*found);
        return OK;
    }
    error = fat_get_inode(node->fat, &entry, &inode);
    return error ? error : dentry_add(directory, entry.name, entry.name_length, inode, found);
}

/* The root has no entries for itself and its parent. They are shown at positions that no entry has,
 * and all others two slots later. */
enum { DOTS = 2 * FAT_SLOT };

/* A program may have set any position, also one within a slot. */
static enum error list_entries(struct file *file, struct entry_sink *sink)
{
    struct fat_node *node = fat_node_of(file->inode);
    uint64_t shift = node->is_root ? DOTS : 0;
    struct fat_entry entry;
    for (;; file->position = entry.next + shift) {
        uint64_t position = ALIGN_DOWN(file->position - shift, (uint64_t)FAT_SLOT);
        enum error error = fat_read_entry(node, position, &entry);
        if (error || !entry.is_there)
            return error;
        uint32_t type = entry.bytes[FAT_ATTRIBUTES] & FAT_DIRECTORY ? S_IFDIR : S_IFREG;
        if (entry.is_shown && !sink->emit(sink, entry.name, entry.name_length,
                                          entry.place / FAT_SLOT, type, entry.next + shift))
            return OK;
    }
}

static enum error list(struct file *file, struct entry_sink *sink)
{
    struct fat_node *node = fat_node_of(file->inode);
    struct filesystem *filesystem = node->inode.filesystem;
    for (; node->is_root && file->position < DOTS; file->position += FAT_SLOT) {
        if (!sink->emit(sink, "..", 1 + file->position / FAT_SLOT, node->inode.number, S_IFDIR,
                        file->position + FAT_SLOT))
            return OK;
    }
    bool locked = filesystem_lock_names(filesystem);
    enum error error = list_entries(file, sink);
    filesystem_unlock_names(filesystem, locked);
    return error;
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)buffer, (void)position;
    return ERROR_IS_DIRECTORY;
}

static enum error sync(struct file *file)
{
    return fat_commit(fat_node_of(file->inode)->fat);
}

const struct file_operations fat_directory_files = {
    .has_position = true, .read = read, .list = list, .sync = sync};

/* --- Making names ---------------------------------------------------------------------------- */

/* ".." names the root by 0. */
static uint32_t number_of_parent(const struct fat_node *parent)
{
    return parent->is_root ? 0 : parent->first;
}

/* Writes the entry . or .. of a directory. */
static enum error put_dots(struct fat_node *directory, unsigned slot, const struct fat_node *target,
                           uint32_t first)
{
    struct fat *fat = directory->fat;
    struct cached_block *cached;
    enum error error = block_cache_get(&fat->cache, fat_sector_of(fat, directory->first), &cached);
    if (error)
        return error;
    uint8_t *bytes = cached->bytes + (size_t)slot * FAT_SLOT;
    memset(bytes, 0, FAT_SLOT);
    fat_fill_entry(target, bytes);
    memset(bytes, ' ', FAT_SHORT);
    memset(bytes, '.', slot + 1);
    put_little_16(bytes + FAT_FIRST_LOW, first);
    put_little_16(bytes + FAT_FIRST_HIGH, fat->bits == 32 ? first >> 16 : 0);
    block_cache_change(cached, STAGE_DIRECTORIES);
    block_cache_put(cached);
    return OK;
}

static enum error fill_directory(struct fat_node *node, const struct fat_node *parent)
{
    enum error error = fat_set_length(node, 1);
    if (!error)
        error = fat_clear_clusters(node, 0);
    if (!error)
        error = put_dots(node, 0, node, node->first);
    return error ? error : put_dots(node, 1, parent, number_of_parent(parent));
}

static enum error add_entry(struct dentry *directory, const char *name, size_t length,
                            struct fat_node *node)
{
    struct fat_node *parent = fat_node_of(directory->inode);
    uint8_t bytes[FAT_SLOT] = {0};
    fat_fill_entry(node, bytes);
    enum error error = fat_add_entry(parent, name, length, bytes, node);
    inode_note_write(&parent->inode);
    fat_mark_dirty(parent);
    return error;
}

static enum error name_node(struct dentry *entry, struct fat_node *node)
{
    struct fat_node *parent = fat_node_of(entry->parent->inode);
    struct fat_entry existing;
    enum error error = fat_find_entry(parent, entry->name, entry->name_length, &existing);
    if (error != ERROR_NO_ENTRY)
        return error ? error : ERROR_EXISTS;
    error = inode_is_directory(&node->inode) ? fill_directory(node, parent) : OK;
    if (!error)
        error = add_entry(entry->parent, entry->name, entry->name_length, node);
    return error;
}

static enum error create(struct dentry *entry, uint32_t mode, uint32_t rdev)
{
    struct fat *fat = fat_node_of(entry->parent->inode)->fat;
    uint32_t type = mode & S_IFMT;
    (void)rdev;
    if (type != S_IFREG && type != S_IFDIR)
        return ERROR_NOT_PERMITTED;
    if (fat->filesystem.is_read_only)
        return ERROR_READ_ONLY;
    uint32_t permissions = mode & FAT_MODE_WRITE ? FAT_MODE_ALL : FAT_MODE_ALL & ~FAT_MODE_WRITE;
    struct fat_node *node = fat_make_node(fat, type | permissions);
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    inode_note_write(&node->inode);
    node->inode.accessed = node->inode.modified;
    node->has_chain = true;
    fat_lock(fat);
    enum error error = name_node(entry, node);
    if (error) {
        node->inode.links = 0; /* a commit frees what it has */
        fat_mark_dirty(node);
    }
    fat_unlock(fat);
    if (error) {
        inode_release(&node->inode);
        return error;
    }
    node->inode.size = type == S_IFDIR ? fat->cluster : 0;
    entry->inode = &node->inode;
    dentry_keep(entry);
    return OK;
}

/* --- Removing and renaming ------------------------------------------------------------------- */

/* ERROR_NOT_EMPTY: the directory has entries besides . and .. */
static enum error check_empty(struct dentry *entry)
{
    struct fat_node *node = fat_node_of(entry->inode);
    struct fat_entry found = {.next = 0};
    (void)dentry_forget(entry, SIZE_MAX);
    if (!list_empty(&entry->children))
        return ERROR_NOT_EMPTY;
    do {
        enum error error = fat_read_entry(node, found.next, &found);
        if (error)
            return error;
    } while (found.is_there && is_dots(found.name, found.name_length));
    return found.is_there ? ERROR_NOT_EMPTY : OK;
}

static void lose_name(struct dentry *entry)
{
    entry->inode->links = 0;
    inode_note_change(entry->inode);
    fat_mark_dirty(fat_node_of(entry->inode));
    dentry_delete(entry);
}

static enum error remove_entry(struct dentry *entry)
{
    struct fat_node *parent = fat_node_of(entry->parent->inode), *node = fat_node_of(entry->inode);
    enum error error = fat_remove_entry(parent, &node->slots);
    if (!error)
        node->slots.place = 0;
    inode_note_write(&parent->inode);
    fat_mark_dirty(parent);
    return error;
}

static enum error remove(struct dentry *entry)
{
    struct fat *fat = fat_node_of(entry->inode)->fat;
    enum error error = fat->filesystem.is_read_only ? ERROR_READ_ONLY : OK;
    if (!error && inode_is_directory(entry->inode))
        error = check_empty(entry);
    fat_lock(fat);
    if (!error)
        error = remove_entry(entry);
    if (!error)
        lose_name(entry);
    fat_unlock(fat);
    return error;
}

/* The file gets its new entry before it loses the old one. Where it replaces another file it gets
 * that one's, which needs no room, with the name as it is on the disk. */
static enum error move(struct dentry *entry, struct dentry *directory, const char *name,
                       size_t length, struct dentry *replaced)
{
    struct fat_node *node = fat_node_of(entry->inode);
    struct fat_node *from = fat_node_of(entry->parent->inode), *to = fat_node_of(directory->inode);
    const struct fat_slots old = node->slots;
    enum error error = replaced ? fat_take_slots(node, fat_node_of(replaced->inode))
                                : add_entry(directory, name, length, node);
    if (!error)
        error = fat_remove_entry(from, &old);
    if (!error && from != to && inode_is_directory(entry->inode))
        error = put_dots(node, 1, to, number_of_parent(to));
    inode_note_write(&from->inode);
    inode_note_write(&to->inode);
    fat_mark_dirty(from);
    fat_mark_dirty(to);
    fat_mark_dirty(node);
    return error;
}

/* Is there a first cluster, in which the entries . and .. are? */
static enum error check_clusters(struct fat_node *directory)
{
    enum error error = fat_load_chain(directory);
    if (!error && directory->length == 0)
        error = fat_damaged(directory->fat, "a directory has no clusters");
    return error;
}

static enum error check_rename(struct dentry *entry, const char *name, size_t length,
                               struct dentry *replaced)
{
    uint16_t units[FAT_NAME_UNITS];
    size_t count;
    if (entry->inode->filesystem->is_read_only)
        return ERROR_READ_ONLY;
    if (!fat_name_to_units(name, length, units, &count))
        return ERROR_INVALID;
    if (inode_is_directory(entry->inode)) {
        enum error error = check_clusters(fat_node_of(entry->inode));
        if (error)
            return error;
    }
    return replaced && inode_is_directory(replaced->inode) ? check_empty(replaced) : OK;
}

static enum error rename(struct dentry *entry, struct dentry *directory, const char *name,
                         size_t length, struct dentry *replaced)
{
    struct fat *fat = fat_node_of(entry->inode)->fat;
    enum error error = check_rename(entry, name, length, replaced);
    if (error)
        return error;
    fat_lock(fat);
    error = move(entry, directory, name, length, replaced);
    fat_unlock(fat);
    if (error)
        return error;
    if (replaced) {
        name = replaced->name;
        length = replaced->name_length;
        lose_name(replaced);
    }
    dentry_move_or_forget(entry, directory, name, length);
    return OK;
}

const struct inode_operations fat_directory_operations = {
    .lookup = lookup, .create = create, .remove = remove, .rename = rename};
