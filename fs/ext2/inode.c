/*
 * Inodes. An inode in memory is on the file system's list, so that each number has one at most,
 * until nobody uses it. A file's blocks are found by the numbers in its inode: the first twelve are
 * the blocks themselves, and then one each for a table of numbers, a table of such tables, and a
 * table of those.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>
#include <fs/file.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/heap.h>

/* Offsets in an inode, and in a group's descriptor. */
enum inode_field {
    MODE = 0,
    UID = 2,
    SIZE = 4,
    ACCESSED = 8,
    CHANGED = 12,
    MODIFIED = 16,
    GID = 24,
    LINKS = 26,
    SECTORS = 28,
    NUMBERS = 40,
    SIZE_HIGH = 108,
    UID_HIGH = 120,
    GID_HIGH = 122,
    INODE_BYTES = 128,
};

enum { DESCRIPTOR_SIZE = 32, INODE_TABLE = 8 };

#define NANOSECONDS INT64_C(1000000000)

/* --- Blocks --------------------------------------------------------------------------------- */

static bool is_block(const struct ext2 *ext2, uint32_t block)
{
    return block >= ext2->first_block && block < ext2->blocks;
}

/* How deep the tables are that lead to the block, and which of their numbers to follow. */
static unsigned find_path(const struct ext2 *ext2, uint64_t index, uint64_t path[4])
{
    uint64_t each = ext2->block_size / 4, covers = 1;
    ASSERT(each > 0);
    if (index < EXT2_DIRECT) {
        path[0] = index;
        return 1;
    }
    index -= EXT2_DIRECT;
    for (unsigned depth = 1; depth <= 3; depth++) {
        covers *= each;
        if (index < covers) {
            path[0] = EXT2_DIRECT + depth - 1;
            for (unsigned i = 1; i <= depth; i++) {
                covers /= each;
                path[i] = index / covers % each;
            }
            return depth + 1;
        }
        index -= covers;
    }
    return 0;
}

enum error ext2_map(struct ext2_node *node, uint64_t index, uint32_t *block)
{
    struct ext2 *ext2 = node->ext2;
    uint64_t path[4];
    unsigned steps = find_path(ext2, index, path);
    *block = steps ? node->numbers[path[0]] : 0;
    for (unsigned i = 1; i < steps && *block; i++) {
        uint8_t number[4];
        if (!is_block(ext2, *block))
            return ext2_damaged(ext2, "a file's table of blocks is not on the disk");
        enum error error =
            block_cache_read(&ext2->cache, (uint64_t)*block * ext2->block_size + 4 * path[i],
                             number, sizeof(number));
        if (error)
            return error;
        *block = ext2_get_32(number);
    }
    if (*block && !is_block(ext2, *block))
        return ext2_damaged(ext2, "a file's block is not on the disk");
    return OK;
}

/* --- Pages ---------------------------------------------------------------------------------- */

/* Reads `count` blocks that follow each other on the disk. */
static enum error read_run(const struct ext2 *ext2, uint32_t block, uint32_t count, void *to)
{
    struct block_device *device = ext2->cache.device;
    uint32_t each = ext2->block_size / device->block_size;
    struct block_part part = {.address = virt_to_phys(to), .size = count * ext2->block_size};
    struct block_request request;
    block_begin(&request, device, BLOCK_READ, (uint64_t)block * each, count * each, &part, 1);
    await(&request.future);
    return request.error ? ERROR_DEVICE : OK;
}

static enum error read_page(struct page_cache *cache, uint64_t index, void *page)
{
    struct ext2_node *node = CONTAINER_OF(cache, struct ext2_node, cache);
    const struct ext2 *ext2 = node->ext2;
    uint32_t each = PAGE_SIZE / ext2->block_size, start = 0, count = 0;
    memset(page, 0, PAGE_SIZE);
    for (uint32_t i = 0, block; i < each; i++) {
        enum error error = ext2_map(node, index * each + i, &block);
        if (!error && count && block != start + count) {
            error = read_run(ext2, start, count,
                             (uint8_t *)page + (size_t)(i - count) * ext2->block_size);
            count = 0;
        }
        if (error)
            return error;
        if (block && !count)
            start = block;
        count += block != 0;
    }
    return count ? read_run(ext2, start, count,
                            (uint8_t *)page + (size_t)(each - count) * ext2->block_size)
                 : OK;
}

