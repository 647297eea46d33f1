/*
 * tmpfs: names and inodes. The entries of a directory are its kept dentries; they are stored
 * nowhere else.
 */
#include <assert.h>
#include <fs/seals.h>
#include <fs/tmpfs_node.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { ENTRY_SIZE = 20 /* what Linux adds to a directory's size for an entry, . and .. too */ };

/* --- Directories ------------------------------------------------------------------------------ */

/* Where the listing goes on. The file remembers the dentry (data) as long as no entry has gone, so
 * that a long listing need not begin at the front each time. */
static struct dentry *next_entry(const struct file *file)
{
    const struct dentry *directory = file->dentry;
    struct dentry *last = file->data;
    if (!last || file->data_number != directory->removals || last->offset + 1 != file->position)
        return dentry_next_child(directory, file->position);
    return dentry_after(last);
}

static bool emit(struct file *file, struct entry_sink *sink, const char *name, size_t length,
                 const struct inode *inode, uint64_t next)
{
    if (!sink->emit(sink, name, length, inode->number, inode_type(inode), next))
        return false;
    file->position = next;
    return true;
}

static enum error list(struct file *file, struct entry_sink *sink)
{
    struct dentry *directory = file->dentry;
    file_note_read(file);
    if (file->position == 0 && !emit(file, sink, ".", 1, file->inode, 1))
        return OK;
    if (file->position == 1 && !emit(file, sink, "..", 2, directory->parent->inode, 2))
        return OK;
    struct dentry *entry = next_entry(file);
    for (; entry; entry = dentry_after(entry)) {
        if (!emit(file, sink, entry->name, entry->name_length, entry->inode, entry->offset + 1))
            return OK;
        file->data = entry;
        file->data_number = directory->removals;
    }
    return OK;
}

static const struct file_operations directory_operations = {.has_position = true, .list = list};

/* --- Names ------------------------------------------------------------------------------------ */

static void note_entries(struct inode *directory, int entries)
{
    ASSERT(entries > 0 || directory->size > 2 * (uint64_t)ENTRY_SIZE); /* . and .. stay */
    directory->size += (uint64_t)((int64_t)entries * ENTRY_SIZE);
    inode_note_write(directory);
}

static enum error count_inode(struct tmpfs *tmpfs)
{
    if (tmpfs->inodes >= tmpfs->inode_limit)
        return ERROR_FULL;
    tmpfs->inodes++;
    return OK;
}

static void add_entry(struct dentry *entry, struct inode *inode)
{
    struct inode *directory = entry->parent->inode;
    entry->inode = inode;
    inode->links++;
    if (inode_is_directory(inode)) {
        inode->links++;
        directory->links++;
    }
    note_entries(directory, 1);
    dentry_keep(entry);
}

static enum error create(struct dentry *entry, uint32_t mode, uint32_t rdev)
{
    struct tmpfs_inode *node;
    enum error error = tmpfs_make_inode(entry->parent->inode->filesystem, mode, &node);
    if (error)
        return error;
    node->inode.rdev = rdev;
    add_entry(entry, &node->inode);
    return OK;
}

static enum error symlink(struct dentry *entry, const char *target, size_t length)
{
    struct tmpfs_inode *node;
    enum error error = tmpfs_make_inode(entry->parent->inode->filesystem, S_IFLNK | 0777, &node);
    if (error)
        return error;
    node->target = kmalloc(length + 1);
    if (!node->target) {
        inode_release(&node->inode);
        return ERROR_OUT_OF_FRAMES;
    }
    memcpy(node->target, target, length);
    node->target[length] = '\0';
    node->inode.size = length;
    add_entry(entry, &node->inode);
    return OK;
}

static enum error link(struct dentry *entry, struct inode *inode)
{
    enum error error = inode->links > 0 ? count_inode(tmpfs_of(inode->filesystem)) : OK;
    if (error)
        return error;
    inode_reference(inode);
    inode_note_change(inode);
    add_entry(entry, inode);
    return OK;
}

static enum error remove(struct dentry *entry)
{
    struct inode *inode = entry->inode, *directory = entry->parent->inode;
    if (!list_empty(&entry->children))
        return ERROR_NOT_EMPTY;
    ASSERT(inode->links > 0);
    inode->links--;
    if (inode_is_directory(inode)) {
        ASSERT(inode->links == 1 && directory->links > 2);
        inode->links--;
        directory->links--;
    }
    if (inode->links > 0)
        tmpfs_of(inode->filesystem)->inodes--;
    note_entries(directory, -1);
    inode_note_change(inode);
    dentry_delete(entry);
    return OK;
}

