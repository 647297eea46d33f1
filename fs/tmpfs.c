/*
 * tmpfs. Its directories are their dentries, which are kept; its files' pages hang in a page tree;
 * a page that was never written has no frame and reads as zeros.
 *
 * Behind a file's end, its last page may hold anything: writing a file front to back would
 * otherwise clear each page first. So the rest of the page is cleared when the end moves on without
 * a write to what lies between, and when the page is mapped.
 *
 * The inode's mutex guards the pages and the size of a file while its content is copied, which may
 * wait for the program's memory. Nothing else here waits.
 */
#include <assert.h>
#include <fs/file.h>
#include <fs/filesystem.h>
#include <fs/page_tree.h>
#include <fs/tmpfs.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum {
    MAGIC = 0x01021994,
    ENTRY_SIZE = 20,          /* what Linux adds to a directory's size for an entry */
    PAGES_BETWEEN_YIELDS = 64 /* of a long read, write or truncation */
};

struct tmpfs {
    struct filesystem filesystem;
    uint64_t pages, page_limit;
    uint64_t inodes;
};

struct tmpfs_inode {
    struct inode inode;
    struct page_tree pages; /* of a regular file */
    char *target;           /* of a symbolic link */
};

static struct tmpfs *tmpfs_of(struct filesystem *filesystem)
{
    return CONTAINER_OF(filesystem, struct tmpfs, filesystem);
}

static struct tmpfs_inode *node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct tmpfs_inode, inode);
}

/* --- Pages ------------------------------------------------------------------------------------ */

static char *page_at(phys_addr_t frame)
{
    return phys_to_virt(frame);
}

/* A new page, with any content. ERROR_FULL at the file system's limit. */
static enum error add_page(struct tmpfs_inode *node, uint64_t index, phys_addr_t *frame)
{
    struct tmpfs *tmpfs = tmpfs_of(node->inode.filesystem);
    if (tmpfs->pages >= tmpfs->page_limit)
        return ERROR_FULL;
    *frame = frame_alloc();
    if (*frame == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    enum error error = page_tree_add(&node->pages, index, *frame);
    if (error) {
        frame_free(*frame);
        return error;
    }
    tmpfs->pages++;
    node->inode.pages++;
    return OK;
}

/* Frees the first page from *index on. False: there was none. */
static bool remove_page(struct tmpfs_inode *node, uint64_t *index)
{
    phys_addr_t frame = page_tree_remove_next(&node->pages, index);
    if (frame == NO_FRAME)
        return false;
    frame_free(frame);
    tmpfs_of(node->inode.filesystem)->pages--;
    node->inode.pages--;
    return true;
}

/* In a long loop over pages: lets others run after every so many. */
static void pause_at(unsigned pages)
{
    if (pages % PAGES_BETWEEN_YIELDS == 0 && thread_current())
        thread_yield();
}

/* Frees the pages from `index` on, for a truncation. */
static void remove_pages(struct tmpfs_inode *node, uint64_t index)
{
    for (unsigned pages = 1; remove_page(node, &index); pages++)
        pause_at(pages);
}

/* Clears what lies behind the end in the last page. */
static void clear_behind_end(const struct tmpfs_inode *node)
{
    uint64_t within = node->inode.size % PAGE_SIZE;
    phys_addr_t frame = page_tree_get(&node->pages, node->inode.size / PAGE_SIZE);
    if (within != 0 && frame != NO_FRAME)
        memset(page_at(frame) + within, 0, PAGE_SIZE - within);
}

/* The page of which `size` bytes from `within` on are going to be written. A new one is cleared
 * around them, as far as it lies before the end. */
static enum error page_for_write(struct tmpfs_inode *node, uint64_t index, size_t within,
                                 size_t size, phys_addr_t *frame)
{
    *frame = page_tree_get(&node->pages, index);
    if (*frame != NO_FRAME)
        return OK;
    enum error error = add_page(node, index, frame);
    if (error)
        return error;
    bool is_last = index * PAGE_SIZE + within + size >= node->inode.size;
    memset(page_at(*frame), 0, within);
    if (!is_last)
        memset(page_at(*frame) + within + size, 0, PAGE_SIZE - within - size);
    return OK;
}

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    struct tmpfs_inode *node = node_of(CONTAINER_OF(object, struct inode, object));
    (void)write;
    if (index >= ALIGN_UP(node->inode.size, PAGE_SIZE) / PAGE_SIZE)
        return ERROR_BEYOND_END;
    *frame = page_tree_get(&node->pages, index);
    if (*frame == NO_FRAME) {
        enum error error = add_page(node, index, frame);
        if (error)
            return error;
        memset(page_at(*frame), 0, PAGE_SIZE);
    }
    if (index == node->inode.size / PAGE_SIZE)
        clear_behind_end(node);
    return frame_reference(*frame);
}

static bool has_page(struct vm_object *object, uint64_t index)
{
    struct inode *inode = CONTAINER_OF(object, struct inode, object);
    return page_tree_get(&node_of(inode)->pages, index) != NO_FRAME;
}

/* --- Content ---------------------------------------------------------------------------------- */