static const struct page_cache_operations cache_operations = {.read = read_page};

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    struct ext2_node *node = CONTAINER_OF(object, struct ext2_node, inode.object);
    return page_cache_get_page(&node->cache, index, write, frame);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct ext2_node *node = ext2_node_of(file->inode);
    inode_lock(&node->inode);
    enum error error = page_cache_read(&node->cache, buffer, position);
    inode_unlock(&node->inode);
    return error;
}

static enum error map(struct file *file, bool shared, struct vm_object **object)
{
    (void)shared;
    inode_reference(file->inode);
    *object = &file->inode->object;
    return OK;
}

static const struct file_operations ext2_regular_files = {
    .has_position = true, .may_be_direct = true, .read = read, .map = map};

/* --- Links ---------------------------------------------------------------------------------- */

enum { SHORT_TARGET = 4 * EXT2_BLOCKS };

/* A short target is where other files have the numbers of their blocks. */
static enum error read_target(struct ext2_node *node, char *target, size_t size)
{
    uint32_t block = 0;
    if (node->inode.pages == 0 && size < SHORT_TARGET) {
        for (size_t i = 0; i < size; i++)
            target[i] = (char)(node->numbers[i / 4] >> 8 * (i % 4));
        return OK;
    }
    enum error error = ext2_map(node, 0, &block);
    if (error || !block)
        return error ? error : ext2_damaged(node->ext2, "a link has no target");
    return block_cache_read(&node->ext2->cache, (uint64_t)block * node->ext2->block_size, target,
                            size);
}

static enum error read_link(struct inode *inode, const char **target)
{
    struct ext2_node *node = ext2_node_of(inode);
    if (node->target) {
        *target = node->target;
        return OK;
    }
    if (inode->size == 0 || inode->size >= node->ext2->block_size)
        return ext2_damaged(node->ext2, "a link's target has an impossible length");
    char *text = kzalloc(inode->size + 1);
    if (!text)
        return ERROR_OUT_OF_FRAMES;
    enum error error = read_target(node, text, inode->size);
    if (error || node->target) { /* somebody else has read it meanwhile */
        kfree(text);
    } else {
        node->target = text;
    }
    *target = node->target;
    return error;
}

static const struct inode_operations ext2_link = {.read_link = read_link};
static const struct inode_operations ext2_other = {0};

/* --- Inodes --------------------------------------------------------------------------------- */