static enum error rename(struct dentry *entry, struct dentry *directory, const char *name,
                         size_t length, struct dentry *replaced)
{
    struct inode *from = entry->parent->inode, *to = directory->inode;
    if (replaced && !list_empty(&replaced->children))
        return ERROR_NOT_EMPTY;
    enum error error = dentry_move(entry, directory, name, length);
    if (error)
        return error;
    if (inode_is_directory(entry->inode)) {
        from->links--;
        to->links++;
    }
    note_entries(from, -1);
    note_entries(to, 1);
    inode_note_change(entry->inode);
    return replaced ? remove(replaced) : OK;
}

static void exchange(struct dentry *a, struct dentry *b)
{
    struct inode *a_parent = a->parent->inode, *b_parent = b->parent->inode;
    uint32_t a_is_directory = inode_is_directory(a->inode);
    uint32_t b_is_directory = inode_is_directory(b->inode);
    dentry_exchange(a, b);
    a_parent->links += b_is_directory - a_is_directory;
    b_parent->links += a_is_directory - b_is_directory;
    inode_note_write(a_parent);
    inode_note_write(b_parent);
    inode_note_change(a->inode);
    inode_note_change(b->inode);
}

static enum error create_unnamed(struct inode *directory, uint32_t mode, struct inode **made)
{
    struct tmpfs_inode *node;
    enum error error = tmpfs_make_inode(directory->filesystem, mode, &node);
    if (!error)
        *made = &node->inode;
    return error;
}

static enum error read_link(struct inode *inode, const char **target)
{
    *target = tmpfs_node_of(inode)->target;
    return OK;
}

static enum error set(struct inode *inode, const struct inode_attributes *attributes)
{
    inode_set(inode, attributes);
    return OK;
}

static const struct inode_operations operations = {
    .create = create,
    .create_unnamed = create_unnamed,
    .symlink = symlink,
    .link = link,
    .remove = remove,
    .rename = rename,
    .exchange = exchange,
    .read_link = read_link,
    .set = set,
    .set_size = tmpfs_set_size,
};

/* --- Inodes ----------------------------------------------------------------------------------- */

static void release(struct vm_object *object)
{
    struct inode *inode = CONTAINER_OF(object, struct inode, object);
    struct tmpfs_inode *node = tmpfs_node_of(inode);
    page_cache_destroy(&node->cache);
    ASSERT(tmpfs_of(inode->filesystem)->inodes > 0);
    tmpfs_of(inode->filesystem)->inodes--;
    kfree(node->target);
    inode_end(inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {
    .get_page = tmpfs_get_page, .has_page = tmpfs_has_page, .is_file = true, .release = release};

static const struct file_operations *operations_for(uint32_t type)
{
    switch (type) {
    case S_IFREG:
        return &tmpfs_regular_operations;
    case S_IFDIR:
        return &directory_operations;
    default:
        return NULL; /* devices and FIFOs have their own, on every file system */
    }
}

enum error tmpfs_make_inode(struct filesystem *filesystem, uint32_t mode, struct tmpfs_inode **made)
{
    enum error error = count_inode(tmpfs_of(filesystem));
    if (error)
        return error;
    struct tmpfs_inode *node = kzalloc(sizeof(*node));
    if (!node) {
        tmpfs_of(filesystem)->inodes--;
        return ERROR_OUT_OF_FRAMES;
    }
    inode_init(&node->inode, filesystem, &object_operations, mode);
    page_cache_init(&node->cache, &tmpfs_cache_operations, &node->inode);
    node->seals = SEAL_SEAL;
    if (inode_is_directory(&node->inode))
        node->inode.size = 2 * (uint64_t)ENTRY_SIZE;
    node->inode.operations = &operations;
    node->inode.file_operations = operations_for(mode & S_IFMT);
    *made = node;
    return OK;
}

struct inode *tmpfs_make_file(struct filesystem *filesystem, uint32_t permissions)
{
    struct tmpfs_inode *node;
    return tmpfs_make_inode(filesystem, S_IFREG | permissions, &node) == OK ? &node->inode : NULL;
}
