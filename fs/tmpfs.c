/*
 * tmpfs. Its directories are their dentries, which are kept; its files' pages are in the page cache
 * and nowhere else. A page that was never written has no frame and reads as zeros.
 *
 * The inode's mutex guards the pages and the size of a file while its content is copied, which may
 * wait for the program's memory.
 */
#include <assert.h>
#include <fs/file.h>
#include <fs/filesystem.h>
#include <fs/page_cache.h>
#include <fs/tmpfs.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum {
    MAGIC = 0x01021994,
    ENTRY_SIZE = 20 /* what Linux adds to a directory's size for an entry */
};

struct tmpfs {
    struct filesystem filesystem;
    uint64_t pages, page_limit;
    uint64_t inodes;
};

struct tmpfs_inode {
    struct inode inode;
    struct page_cache cache; /* of a regular file */
    char *target;            /* of a symbolic link */
};

static struct tmpfs *tmpfs_of(struct filesystem *filesystem)
{
    return CONTAINER_OF(filesystem, struct tmpfs, filesystem);
}

static struct tmpfs_inode *node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct tmpfs_inode, inode);
}

/* --- Content ---------------------------------------------------------------------------------- */

static struct tmpfs *tmpfs_of_cache(struct page_cache *cache)
{
    return tmpfs_of(cache->inode->filesystem);
}

static enum error add_page(struct page_cache *cache)
{
    struct tmpfs *tmpfs = tmpfs_of_cache(cache);
    if (tmpfs->pages >= tmpfs->page_limit)
        return ERROR_FULL;
    tmpfs->pages++;
    return OK;
}

static void remove_page(struct page_cache *cache)
{
    tmpfs_of_cache(cache)->pages--;
}

static const struct page_cache_operations cache_operations = {.add = add_page,
                                                              .remove = remove_page};

static struct page_cache *cache_of(struct vm_object *object)
{
    return &node_of(CONTAINER_OF(object, struct inode, object))->cache;
}

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    return page_cache_get_page(cache_of(object), index, write, frame);
}

static bool has_page(struct vm_object *object, uint64_t index)
{
    return page_cache_has_page(cache_of(object), index);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    inode_lock(file->inode);
    enum error error = page_cache_read(&node_of(file->inode)->cache, buffer, position);
    inode_unlock(file->inode);
    file_note_read(file);
    return error;
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct inode *inode = file->inode;
    enum error error = OK;
    inode_lock(inode);
    if (file->flags & O_APPEND)
        *position = inode->size;
    if (buffer->left > 0) {
        if (*position < INT64_MAX)
            inode_note_write(inode);
        error = page_cache_write(&node_of(inode)->cache, buffer, position);
    }
    inode_unlock(inode);
    return error;
}

static enum error set_size(struct inode *inode, uint64_t size)
{
    inode_lock(inode);
    enum error error = page_cache_set_size(&node_of(inode)->cache, size);
    if (!error)
        inode_note_write(inode);
    inode_unlock(inode);
    return error;
}

static enum error map(struct file *file, bool shared, struct vm_object **object)
{
    (void)shared;
    inode_reference(file->inode);
    *object = &file->inode->object;
    return OK;
}

static const struct file_operations regular_operations = {
    .has_position = true, .read = read, .write = write, .map = map};

/* --- Directories ------------------------------------------------------------------------------ */

static enum error read_directory(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)buffer, (void)position;
    return ERROR_IS_DIRECTORY;
}

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

static const struct file_operations directory_operations = {
    .has_position = true, .read = read_directory, .list = list};

/* --- Names ------------------------------------------------------------------------------------ */