static void release(struct vm_object *object)
{
    struct ext2_node *node = CONTAINER_OF(object, struct ext2_node, inode.object);
    if (inode_type(&node->inode) == S_IFREG) {
        page_cache_destroy(&node->cache);
    }
    list_remove(&node->node);
    kfree(node->target);
    inode_end(&node->inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {.get_page = get_page,
                                                              .release = release};

static struct inode *find(struct ext2 *ext2, uint32_t number)
{
    list_for_each(node, &ext2->nodes) {
        struct inode *inode = &CONTAINER_OF(node, struct ext2_node, node)->inode;
        if (inode->number == number)
            return inode;
    }
    return NULL;
}

/* Where the inode stands on the disk, in bytes. */
static enum error find_place(struct ext2 *ext2, uint32_t number, uint64_t *place)
{
    uint8_t table[4];
    uint32_t group = (number - 1) / ext2->inodes_per_group;
    uint64_t descriptors = (uint64_t)(ext2->first_block + 1) * ext2->block_size;
    enum error error = block_cache_read(
        &ext2->cache, descriptors + (uint64_t)group * DESCRIPTOR_SIZE + INODE_TABLE, table,
        sizeof(table));
    if (error)
        return error;
    uint64_t within = (uint64_t)((number - 1) % ext2->inodes_per_group) * ext2->inode_size;
    uint64_t block = ext2_get_32(table) + within / ext2->block_size;
    if (block >= ext2->blocks || block <= ext2->first_block)
        return ext2_damaged(ext2, "a table of inodes is not on the disk");
    *place = block * ext2->block_size + within % ext2->block_size;
    return OK;
}

static void choose_operations(struct ext2_node *node)
{
    struct inode *inode = &node->inode;
    switch (inode_type(inode)) {
    case S_IFREG:
        inode->operations = &ext2_other;
        inode->file_operations = &ext2_regular_files;
        break;
    case S_IFDIR:
        inode->operations = node->ext2->directory;
        inode->file_operations = node->ext2->directory_files;
        break;
    case S_IFLNK:
        inode->operations = &ext2_link;
        break;
    default:
        inode->operations = &ext2_other;
        break;
    }
}

static int64_t time_of(const uint8_t *field)
{
    return (int32_t)ext2_get_32(field) * NANOSECONDS;
}

static void fill(struct ext2_node *node, uint32_t number, const uint8_t *bytes)
{
    struct inode *inode = &node->inode;
    inode_init(inode, &node->ext2->filesystem, &object_operations, ext2_get_16(bytes + MODE));
    inode->number = number;
    inode->uid = ext2_get_16(bytes + UID) | ext2_get_16(bytes + UID_HIGH) << 16;
    inode->gid = ext2_get_16(bytes + GID) | ext2_get_16(bytes + GID_HIGH) << 16;
    inode->links = ext2_get_16(bytes + LINKS);
    inode->size = ext2_get_32(bytes + SIZE);
    inode->accessed = time_of(bytes + ACCESSED);
    inode->modified = time_of(bytes + MODIFIED);
    inode->changed = time_of(bytes + CHANGED);
    for (unsigned i = 0; i < EXT2_BLOCKS; i++)
        node->numbers[i] = ext2_get_32(bytes + NUMBERS + 4 * (size_t)i);
    if (inode_type(inode) == S_IFREG && !node->ext2->is_revision_0)
        inode->size |= (uint64_t)(ext2_get_32(bytes + SIZE_HIGH) & 0x7fffffff) << 32;
    if (inode_type(inode) == S_IFREG)
        page_cache_init(&node->cache, &cache_operations, inode);
    if (inode_type(inode) == S_IFLNK)
        inode->pages = ext2_get_32(bytes + SECTORS); /* 0: the target is in the inode */
    if (inode_type(inode) == S_IFCHR || inode_type(inode) == S_IFBLK)
        inode->rdev = node->numbers[0] ? node->numbers[0] : node->numbers[1];
    choose_operations(node);
}

enum error ext2_get_inode(struct ext2 *ext2, uint32_t number, struct inode **inode)
{
    uint8_t bytes[INODE_BYTES];
    uint64_t place = 0;
    if (!number || number > ext2->inodes)
        return ext2_damaged(ext2, "an entry leads to an inode that cannot be");
    enum error error = find_place(ext2, number, &place);
    if (!error)
        error = block_cache_read(&ext2->cache, place, bytes, sizeof(bytes));
    if (error)
        return error;
    *inode = find(ext2, number); /* after all that may wait */
    if (*inode) {
        inode_reference(*inode);
        return OK;
    }
    if (!(ext2_get_16(bytes + MODE) & S_IFMT) || !ext2_get_16(bytes + LINKS))
        return ext2_damaged(ext2, "an entry leads to an inode that is free");
    struct ext2_node *node = kzalloc(sizeof(*node));
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    node->ext2 = ext2;
    fill(node, number, bytes);
    list_push_back(&ext2->nodes, &node->node);
    *inode = &node->inode;
    return OK;
}