static enum error read_locked(struct tmpfs_inode *node, struct buffer *buffer, uint64_t *position)
{
    enum error error = OK;
    for (unsigned pages = 1; !error && buffer->left > 0 && *position < node->inode.size; pages++) {
        size_t within = *position % PAGE_SIZE, before = buffer->left;
        size_t size = MIN(PAGE_SIZE - within, before);
        size = MIN(size, node->inode.size - *position);
        phys_addr_t frame = page_tree_get(&node->pages, *position / PAGE_SIZE);
        error = frame == NO_FRAME ? buffer_put_zeros(buffer, size)
                                  : buffer_put(buffer, page_at(frame) + within, size);
        *position += before - buffer->left;
        pause_at(pages);
    }
    return error;
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    inode_lock(file->inode);
    enum error error = read_locked(node_of(file->inode), buffer, position);
    inode_unlock(file->inode);
    if (!(file->flags & O_NOATIME))
        inode_note_read(file->inode);
    return error;
}

/* When the copy ends early, in a page that was not there before and within the file, the rest of
 * the piece must not show what the frame held. */
static enum error write_piece(struct tmpfs_inode *node, struct buffer *buffer, size_t size,
                              uint64_t *position)
{
    phys_addr_t frame;
    size_t within = *position % PAGE_SIZE, before = buffer->left;
    uint64_t pages = node->inode.pages;
    enum error error = page_for_write(node, *position / PAGE_SIZE, within, size, &frame);
    if (error)
        return error;
    error = buffer_get(buffer, page_at(frame) + within, size);
    size_t done = before - buffer->left;
    if (done < size && node->inode.pages != pages)
        memset(page_at(frame) + within + done, 0, size - done);
    *position += done;
    node->inode.size = MAX(node->inode.size, *position);
    return error;
}

static enum error write_locked(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct tmpfs_inode *node = node_of(file->inode);
    enum error error = OK;
    if (file->flags & O_APPEND)
        *position = node->inode.size;
    if (buffer->left == 0)
        return OK;
    if (*position >= INT64_MAX)
        return ERROR_FILE_TOO_BIG;
    if (*position > node->inode.size)
        clear_behind_end(node);
    inode_note_write(file->inode);
    for (unsigned pages = 1; !error && buffer->left > 0 && *position < INT64_MAX; pages++) {
        size_t room = MIN(PAGE_SIZE - *position % PAGE_SIZE, INT64_MAX - *position);
        error = write_piece(node, buffer, MIN(room, buffer->left), position);
        pause_at(pages);
    }
    return error;
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    inode_lock(file->inode);
    enum error error = write_locked(file, buffer, position);
    inode_unlock(file->inode);
    return error;
}

static enum error set_size(struct tmpfs_inode *node, uint64_t size)
{
    if (size > INT64_MAX)
        return ERROR_FILE_TOO_BIG;
    inode_lock(&node->inode);
    uint64_t old_size = node->inode.size;
    if (size > old_size)
        clear_behind_end(node);
    node->inode.size = size;
    if (size < old_size) {
        uint64_t end = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
        vm_object_unmap(&node->inode.object, end, UINT64_MAX);
        clear_behind_end(node); /* somebody may have mapped the last page */
        remove_pages(node, end);
    }
    inode_note_write(&node->inode);
    inode_unlock(&node->inode);
    return OK;
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
    inode_note_read(file->inode);
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

static enum error read_link(struct inode *inode, const char **target)
{
    *target = node_of(inode)->target;
    return OK;
}

static enum error set(struct inode *inode, const struct inode_attributes *attributes)
{
    unsigned set = attributes->set;
    if (set & ATTRIBUTE_SIZE) {
        enum error error = set_size(node_of(inode), attributes->size);
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
    .read_link = read_link,
    .set = set,
};

/* --- Inodes ----------------------------------------------------------------------------------- */

static void release(struct vm_object *object)
{
    struct inode *inode = CONTAINER_OF(object, struct inode, object);
    struct tmpfs_inode *node = node_of(inode);
    ASSERT(!inode->pipe);
    for (uint64_t index = 0; remove_page(node, &index);)
        ;
    ASSERT(inode->pages == 0);
    tmpfs_of(inode->filesystem)->inodes--;
    kfree(node->target);
    kfree(node);
}

static const struct vm_object_operations object_operations = {
    .get_page = get_page, .has_page = has_page, .release = release};

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
    node->inode.operations = &operations;
    node->inode.file_operations = operations_for(mode & S_IFMT);
    tmpfs_of(filesystem)->inodes++;
    return node;
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
    struct tmpfs *tmpfs = tmpfs_of(filesystem);
    dentry_delete_tree(filesystem->root);
    dentry_release(filesystem->root);
    ASSERT(tmpfs->inodes == 0);
    ASSERT(tmpfs->pages == 0);
    kfree(tmpfs);
}

/* Half of the memory, as Linux does it. */
static enum error mount(const char *options, struct filesystem **filesystem)
{
    (void)options;
    struct frames_stats frames;
    frames_stats(&frames);
    return tmpfs_create(&tmpfs_type, frames.total / 2, filesystem);
}

struct filesystem_type tmpfs_type = {
    .name = "tmpfs",
    .mount = mount,
    .statistics = tmpfs_statistics,
    .unmount = tmpfs_unmount,
};