static void note_entries(struct inode *directory, int entries)
{
    directory->size += (uint64_t)((int64_t)entries * ENTRY_SIZE);
    inode_note_write(directory);
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

static struct tmpfs_inode *make_inode(struct filesystem *filesystem, uint32_t mode);

static enum error create(struct dentry *entry, uint32_t mode, uint32_t rdev)
{
    struct tmpfs_inode *node = make_inode(entry->parent->inode->filesystem, mode);
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    node->inode.rdev = rdev;
    add_entry(entry, &node->inode);
    return OK;
}

static enum error symlink(struct dentry *entry, const char *target, size_t length)
{
    struct tmpfs_inode *node = make_inode(entry->parent->inode->filesystem, S_IFLNK | 0777);
    if (!node)
        return ERROR_OUT_OF_FRAMES;
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
    inode->links--;
    if (inode_is_directory(inode)) {
        inode->links--;
        directory->links--;
    }
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

static enum error read_link(struct inode *inode, const char **target)
{
    *target = node_of(inode)->target;
    return OK;
}

static enum error set(struct inode *inode, const struct inode_attributes *attributes)
{
    unsigned set = attributes->set;
    if (set & ATTRIBUTE_SIZE) {
        enum error error = set_size(inode, attributes->size);
        if (error)
            return error;
    }
    if (set & ATTRIBUTE_MODE)
        inode->mode = inode_type(inode) | (attributes->mode & MODE_PERMISSIONS);
    if (set & ATTRIBUTE_UID)
        inode->uid = attributes->uid;
    if (set & ATTRIBUTE_GID)
        inode->gid = attributes->gid;
    if (set & ATTRIBUTE_ACCESSED)
        inode->accessed = attributes->accessed;
    if (set & ATTRIBUTE_MODIFIED)
        inode->modified = attributes->modified;
    inode_note_change(inode);
    return OK;
}

static const struct inode_operations operations = {
    .create = create,
    .symlink = symlink,
    .link = link,
    .remove = remove,
    .rename = rename,
    .exchange = exchange,
    .read_link = read_link,
    .set = set,
};

/* --- Inodes ----------------------------------------------------------------------------------- */

static void release(struct vm_object *object)
{
    struct inode *inode = CONTAINER_OF(object, struct inode, object);
    struct tmpfs_inode *node = node_of(inode);
    ASSERT(!inode->pipe);
    page_cache_destroy(&node->cache);
    tmpfs_of(inode->filesystem)->inodes--;
    kfree(node->target);
    inode_end(inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {
    .get_page = get_page, .has_page = has_page, .is_file = true, .release = release};

static const struct file_operations *operations_for(uint32_t type)
{
    switch (type) {
    case S_IFREG:
        return &regular_operations;
    case S_IFDIR:
        return &directory_operations;
    default:
        return NULL; /* devices and FIFOs have their own, on every file system */
    }
}

/* A new file without a name. NULL when memory is out. */
static struct tmpfs_inode *make_inode(struct filesystem *filesystem, uint32_t mode)
{
    struct tmpfs_inode *node = kzalloc(sizeof(*node));
    if (!node)
        return NULL;
    inode_init(&node->inode, filesystem, &object_operations, mode);
    page_cache_init(&node->cache, &cache_operations, &node->inode);
    node->inode.operations = &operations;
    node->inode.file_operations = operations_for(mode & S_IFMT);
    tmpfs_of(filesystem)->inodes++;
    return node;
}

struct inode *tmpfs_make_file(struct filesystem *filesystem, uint32_t permissions)
{
    struct tmpfs_inode *node = make_inode(filesystem, S_IFREG | permissions);
    return node ? &node->inode : NULL;
}

/* --- The file system -------------------------------------------------------------------------- */

enum error tmpfs_create(struct filesystem_type *type, uint64_t page_limit,
                        struct filesystem **filesystem)
{
    struct tmpfs *tmpfs = kzalloc(sizeof(*tmpfs));
    if (!tmpfs)
        return ERROR_OUT_OF_FRAMES;
    filesystem_init(&tmpfs->filesystem, type);
    tmpfs->page_limit = page_limit;
    struct tmpfs_inode *root = make_inode(&tmpfs->filesystem, S_IFDIR | 0755);
    if (!root) {
        kfree(tmpfs);
        return ERROR_OUT_OF_FRAMES;
    }
    root->inode.links = 2;
    tmpfs->filesystem.root = dentry_create(NULL, "/", 1, &root->inode);
    if (!tmpfs->filesystem.root) {
        inode_release(&root->inode);
        kfree(tmpfs);
        return ERROR_OUT_OF_FRAMES;
    }
    *filesystem = &tmpfs->filesystem;
    return OK;
}

void tmpfs_statistics(struct filesystem *filesystem, struct filesystem_statistics *result)
{
    const struct tmpfs *tmpfs = tmpfs_of(filesystem);
    uint64_t inodes = MIN(tmpfs->inodes, tmpfs->page_limit);
    *result = (struct filesystem_statistics){
        .magic = MAGIC,
        .blocks = tmpfs->page_limit,
        .free_blocks = tmpfs->page_limit - tmpfs->pages,
        .inodes = tmpfs->page_limit,
        .free_inodes = tmpfs->page_limit - inodes,
    };
}

void tmpfs_unmount(struct filesystem *filesystem)
{
    dentry_delete_tree(filesystem->root);
    dentry_release(filesystem->root);
}

void tmpfs_free(struct filesystem *filesystem)
{
    struct tmpfs *tmpfs = tmpfs_of(filesystem);
    ASSERT(tmpfs->inodes == 0);
    ASSERT(tmpfs->pages == 0);
    kfree(tmpfs);
}

/* Half of the memory, as Linux does it. */
static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    (void)arguments;
    struct frames_stats frames;
    frames_stats(&frames);
    return tmpfs_create(&tmpfs_type, frames.total / 2, filesystem);
}

struct filesystem_type tmpfs_type = {
    .name = "tmpfs",
    .mount = mount,
    .statistics = tmpfs_statistics,
    .unmount = tmpfs_unmount,
    .free = tmpfs_free,
};
