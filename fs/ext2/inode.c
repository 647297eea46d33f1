/*
 * Inodes. An inode in memory is in a bucket of the file system's, so that each number has one at
 * most, until nobody uses it. One that is newer than the disk is on a list and has a reference to
 * itself, so it stays until it is written. When the last user of a file without a name goes, the
 * file goes with the next commit.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <fs/file.h>
#include <kernel/task/clock.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { NODES_MOST = 16384, NODES_TO_FORGET = 2048 };

#define SECOND ((int64_t)NANOSECONDS_PER_SECOND)

/* --- In memory -------------------------------------------------------------------------------- */

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    struct ext2_node *node = CONTAINER_OF(object, struct ext2_node, inode.object);
    if (write) {
        inode_note_write(&node->inode);
        ext2_mark_dirty(node);
    }
    return page_cache_get_page(&node->cache, index, write, frame);
}

static bool has_page(struct vm_object *object, uint64_t index)
{
    struct ext2_node *node = CONTAINER_OF(object, struct ext2_node, inode.object);
    return page_cache_has_page(&node->cache, index);
}

static void release(struct vm_object *object)
{
    struct ext2_node *node = CONTAINER_OF(object, struct ext2_node, inode.object);
    struct ext2 *ext2 = node->ext2;
    if (!node->inode.links && !node->is_freed && !ext2->filesystem.is_read_only) {
        ext2_mark_dirty(node); /* the next commit frees it */
        return;
    }
    ASSERT(!list_node_linked(&node->dirty) && !list_node_linked(&node->stored));
    ASSERT(node->removals == 0 && node->removals_below == 0 && list_empty(&node->replaced));
    ASSERT(ext2->node_count > 0);
    if (inode_type(&node->inode) == S_IFREG)
        page_cache_destroy(&node->cache);
    list_remove(&node->node);
    ext2->node_count--;
    name_index_end(&node->index);
    kfree(node->target);
    inode_end(&node->inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {
    .get_page = get_page, .has_page = has_page, .is_file = true, .release = release};

void ext2_mark_dirty(struct ext2_node *node)
{
    if (list_node_linked(&node->dirty) || node->ext2->filesystem.is_read_only)
        return;
    inode_reference(&node->inode);
    list_push_back(&node->ext2->dirty, &node->dirty);
    if (page_cache_became_dirty)
        page_cache_became_dirty();
}

void ext2_note_read(struct file *file)
{
    struct ext2_node *node = ext2_node_of(file->inode);
    int64_t accessed = node->inode.accessed;
    if (node->ext2->filesystem.is_read_only)
        return;
    file_note_read(file);
    if (node->inode.accessed != accessed)
        ext2_mark_dirty(node);
}

static struct list *bucket_of(struct ext2 *ext2, uint64_t number)
{
    return &ext2->nodes[number % EXT2_BUCKETS];
}

struct ext2_node *ext2_find_node(struct ext2 *ext2, uint32_t number)
{
    list_for_each(link, bucket_of(ext2, number)) {
        struct ext2_node *node = CONTAINER_OF(link, struct ext2_node, node);
        if (node->inode.number == number)
            return node;
    }
    return NULL;
}

/* Bytes: what the tables of numbers can lead to, what the count of sectors and what the size can
 * say. */
static uint64_t largest_file(const struct ext2 *ext2)
{
    uint64_t each = ext2->block_size / sizeof(uint32_t);
    uint64_t blocks = EXT2_DIRECT + each + each * each + each * each * each;
    uint64_t most = MIN(blocks * ext2->block_size, UINT32_MAX * (uint64_t)EXT2_SECTOR);
    return ext2->is_revision_0 ? MIN(most, (uint64_t)INT32_MAX) : most;
}

static void choose_operations(struct ext2_node *node)
{
    struct inode *inode = &node->inode;
    const struct ext2_kinds *kinds = node->ext2->kinds;
    inode->operations = kinds->file;
    switch (inode_type(inode)) {
    case S_IFREG:
        inode->file_operations = kinds->regular_files;
        page_cache_init(&node->cache, kinds->pages, inode);
        node->cache.limit = largest_file(node->ext2);
        break;
    case S_IFDIR:
        inode->operations = kinds->directory;
        inode->file_operations = kinds->directory_files;
        break;
    case S_IFLNK:
        inode->operations = kinds->link;
        break;
    default:
        break;
    }
}

/* A node of that number, which is not in memory. NULL: memory is out. */
static struct ext2_node *make_node(struct ext2 *ext2, uint32_t number, uint32_t mode)
{
    ASSERT(number > 0 && number <= ext2->inodes);
    if (ext2->node_count >= NODES_MOST && ext2->filesystem.root)
        (void)dentry_forget(ext2->filesystem.root, NODES_TO_FORGET);
    struct ext2_node *node = kzalloc(sizeof(*node));
    if (!node)
        return NULL;
    node->ext2 = ext2;
    inode_init(&node->inode, &ext2->filesystem, &object_operations, mode);
    node->inode.number = number;
    list_init(&node->replaced);
    list_node_init(&node->dirty);
    list_node_init(&node->stored);
    list_node_init(&node->node);
    list_push_back(bucket_of(ext2, number), &node->node);
    ext2->node_count++;
    return node;
}

/* --- From the disk ---------------------------------------------------------------------------- */

static int64_t time_of(const uint8_t *field)
{
    return (int32_t)get_little_32(field) * SECOND;
}

static void fill(struct ext2_node *node, const uint8_t *bytes)
{
    struct inode *inode = &node->inode;
    inode->uid = get_little_16(bytes + INODE_UID) | (uint32_t)get_little_16(bytes + INODE_UID_HIGH)
                                                        << 16;
    inode->gid = get_little_16(bytes + INODE_GID) | (uint32_t)get_little_16(bytes + INODE_GID_HIGH)
                                                        << 16;
    inode->links = get_little_16(bytes + INODE_LINKS);
    inode->size = get_little_32(bytes + INODE_SIZE);
    inode->sectors = get_little_32(bytes + INODE_SECTORS);
    inode->accessed = time_of(bytes + INODE_ACCESSED);
    inode->modified = time_of(bytes + INODE_MODIFIED);
    inode->changed = time_of(bytes + INODE_CHANGED);
    node->flags = get_little_32(bytes + INODE_FLAGS);
    node->attributes = get_little_32(bytes + INODE_ATTRIBUTES);
    for (unsigned i = 0; i < EXT2_BLOCKS; i++)
        node->numbers[i] = get_little_32(bytes + INODE_NUMBERS + 4 * (size_t)i);
    if (inode_type(inode) == S_IFREG && !node->ext2->is_revision_0)
        inode->size |= (uint64_t)(get_little_32(bytes + INODE_SIZE_HIGH) & 0x7fffffff) << 32;
    if (inode_type(inode) == S_IFCHR || inode_type(inode) == S_IFBLK)
        inode->rdev = node->numbers[0] ? node->numbers[0] : node->numbers[1];
    choose_operations(node);
}

/* Can the size be? A directory is made of whole blocks, and has no holes. */
static bool is_possible_size(const struct ext2_node *node)
{
    const struct ext2 *ext2 = node->ext2;
    uint64_t size = node->inode.size;
    if (inode_is_directory(&node->inode))
        return size % ext2->block_size == 0 && size / ext2->block_size <= ext2->blocks;
    return size <= largest_file(ext2);
}

enum error ext2_get_inode(struct ext2 *ext2, uint32_t number, struct inode **inode)
{
    uint8_t bytes[EXT2_INODE_BYTES] = {0};
    uint64_t place = 0;
    if (!number || number > ext2->inodes)
        return ext2_damaged(ext2, "an entry leads to an inode that cannot be");
    struct ext2_node *node = ext2_find_node(ext2, number);
    enum error error = node ? OK : ext2_find_inode(ext2, number, &place);
    if (!error && !node)
        error = block_cache_read(&ext2->cache, place, bytes, sizeof(bytes));
    if (error)
        return error;
    node = ext2_find_node(ext2, number); /* after all that may wait */
    if (node) {
        inode_reference(&node->inode);
        *inode = &node->inode;
        return OK;
    }
    if (!(get_little_16(bytes + INODE_MODE) & S_IFMT) || !get_little_16(bytes + INODE_LINKS))
        return ext2_damaged(ext2, "an entry leads to an inode that is free");
    node = make_node(ext2, number, get_little_16(bytes + INODE_MODE));
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    fill(node, bytes);
    node->is_on_disk = true;
    *inode = &node->inode;
    if (is_possible_size(node))
        return OK;
    inode_release(*inode);
    return ext2_damaged(ext2, "a file has an impossible size");
}

/* --- New ones --------------------------------------------------------------------------------- */

/* A device's number is where others have numbers of blocks: in Linux's old form where that has room
 * for it, and else in the new one. */
static void put_device(struct ext2_node *node, uint32_t rdev)
{
    enum { OLD_MAX = 0xffff };
    node->inode.rdev = rdev;
    node->numbers[rdev > OLD_MAX] = rdev;
}

enum error ext2_make_inode(struct ext2_node *directory, uint32_t mode, uint32_t rdev,
                           struct ext2_node **made)
{
    struct ext2 *ext2 = directory->ext2;
    uint32_t number, near = (uint32_t)directory->inode.number;
    bool is_directory = (mode & S_IFMT) == S_IFDIR;
    enum error error = ext2_take_inode(ext2, near, is_directory, &number);
    if (error)
        return error;
    if (ext2_find_node(ext2, number))
        return ext2_damaged(ext2, "a bitmap calls an inode free that is in use");
    struct ext2_node *node = make_node(ext2, number, mode);
    if (!node) {
        (void)ext2_give_inode(ext2, number, is_directory);
        return ERROR_OUT_OF_FRAMES;
    }
    inode_note_change(&node->inode);
    node->inode.accessed = node->inode.modified = node->inode.changed;
    node->is_new = true;
    node->goal = ext2->first_block + (number - 1) / ext2->inodes_per_group * ext2->blocks_per_group;
    if ((mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK)
        put_device(node, rdev);
    choose_operations(node);
    ext2_mark_dirty(node);
    *made = node;
    return OK;
}

/* --- To the disk ------------------------------------------------------------------------------ */

static void put_time(uint8_t *field, int64_t time)
{
    put_little_32(field, (uint32_t)(time / SECOND));
}

/* Names that only the disk has are links, too, unless it may forget the file. */
static void store(const struct ext2_node *node, uint8_t *bytes)
{
    const struct inode *inode = &node->inode;
    put_little_16(bytes + INODE_MODE, inode->mode);
    put_little_16(bytes + INODE_UID, inode->uid & 0xffff);
    put_little_16(bytes + INODE_UID_HIGH, inode->uid >> 16);
    put_little_16(bytes + INODE_GID, inode->gid & 0xffff);
    put_little_16(bytes + INODE_GID_HIGH, inode->gid >> 16);
    put_little_16(bytes + INODE_LINKS, inode->links ? inode->links + node->removals : 0);
    put_little_32(bytes + INODE_SIZE, (uint32_t)inode->size);
    put_little_32(bytes + INODE_SECTORS, (uint32_t)inode->sectors);
    put_little_32(bytes + INODE_FLAGS, node->flags);
    put_little_32(bytes + INODE_ATTRIBUTES, node->attributes);
    put_time(bytes + INODE_ACCESSED, inode->accessed);
    put_time(bytes + INODE_MODIFIED, inode->modified);
    put_time(bytes + INODE_CHANGED, inode->changed);
    /* A small number would be the next one of a list of deleted files, also where no clock is set.
     */
    uint32_t changed = (uint32_t)(inode->changed / SECOND);
    put_little_32(bytes + INODE_DELETED, node->is_freed ? MAX(changed, node->ext2->inodes) : 0);
    for (unsigned i = 0; i < EXT2_BLOCKS; i++)
        put_little_32(bytes + INODE_NUMBERS + 4 * (size_t)i, node->numbers[i]);
    if (inode_type(inode) == S_IFREG)
        put_little_32(bytes + INODE_SIZE_HIGH, (uint32_t)(inode->size >> 32));
}

enum error ext2_store_inode(struct ext2_node *node, enum ext2_stage stage)
{
    struct ext2 *ext2 = node->ext2;
    struct cached_block *cached = NULL;
    uint64_t place = 0;
    ASSERT(ext2_is_locked(ext2));
    enum error error = ext2_find_inode(ext2, (uint32_t)node->inode.number, &place);
    if (!error)
        error = block_cache_get(&ext2->cache, place / ext2->block_size, &cached);
    if (error)
        return error;
    uint8_t *bytes = cached->bytes + place % ext2->block_size;
    if (node->is_new)
        memset(bytes, 0, ext2->inode_size);
    node->is_new = false;
    store(node, bytes);
    block_cache_change(cached, stage);
    block_cache_put(cached);
    return OK;
}
